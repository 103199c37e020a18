"""Shots between their changes, and the frames that stand for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from socialflow.video.boundaries import Transition
from socialflow.video.cuts import Flash
from socialflow.video.likeness import Bools, Floats, Places, Thumbs, contrast

LONG = (4.0, 12.0)
"""Seconds from which a shot has a second keyframe, and a third."""
CALM = 1.0
"""How a level of movement weighs against a level of difference from what the shot shows."""


@dataclass(frozen=True, slots=True)
class Shot:
    """First and last of the frames that are its own, without those of gradual changes."""

    first: int
    last: int


def shots_between(transitions: Sequence[Transition], frames: int) -> list[Shot]:
    """Shots of a film of so many frames; changes are in order and do not overlap.

    >>> shots_between([Transition("cut", 5, 5, 1.0), Transition("fade", 8, 9, 1.0)], 12)
    [Shot(first=0, last=4), Shot(first=5, last=7), Shot(first=10, last=11)]
    """
    begin, shots = 0, []
    for one in transitions:
        shots.append(Shot(begin, one.first - 1))
        begin = one.first if one.kind == "cut" else one.last + 1
    shots.append(Shot(begin, frames - 1))
    return [shot for shot in shots if shot.last >= shot.first]


@dataclass(frozen=True, slots=True)
class Samples:
    """Frames among which keyframes are chosen: their numbers (n,) and thumbnails (n, rows, columns)."""

    numbers: Places
    thumbs: Thumbs

    def within(self, shot: Shot) -> "Samples":
        """Those of a shot."""
        first, after = np.searchsorted(self.numbers, [shot.first, shot.last + 1])
        return Samples(self.numbers[first:after], self.thumbs[first:after])


def keyframes(shot: Shot, seconds: float, samples: Samples, motion: Floats, flashes: Sequence[Flash]) -> list[int]:
    """One to three frames, by the length of the shot: each the calmest and most like the rest of its part.

    `motion` is how much every frame of the film differs from the one before.
    """
    parts = 1 + sum(seconds >= limit for limit in LONG)
    edges = np.linspace(shot.first, shot.last + 1, parts + 1).astype(int)
    chosen = [
        _best(Shot(int(first), int(after) - 1), samples, motion, flashes)
        for first, after in pairwise(edges)
        if after > first
    ]
    return list(dict.fromkeys(chosen))


def _best(part: Shot, samples: Samples, motion: Floats, flashes: Sequence[Flash]) -> int:
    among = samples.within(part)
    bright = _within(among.numbers, flashes)
    numbers, thumbs = among.numbers[~bright], among.thumbs[~bright]
    if not len(numbers):
        return (part.first + part.last) // 2
    middle = np.median(thumbs, axis=0)
    off = np.abs(thumbs - middle).mean((1, 2))
    near = np.stack([motion[np.minimum(numbers + step, len(motion) - 1)] for step in (0, 1)]).max(0)
    best = np.lexsort((np.abs(numbers - (part.first + part.last) / 2), off + CALM * near - contrast(thumbs) / 8))[0]
    return int(numbers[best])


def _within(numbers: Places, flashes: Sequence[Flash]) -> Bools:
    bright = np.zeros(len(numbers), bool)
    for flash in flashes:
        bright |= (numbers >= flash.first) & (numbers <= flash.last)
    return bright
