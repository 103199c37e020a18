"""What is remembered of a film: hashes of frames and of their parts, how it moves, and peaks of its sound."""

from array import array
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.image import pdq
from socialflow.image.pictures import at_most
from socialflow.image.pictures import luma as luma_of
from socialflow.image.regions import COUNT, parts_of
from socialflow.kit.findings import Finding
from socialflow.video.audio_prints import Listener
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.pace import Pacer
from socialflow.video.records import SOUND_RATE, Luma, Samples, VideoInfo

SAMPLED = 2.0
"""Frames a second that are hashed: a copy that begins anywhere has frames within a quarter of a second of ours."""
PART_SIDE = 256
"""Pixels of the longer side of the frame from which parts are hashed."""
ByteArray = npt.NDArray[np.uint8]
_LEVELS: ByteArray = np.rint((np.arange(256.0) - 16) * 255 / 219).clip(0, 255).astype(np.uint8)
"""Brightness stored from 16 (black) to 235 (white), from 0 to 255."""


class PrintObserver(Observer):
    """Hashes frames and listens.

    The body has `seconds` of pictures and `sound_seconds`. Arrays: numbers of the frames (n,) int64; their times (n,)
    float64, seconds; PDQ hashes (n, parts, 32) uint8 of the parts of `image.regions`, the whole first; qualities (n,
    parts) uint8; `Pace` (m,) uint8; `Peaks` (p,) int32.
    """

    name: ClassVar[str] = "prints"
    needs: ClassVar[Needs] = Needs(luma=True, sampled=SAMPLED, sound=True)

    def __init__(self) -> None:
        self._numbers, self._times = array("q"), array("d")
        self._hashes: list[ByteArray] = []
        self._qualities: list[ByteArray] = []
        self._pacer, self._listener = Pacer(), Listener()
        self._seconds = self._heard = 0.0
        self._frame_seconds = 0.0
        self._turns, self._full = 0, False

    def begin(self, info: VideoInfo) -> None:
        """Take the rate of frames."""
        self._frame_seconds = 1 / info.frame_rate if info.frame_rate else 0.0
        self._turns, self._full = info.rotation // 90, info.full_range

    def luma(self, number: int, seconds: float, luma: Luma) -> None:  # noqa: ARG002 (times tell)
        """Note how much the picture changes."""
        self._pacer.take(seconds, luma)
        self._seconds = seconds + self._frame_seconds

    def frame(self, frame: Frame) -> None:
        """Hash a frame and its parts: its brightness as the decoder made it, which spares making colours."""
        grey = at_most(frame.luma(), pdq.LONGEST, quick=True)
        if not self._full:
            grey = _LEVELS[grey]
        hashes, qualities = frame_prints(np.ascontiguousarray(np.rot90(grey, -self._turns)))
        self._numbers.append(frame.number)
        self._times.append(frame.seconds)
        self._hashes.append(hashes)
        self._qualities.append(qualities)

    def sound(self, seconds: float, samples: Samples) -> None:
        """Listen."""
        self._listener.take(samples)
        self._heard = seconds + len(samples) / SOUND_RATE

    def end(self) -> Finding:
        """What was seen and heard; `pictures` or `sound` are missing where there were none."""
        hashes = np.array(self._hashes, np.uint8).reshape(-1, COUNT, pdq.HASH_BYTES)
        qualities = np.array(self._qualities, np.uint8).reshape(-1, COUNT)
        lacking = (("pictures", len(hashes)), ("sound", self._heard))
        return Finding(
            {"seconds": round(self._seconds, 3), "sound_seconds": round(self._heard, 3)},
            (
                np.array(self._numbers, np.int64),
                np.array(self._times, np.float64),
                hashes,
                qualities,
                self._pacer.pace(),
                self._listener.peaks(),
            ),
            tuple(name for name, there in lacking if not there),
        )


def frame_prints(picture: ByteArray) -> tuple[ByteArray, ByteArray]:
    """PDQ hashes (parts, 32) and qualities (parts,) of a frame, (h, w, 3) or its luma (h, w), and its parts, the whole
    first."""
    grey = luma_of(at_most(picture, pdq.LONGEST))
    small = at_most(grey, PART_SIDE)
    whole, *parts = parts_of(small)
    del whole
    cut = [grey, *(small[box.top : box.bottom, box.left : box.right] for box in parts)]
    hashed = [pdq.transformed(one) for one in cut]
    rows = [pdq.hash_of(frequencies) for frequencies, _ in hashed]
    return np.stack(rows), np.array([quality for _, quality in hashed], np.uint8)
