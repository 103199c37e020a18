"""Files that are made to break whoever opens them: cut short, flipped, swollen, mislabelled.

Everything is made here from small whole files; the same seed makes the same files.
"""

import io
import struct
import wave
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from av import AudioFrame

RATE = 25
WIDTH, HEIGHT, FRAMES = 96, 64, 24
_NESTED = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"meta"})
"""Boxes of boxes."""
_VIDEOS: Mapping[str, tuple[str | None, str | None]] = {
    "mp4": ("mpeg4", "aac"),
    "mkv": ("mpeg4", "aac"),
    "webm": ("libvpx", "libopus"),
    "avi": ("mpeg4", "mp2"),
    "ts": ("mpeg2video", "mp2"),
    "mpg": ("mpeg1video", "mp2"),
    "flv": ("flv", None),
    "gif": ("gif", None),
    "mp3": (None, "libmp3lame"),
    "flac": (None, "flac"),
    "ogg": (None, "libopus"),
    "aac": (None, "aac"),
}
"""Containers and the codecs of their pictures and sound."""
_PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file: what was done to what, and its bytes. `picture`: it passes for a picture, else for a video."""

    kind: str
    name: str
    content: bytes
    picture: bool


def whole_files() -> Mapping[str, bytes]:
    """Small files of every kind that is decoded, by extension; pictures by the name of their format."""
    with TemporaryDirectory(prefix="socialflow-") as folder:
        videos = {suffix: _video(Path(folder) / f"clip.{suffix}", *codecs) for suffix, codecs in _VIDEOS.items()}
    return {**videos, "wav": _sound(), **{kind: _picture(kind) for kind in _PICTURES}}


def hostile(count: int, seed: int = 7) -> Iterator[Hostile]:
    """`count` files: each bomb and masquerade once, then cuts, flips and numbers in turn."""
    files = whole_files()
    fixed = [*bombs(), *masquerades(files)]
    yield from fixed[:count]
    rng = np.random.default_rng(seed)
    names = sorted(files)
    ways: Sequence[Callable[[str, bytes, np.random.Generator], Hostile]] = (cut, flipped, numbered)
    for number in range(max(0, count - len(fixed))):
        name = names[number % len(names)]
        yield ways[number // len(names) % len(ways)](name, files[name], rng)


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Where boxes of an MP4 begin, and their types, those within others too.

    >>> list(boxes(struct.pack(">I4s", 16, b"moov") + struct.pack(">I4s", 8, b"trak")))
    [(0, b'moov'), (8, b'trak')]
    """
    end = len(content) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", content, start)
        yield start, kind
        if kind in _NESTED:
            yield from boxes(content, start + 8, min(end, start + size))
        if size < 8:
            return
        start += size


def cut(name: str, content: bytes, rng: np.random.Generator) -> Hostile:
    """A file that breaks off: in, at the head of, or just behind a box of an MP4; anywhere in other files."""
    places = [start + more for start, _ in boxes(content) for more in (0, 4, 8, 12)] if name == "mp4" else []
    place = int(rng.choice(places)) if places and rng.random() < 0.7 else int(rng.integers(0, len(content)))
    return _made("cut", f"{name} at {place}", name, content[:place])


def flipped(name: str, content: bytes, rng: np.random.Generator) -> Hostile:
    """A file with bits turned over: few or many, in its head or anywhere."""
    changed = np.frombuffer(content, np.uint8).copy()
    bits = int(2 ** rng.integers(0, 8))
    reach = min(len(changed), 600) if rng.random() < 0.5 else len(changed)
    places = rng.integers(0, reach, bits)
    changed[places] ^= (1 << rng.integers(0, 8, bits)).astype(np.uint8)
    return _made("flipped", f"{name}, {bits} bits", name, changed.tobytes())


def numbered(name: str, content: bytes, rng: np.random.Generator) -> Hostile:
    """A file with a number of its head (sizes, time bases, counts, widths) that is zero, one, or as large as can be."""
    reach = min(len(content) - 4, 1200)
    if name == "mp4":
        starts = [start for start, kind in boxes(content) if kind != b"mdat"]
        place = int(rng.choice(starts)) + 4 * int(rng.integers(0, 12))
    else:
        place = int(rng.integers(0, reach))
    value = bytes.fromhex(str(rng.choice(["00000000", "00000001", "01000000", "7fffffff", "ffffffff", "80000000"])))
    place = max(0, min(place, len(content) - 4))
    return _made("number", f"{name}, {value.hex()} at {place}", name, content[:place] + value + content[place + 4 :])


@cache
def bombs() -> tuple[Hostile, ...]:
    """Small files that say, or hold, far more than fits in memory."""
    huge = zlib.compress(bytes(1 << 26), 9)
    return (
        Hostile("bomb", "png, 30,000 x 30,000", _png(30_000, 30_000, huge), True),
        Hostile("bomb", "png, 2^31 - 1 wide", _png(0x7FFFFFFF, 1, huge), True),
        Hostile(
            "bomb", "png, 9,000 x 9,000 of zeros", _png(9_000, 9_000, zlib.compress(bytes(9_000 * 27_001), 9)), True
        ),
        Hostile("bomb", "png, swollen text", _png(4, 4, zlib.compress(bytes(4 * 13)), _ztxt(1 << 28)), True),
        Hostile(
            "bomb",
            "gif, 65,535 x 65,535",
            b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;",
            True,
        ),
        Hostile("bomb", "gif, 20,000 frames", _gif_of(20_000), True),
        Hostile("bomb", "gif, 2,000 frames, as video", _gif_of(2_000), False),
        Hostile("bomb", "bmp, 2^31 - 1 wide", _bmp(0x7FFFFFFF, 2), True),
        Hostile("bomb", "bmp, 60,000 x 60,000", _bmp(60_000, 60_000), True),
        Hostile("bomb", "jpeg, 65,500 x 65,500", _jpeg_said(65_500, 65_500), True),
        Hostile("bomb", "wav, 4 GiB said", _wav_said(0xFFFFFFF0, 48_000), False),
        Hostile("bomb", "wav, 2^32 - 1 samples a second", _wav_said(4_000, 0xFFFFFFFF), False),
        Hostile("bomb", "boxes in boxes", _deep(20_000), False),
    )


def masquerades(files: Mapping[str, bytes]) -> list[Hostile]:
    """Files that are two things at once, or not what they seem; lists that name files of the machine or its network."""
    lists = {
        "playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "playlist over http": b"#EXTM3U\n#EXTINF:10.0,\nhttp://127.0.0.1:9/secret.ts\n",
        "concat list": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "session description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        "dash manifest": b'<?xml version="1.0"?><MPD><Period><BaseURL>file:///etc/</BaseURL></Period></MPD>',
        "drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file\n",
        "portable document": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
        "magick script": b"push graphic-context\nfill 'url(https://127.0.0.1/x.png|id)'\npop graphic-context\n",
        "page": b"<html><script>alert(1)</script></html>",
        "program": b"\x7fELF\x02\x01\x01" + bytes(200),
        "archive": b"PK\x03\x04" + bytes(200),
        "nothing": b"",
        "one byte": b"\x00",
        "zeros": bytes(100_000),
    }
    texts = [
        Hostile("masquerade", name, content, picture) for name, content in lists.items() for picture in (False, True)
    ]
    jpeg, mp4, gif, mkv = (files[name] for name in ("JPEG", "mp4", "GIF", "mkv"))
    return [
        *texts,
        Hostile("polyglot", "jpeg before mp4", jpeg + mp4, True),
        Hostile("polyglot", "jpeg before mp4, as video", jpeg + mp4, False),
        Hostile("polyglot", "gif before archive", gif + lists["archive"], True),
        Hostile("polyglot", "mp4 before page", mp4 + lists["page"], False),
        Hostile("polyglot", "playlist in an mp4's skin", struct.pack(">I4s", 8, b"free") + lists["playlist"], False),
        Hostile("polyglot", "mp4 twice", mp4 + mp4, False),
        Hostile("polyglot", "matroska after mp4", mp4 + mkv, False),
        Hostile("polyglot", "track elsewhere", _elsewhere(mp4), False),
    ]


def _made(kind: str, name: str, of: str, content: bytes) -> Hostile:
    return Hostile(kind, name, content, of in _PICTURES)


def _frames() -> Iterator[npt.NDArray[np.uint8]]:
    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    for number in range(FRAMES):
        shade = (2 * across + 3 * down + 7 * number) % 256
        yield np.stack([shade, 255 - shade, (shade * 3) % 256], axis=-1).astype(np.uint8)


def _video(path: Path, pictures: str | None, sound: str | None) -> bytes:
    import av

    with av.open(str(path), "w", format="adts" if path.suffix == ".aac" else None) as container:
        if pictures is not None:
            seen = container.add_stream(pictures, rate=RATE)
            seen.width, seen.height = WIDTH, HEIGHT
            seen.pix_fmt = "rgb8" if pictures == "gif" else "yuv420p"
        heard = container.add_stream(sound, rate=48_000, layout="mono") if sound else None
        if pictures is not None:
            for frame in _frames():
                container.mux(seen.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(seen.encode())
        if heard is not None:
            for part in _tone(heard.codec_context.format.name):
                container.mux(heard.encode(part))
            container.mux(heard.encode())
    return path.read_bytes()


def _tone(form: str) -> "Iterator[AudioFrame]":
    """A second of sound, in samples of a form."""
    import av

    tone = 0.4 * np.sin(np.arange(48_000) * 0.05)
    for start in range(0, len(tone) - 959, 960):
        part = tone[None, start : start + 960]
        values = part if form.startswith("flt") else part * (32_767 if form.startswith("s16") else 2_147_483_647)
        dtype = np.float32 if form.startswith("flt") else np.int16 if form.startswith("s16") else np.int32
        made = av.AudioFrame.from_ndarray(np.ascontiguousarray(values, dtype), format=form, layout="mono")
        made.sample_rate, made.pts = 48_000, start
        yield made


def _sound() -> bytes:
    with io.BytesIO() as buffer:
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes((9_000 * np.sin(np.arange(16_000) * 0.1)).astype("<i2").tobytes())
        return buffer.getvalue()


def _picture(kind: str) -> bytes:
    from PIL import Image

    frames = [Image.fromarray(frame) for frame in _frames()]
    with io.BytesIO() as buffer:
        more = {"save_all": True, "append_images": frames[1:5]} if kind in {"GIF", "WEBP"} else {}
        frames[0].save(buffer, kind, **more)
        return buffer.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(width: int, height: int, pixels: bytes, more: bytes = b"") -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + more + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _ztxt(size: int) -> bytes:
    return _chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(size), 9))


def _gif_of(frames: int) -> bytes:
    one = b"!\xf9\x04\x00\x01\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + one * frames + b";"


def _bmp(width: int, height: int) -> bytes:
    return (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 154, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 1, 1, 0, 0) + bytes(100)
    )


def _jpeg_said(width: int, height: int) -> bytes:
    """A JPEG whose head names another size."""
    content = _picture("JPEG")
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">HH", height, width) + content[place + 4 :]


def _wav_said(size: int, rate: int) -> bytes:
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, (2 * rate) & 0xFFFFFFFF, 2, 16)
    data = b"data" + struct.pack("<I", size) + bytes(4_000)
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + head + data


def _deep(depth: int) -> bytes:
    """Boxes each of which holds the next."""
    sizes = (struct.pack(">I4s", 8 * (depth - number), b"moov" if number == 0 else b"udta") for number in range(depth))
    return struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + b"".join(sizes)


def _elsewhere(mp4: bytes) -> bytes:
    """An MP4 whose track says that its pictures lie in a file of the machine."""
    place = next(start for start, kind in boxes(mp4) if kind == b"dinf")
    size = struct.unpack_from(">I", mp4, place)[0]
    where = b"file:///etc/passwd\x00"
    url = struct.pack(">I4sI", 12 + len(where), b"url ", 0) + where
    entry = struct.pack(">I4sII", 16 + len(url), b"dref", 0, 1) + url
    # Boxes around it keep their sizes, so that what follows is out of step as well.
    return mp4[:place] + struct.pack(">I4s", 8 + len(entry), b"dinf") + entry + mp4[place + size :]
