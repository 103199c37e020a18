"""Lines of plain and compressed text files, and the one error message for a bad one."""

import gzip
import lzma
import zlib
from array import array
from collections.abc import Iterator, Sequence
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import zstandard

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import IntArray

COMPRESSIONS = (".zst", ".gz", ".xz")
MAX_ID = 2**31
Line = tuple[int, str]
_UNREADABLE = (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError, zlib.error, zstandard.ZstdError)


def find(directory: Path, name: str) -> Path | None:
    """The file `name` or its compressed form; None where there is neither."""
    return next((path for ending in ("", *COMPRESSIONS) if (path := directory / f"{name}{ending}").is_file()), None)


def named(directory: Path, name: str) -> Path:
    """`find` for a file that must be there. Raises InvalidInput."""
    path = find(directory, name)
    if path is None:
        raise InvalidInput(f"{directory} must hold {name} (plain, .gz, .xz or .zst)", field="data")
    return path


def find_ending(directory: Path, *endings: str) -> Path | None:
    """The only file whose name ends like that (compressed or not); None where there is none.

    Raises:
        InvalidInput: there are several, or no directory.
    """
    if not directory.is_dir():
        raise InvalidInput(f"{directory} must be a directory", field="data")
    wanted = tuple(f"{ending}{pack}" for ending in endings for pack in ("", *COMPRESSIONS))
    found = sorted(path for path in directory.iterdir() if path.is_file() and path.name.endswith(wanted))
    if len(found) > 1:
        raise InvalidInput(f"{directory} holds several files {' or '.join(endings)}: keep one", field="data")
    return found[0] if found else None


def plain_name(path: Path) -> str:
    """The file name without the ending of a compression."""
    return path.name.removesuffix(path.suffix) if path.suffix in COMPRESSIONS else path.name


def lines(path: Path, encoding: str = "utf-8") -> Iterator[Line]:
    """Numbered lines, from 1, without their line ends; blank lines are passed over.

    Raises:
        InvalidInput: the file cannot be opened, unpacked or decoded.
    """
    number = 0
    try:
        with unpacked(path) as raw, TextIOWrapper(raw, encoding=encoding) as stream:
            for number, line in enumerate(stream, 1):
                if text := line.rstrip("\r\n"):
                    yield number, text
    except _UNREADABLE as problem:
        raise InvalidInput(f"{path} cannot be read after line {number}: {problem}", field="data") from problem


def whole_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file with its line ends as they stand, without a byte order mark.

    Raises:
        InvalidInput: the file cannot be opened, unpacked or decoded.
    """
    try:
        with unpacked(path) as raw:
            return raw.read().decode(encoding).removeprefix("\ufeff")
    except _UNREADABLE as problem:
        raise InvalidInput(f"{path} cannot be read: {problem}", field="data") from problem


def bad_line(path: Path, number: int, why: str, line: str) -> InvalidInput:
    """The error that names file and line."""
    return InvalidInput(f"{path}, line {number}: {why}: {line[:80]!r}", field="data")


def integers(path: Path, number: int, words: Sequence[str], line: str) -> list[int]:
    """Ids from 0 to 2**31 - 1. Raises InvalidInput."""
    try:
        values = [int(word) for word in words]
    except ValueError:
        raise bad_line(path, number, "ids must be whole numbers", line) from None
    if any(not 0 <= value < MAX_ID for value in values):
        raise bad_line(path, number, "ids must be from 0 to 2**31 - 1", line)
    return values


def unpacked(path: Path) -> IO[bytes]:
    """The bytes of a file, plain or compressed."""
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if path.suffix == ".xz":
        return lzma.open(path, "rb")
    if path.suffix == ".zst":
        return BufferedReader(_Zstandard(path.open("rb")), 1 << 17)
    return path.open("rb")


class _Zstandard(RawIOBase):
    """Unpacks consecutive frames. zstandard's own reader takes a file that ends inside a frame for complete."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__()
        self._packed = packed
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._rest, self._ready, self._inside = b"", b"", False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with unpacked bytes; 0 at the end. Raises EOFError for a file cut short."""
        while not self._ready:
            block = self._rest or self._packed.read(1 << 14)
            if not block:
                if self._inside:
                    raise EOFError("the file ends inside a frame")
                return 0
            self._ready, self._inside = self._frame.decompress(block), True
            self._rest = self._frame.unused_data
            if self._frame.eof:
                self._frame, self._inside = zstandard.ZstdDecompressor().decompressobj(), False
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def close(self) -> None:
        """Close the packed file too."""
        self._packed.close()
        super().close()


def two_columns(path: Path, expected: str) -> tuple[IntArray, IntArray]:
    """The first two columns of ids, apart by white space; `expected` says what they are. Raises InvalidInput."""
    first, second = array("q"), array("q")
    for number, line in lines(path):
        words = line.split()
        if len(words) < 2:
            raise bad_line(path, number, expected, line)
        one, other = integers(path, number, words[:2], line)
        first.append(one)
        second.append(other)
    return np.array(first, np.int64), np.array(second, np.int64)
