"""Bytes of a plain or compressed file, line by line, in bounded memory."""

import io
import lzma
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

MAX_LINE = 16 << 20
"""Bytes of the longest line that is read; longer ones are stepped over."""

_BLOCK = 1024
"""Compressed bytes per step. Small on purpose: it bounds what a decompression bomb can make of one step (32 MiB)."""

DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)
"""What reading a damaged or truncated file raises."""


class Readable(Protocol):
    """The part of a buffered binary file that is used here."""

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes."""
        ...

    def readline(self, size: int, /) -> bytes:
        """Read one line, or `size` bytes of it."""
        ...


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    ".gz": lambda: zlib.decompressobj(wbits=31),
    ".xz": lzma.LZMADecompressor,
    ".zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
}
COMPRESSIONS = frozenset(_DECOMPRESSORS)


def plain_name(path: Path) -> str:
    """The file's name without a compression suffix.

    >>> plain_name(Path("data/ratings.csv.zst"))
    'ratings.csv'
    """
    return path.stem if path.suffix.lower() in COMPRESSIONS else path.name


class _Inflating(io.RawIOBase):
    """Decompresses a file of one or more concatenated frames; a frame that ends early is an EOFError, not an end."""

    def __init__(self, raw: BinaryIO, start: Callable[[], _Decompressor]) -> None:
        super().__init__()
        self._raw = raw
        self._start = start
        self._decoder = start()
        self._ready = memoryview(b"")
        self._carry = b""
        self._inside = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview, /) -> int:  # type: ignore[override]
        while not self._ready:
            if not self._step():
                return 0
        count = min(len(target), len(self._ready))
        target[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _step(self) -> bool:
        data = self._carry or self._raw.read(_BLOCK)
        self._carry = b""
        if not data:
            if self._inside:
                raise EOFError("the compressed data end early")
            return False
        if not self._inside:
            data = data.lstrip(b"\0")  # padding between frames
            if not data:
                return True
            if self._decoder.eof:
                self._decoder = self._start()
        self._ready = memoryview(self._decoder.decompress(data))
        self._inside = not self._decoder.eof
        if self._decoder.eof:
            self._carry = self._decoder.unused_data
        return True


class ByteSource:
    """A file being read: its content decompressed, and how far the stored file has been read (`position`, bytes)."""

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        self._raw = path.open("rb")
        start = _DECOMPRESSORS.get(path.suffix.lower())
        self.content: Readable = io.BufferedReader(_Inflating(self._raw, start), 1 << 18) if start else self._raw

    @property
    def position(self) -> int:
        """Bytes of the stored (compressed) file read so far."""
        return self.size if self._raw.closed else self._raw.tell()

    def close(self) -> None:
        """Close the file."""
        self._raw.close()


class Lines:
    """Numbered lines without their ends; `None` stands for a line longer than `MAX_LINE`."""

    def __init__(self, content: Readable) -> None:
        self._content = content
        self._number = 0
        self._returned: deque[tuple[int, bytes | None]] = deque()

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        return self

    def __next__(self) -> tuple[int, bytes | None]:
        if self._returned:
            return self._returned.popleft()
        line = self._content.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        self._number += 1
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while (rest := self._content.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            return self._number, None
        return self._number, line.rstrip(b"\r\n")

    def push_back(self, lines: list[tuple[int, bytes | None]]) -> None:
        """Give lines back, to be read again first."""
        self._returned.extendleft(reversed(lines))
