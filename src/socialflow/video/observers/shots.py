"""Shots: their changes, flashes, and keyframes."""

from array import array
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.kit.findings import Finding
from socialflow.video.boundaries import Boundaries, Changes
from socialflow.video.keyframes import Samples, Shot, keyframes, shots_between
from socialflow.video.likeness import Floats, Thumbs, halved, thumbnail
from socialflow.video.observer import Needs, Observer
from socialflow.video.records import Luma, VideoInfo

Times = npt.NDArray[np.float64]
"""When each frame is shown, seconds."""
SAMPLED = 5.0
"""Frames a second among which keyframes are chosen."""


class ShotObserver(Observer):
    """Finds cuts, fades and dissolves, flashes that are none, and one to three keyframes a shot.

    The finding: `shots` [{first, last, start, end, motion, keyframes [{frame, seconds}]}], `transitions` [{kind, first,
    last, start, end, confidence}], `flashes` [{first, last, start, end}]. Frames count from 0 and belong to the span,
    both ends; `start` is when the first is shown and `end` when the one after the last is. `motion` is the mean change
    of brightness from frame to frame, in levels a second. Array 0 holds thumbnails of the
    keyframes in order (k, 9, 16).
    """

    name: ClassVar[str] = "shots"
    needs: ClassVar[Needs] = Needs(luma=True)

    def __init__(self) -> None:
        self._times = array("d")
        self._numbers = array("q")
        self._samples: list[Thumbs] = []
        self._begun(25.0)

    def begin(self, info: VideoInfo) -> None:
        """Take the rate of frames."""
        self._begun(info.frame_rate or 25.0)

    def _begun(self, rate: float) -> None:
        self._boundaries = Boundaries(rate)
        self._every = max(1, round(rate / SAMPLED))

    def luma(self, number: int, seconds: float, luma: Luma) -> None:
        """Note a frame."""
        thumb = thumbnail(luma)
        self._boundaries.take(thumb)
        if number % self._every == 0:
            self._numbers.append(number)
            self._samples.append(halved(thumb[None]).astype(np.uint8))
        self._times.append(seconds)

    def end(self) -> Finding:
        """What was found."""
        times = np.array(self._times, np.float64)
        if not len(times):
            nothing = np.zeros((0, 9, 16), np.uint8)
            return Finding({"shots": [], "transitions": [], "flashes": []}, (nothing,), ("pictures",))
        found = self._boundaries.end()
        samples = Samples(np.array(self._numbers, np.intp), np.concatenate(self._samples).reshape(-1, 9, 16))
        shots = shots_between(found.transitions, len(times))
        chosen = [_keyframes(shot, times, samples, found) for shot in shots]
        body: dict[str, Any] = {
            "shots": [_shot(shot, frames, times, found.motion) for shot, frames in zip(shots, chosen, strict=True)],
            "transitions": [
                {"kind": one.kind, **_span(one.first, one.last, times), "confidence": one.confidence}
                for one in found.transitions
            ],
            "flashes": [_span(one.first, one.last, times) for one in found.flashes],
        }
        return Finding(body, (_pictures([frame for frames in chosen for frame in frames], samples),))


def _keyframes(shot: Shot, times: Times, samples: Samples, found: Changes) -> list[int]:
    lasts = float(times[shot.last] - times[shot.first])
    return keyframes(shot, lasts, samples, found.motion, found.flashes)


def _shot(shot: Shot, frames: Sequence[int], times: Times, motion: Floats) -> dict[str, Any]:
    span = _span(shot.first, shot.last, times)
    seconds = span["end"] - span["start"]
    moved = float(motion[shot.first + 1 : shot.last + 1].sum())  # the first frame's change is the cut's
    return {
        **span,
        "motion": round(moved / seconds, 3) if seconds > 0 else 0.0,
        "keyframes": [{"frame": frame, "seconds": round(float(times[frame]), 4)} for frame in frames],
    }


def _span(first: int, last: int, times: Times) -> dict[str, Any]:
    """Frames and seconds of a stretch; the film's last frame is shown as long as frames are on the whole."""
    usual = (times[-1] - times[0]) / max(1, len(times) - 1)
    end = times[last + 1] if last + 1 < len(times) else times[-1] + usual
    return {"first": first, "last": last, "start": round(float(times[first]), 4), "end": round(float(end), 4)}


def _pictures(frames: Sequence[int], samples: Samples) -> Thumbs:
    """Thumbnails of the sampled frames that are nearest."""
    places = np.searchsorted(samples.numbers, frames).clip(0, len(samples.numbers) - 1)
    before = (places - 1).clip(0)
    wanted = np.asarray(frames, np.intp)
    nearer = np.abs(samples.numbers[before] - wanted) < np.abs(samples.numbers[places] - wanted)
    return samples.thumbs[np.where(nearer, before, places)]
