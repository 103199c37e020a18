"""What a media file is, told from its first bytes; the name and what the sender says of it count for nothing."""

from dataclasses import dataclass

HEAD = 4096
"""Bytes that are looked at."""


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file that is decoded: `demuxer` is FFmpeg's name of what opens it, and nothing else is tried."""

    name: str
    demuxer: str


MP4 = Container("mp4", "mov")
MATROSKA = Container("matroska", "matroska")
AVI = Container("avi", "avi")
MPEG_TS = Container("mpegts", "mpegts")
MPEG_PS = Container("mpeg", "mpeg")
FLV = Container("flv", "flv")
GIF = Container("gif", "gif")
OGG = Container("ogg", "ogg")
WAV = Container("wav", "wav")
MP3 = Container("mp3", "mp3")
FLAC = Container("flac", "flac")
AAC = Container("aac", "aac")

_BEGINS: tuple[tuple[bytes, Container], ...] = (
    (b"\x1a\x45\xdf\xa3", MATROSKA),
    (b"FLV\x01", FLV),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"OggS", OGG),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
    (b"\x00\x00\x01\xba", MPEG_PS),
)
_BRANDS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"moof"})
_PACKET = 188


def container_of(head: bytes) -> Container | None:
    """The kind of a file that begins so (up to `HEAD` bytes); None: none that is decoded.

    >>> container_of(b"\\x00\\x00\\x00\\x18ftypisom").name, container_of(b"#EXTM3U\\nfile:///etc/passwd")
    ('mp4', None)
    """
    for begins, kind in _BEGINS:
        if head.startswith(begins):
            return kind
    if head[4:8] in _BRANDS:
        return MP4
    if head[:4] == b"RIFF":
        return {b"AVI ": AVI, b"WAVE": WAV}.get(head[8:12])
    packets = head[: 4 * _PACKET : _PACKET]
    if len(packets) == 4 and set(packets) == {0x47}:
        return MPEG_TS
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:  # eleven bits of sync; layer 0 is AAC's
        return AAC if head[1] & 0x06 == 0 else MP3
    return None
