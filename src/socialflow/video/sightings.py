"""What a detector finds in a frame, as a tracker takes it; and when a frame shows something else altogether."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from socialflow.image.detections import Detection, overlaps
from socialflow.image.records import Colours
from socialflow.video.tracking import Floats, Sighting

ONE = 0.8
"""Share in common from which boxes of several labels are one thing."""
LEVELS = 4
"""Of each colour in a histogram."""
_ABOUT = 32
"""Pixels along each side of a box, at most twice as many, that its colours are counted of."""
OTHER = 0.4
"""Common share of colours below which two frames show different things."""


def sightings(colours: Colours, found: Sequence[Detection]) -> list[Sighting]:
    """Detections of a frame, best first, those of one box under several names as one."""
    made: list[Sighting] = []
    for one in found:
        box = np.array(one.box, np.float64)
        same = next((other for other in made if overlaps(box[None], other.box[None])[0, 0] > ONE), None)
        if same is None:
            made.append(Sighting(box, {one.label: one.score}, histogram(part(colours, box))))
        else:
            same.votes.setdefault(one.label, one.score)
    return made


def part(colours: Colours, box: Floats) -> Colours:
    """The pixels of a box, one at least."""
    height, width = colours.shape[:2]
    left, top = min(int(box[0] * width), width - 1), min(int(box[1] * height), height - 1)
    return colours[top : max(top + 1, round(box[3] * height)), left : max(left + 1, round(box[2] * width))]


def histogram(colours: Colours) -> Floats:
    """Shares of coarse colours (64,) in some of the pixels.

    >>> histogram(np.zeros((5, 5, 3), np.uint8))[:2].tolist()
    [1.0, 0.0]
    """
    down, across = (max(1, side // _ABOUT) for side in colours.shape[:2])
    level: npt.NDArray[np.intp] = colours[::down, ::across].astype(np.intp) // (256 // LEVELS)
    bins = (level[..., 0] * LEVELS + level[..., 1]) * LEVELS + level[..., 2]
    shares: Floats = np.bincount(bins.ravel(), minlength=LEVELS**3) / bins.size
    return shares


class Cuts:
    """Tells when a frame shows something else than the one before."""

    def __init__(self) -> None:
        self._before: Floats | None = None

    def other(self, colours: Colours) -> bool:
        """Whether this frame does."""
        now, before = histogram(colours), self._before
        self._before = now
        return before is not None and float(np.minimum(now, before).sum()) < OTHER
