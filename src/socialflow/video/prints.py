"""What is kept of a video to find it again, and its form in bytes."""

import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.image.pdq import HASH_BYTES, Pdq
from socialflow.image.regions import COUNT
from socialflow.kit.findings import Finding
from socialflow.video.audio_prints import BINS, Peaks
from socialflow.video.pace import Pace

ByteArray = npt.NDArray[np.uint8]

_MAGIC, _VERSION = b"SFVP", 1
_HEAD = struct.Struct("<4sBBIIIII")
"""Magic, version, parts; milliseconds of pictures and of sound; frames, changes of pace, peaks; then the arrays in the
order of their fields, and a CRC-32."""
MOST_FRAMES = 1 << 20
"""Six days at two a second."""


@dataclass(frozen=True, slots=True)
class FrameHash:
    """A frame as vPDQ has it: its number and time in seconds, its PDQ hash and quality."""

    frame: int
    seconds: float
    pdq: Pdq


@dataclass(frozen=True, slots=True, eq=False)
class VideoFingerprint:
    """A video as it is remembered, about 600 bytes a second.

    Attributes:
        seconds, sound_seconds: how long pictures and sound last; 0 where there are none.
        numbers: of the hashed frames, (n,) int64 from 0.
        times: of the hashed frames, (n,) float64, seconds from the first frame; two a second.
        hashes: PDQ hashes (n, parts, 32) uint8 of the frames' parts (`socialflow.image.regions`), the whole first.
        qualities: PDQ qualities (n, parts) uint8.
        pace: how much the picture changes (`socialflow.video.pace`), (m,) uint8.
        peaks: of the sound (`socialflow.video.audio_prints`), (p,) int32.
    """

    seconds: float
    sound_seconds: float
    numbers: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    hashes: ByteArray
    qualities: ByteArray
    pace: Pace
    peaks: Peaks

    def frames(self, rate: float = 1.0) -> list[FrameHash]:
        """The hashes of whole frames as vPDQ lists them, `rate` a second, 2 at most."""
        chosen, due = [], 0
        for row, seconds in enumerate(self.times):
            if seconds * rate >= due - 1e-6:
                due = int(seconds * rate + 1e-6) + 1
                hashed = Pdq(self.hashes[row, 0].tobytes(), int(self.qualities[row, 0]))
                chosen.append(FrameHash(int(self.numbers[row]), round(float(seconds), 3), hashed))
        return chosen

    def to_bytes(self) -> bytes:
        """The fingerprint as bytes, little-endian, the same on every machine."""
        lengths = round(1000 * self.seconds), round(1000 * self.sound_seconds)
        counts = len(self.numbers), len(self.pace), len(self.peaks)
        body = b"".join(
            (
                _HEAD.pack(_MAGIC, _VERSION, COUNT, *lengths, *counts),
                self.numbers.astype("<u4").tobytes(),
                np.rint(1000 * self.times).astype("<u4").tobytes(),
                *(one.astype(np.uint8).tobytes() for one in (self.hashes, self.qualities, self.pace)),
                self.peaks.astype("<i4").tobytes(),
            )
        )
        return body + zlib.crc32(body).to_bytes(4, "little")

    @classmethod
    def from_bytes(cls, value: bytes) -> "VideoFingerprint":
        """The fingerprint that `to_bytes` wrote; times come back to the millisecond.

        Raises:
            ArtefactError: it wrote no such thing: another version, or damaged.
        """
        lasts, sounds, frames, changes, peaks = _head(value)
        sizes = (frames * 4, frames * 4, frames * COUNT * HASH_BYTES, frames * COUNT, changes, peaks * 4)
        ends = np.cumsum([_HEAD.size, *sizes])
        if len(value) != ends[-1] + 4 or zlib.crc32(value[:-4]).to_bytes(4, "little") != value[-4:]:
            raise ArtefactError(f"a fingerprint of a video is damaged: {len(value)} bytes that do not add up")
        pieces = [value[start:end] for start, end in pairwise(ends)]
        made = cls(
            lasts / 1000,
            sounds / 1000,
            np.frombuffer(pieces[0], "<u4").astype(np.int64),
            np.frombuffer(pieces[1], "<u4") / 1000,
            np.frombuffer(pieces[2], np.uint8).reshape(frames, COUNT, HASH_BYTES),
            np.frombuffer(pieces[3], np.uint8).reshape(frames, COUNT),
            np.frombuffer(pieces[4], np.uint8),
            np.frombuffer(pieces[5], "<i4").astype(np.int32),
        )
        _check(made)
        return made


def fingerprint_of(finding: Finding) -> VideoFingerprint:
    """The fingerprint that `PrintObserver` found, as it comes back from bytes."""
    numbers, times, hashes, qualities, pace, peaks = finding.arrays
    made = VideoFingerprint(
        float(finding.body["seconds"]),
        float(finding.body["sound_seconds"]),
        numbers,
        np.rint(1000 * times) / 1000,
        hashes,
        qualities,
        pace,
        peaks,
    )
    _check(made)
    return made


def _head(value: bytes) -> tuple[int, int, int, int, int]:
    """Milliseconds of pictures and sound; frames, changes and peaks."""
    if len(value) < _HEAD.size or not value.startswith(_MAGIC):
        raise ArtefactError(f"a fingerprint of a video begins with {_MAGIC!r}, not {bytes(value[:4])!r}")
    _, version, parts, *rest = _HEAD.unpack_from(value)
    if version != _VERSION or parts != COUNT:
        raise ArtefactError(
            f"a fingerprint of a video of version {version} with {parts} parts cannot be read, only version "
            f"{_VERSION} with {COUNT}; make it again from the video"
        )
    lasts, sounds, frames, changes, peaks = rest
    return lasts, sounds, frames, changes, peaks


def _check(made: VideoFingerprint) -> None:
    """Raise ArtefactError where something in it cannot be."""
    forward = (np.diff(made.times) >= 0).all() and (np.diff(made.numbers) >= 0).all()
    heard = not len(made.peaks) or bool((np.diff(made.peaks) > 0).all() and made.peaks[0] >= 0)
    if not (forward and heard and (made.qualities <= 100).all()):
        raise ArtefactError("a fingerprint of a video is damaged: its times or qualities cannot be")
    if len(made.numbers) > MOST_FRAMES or (len(made.peaks) and made.peaks[-1] >= (1 << 22) * BINS):
        raise ArtefactError(f"a fingerprint of a video has {MOST_FRAMES} frames at most")
