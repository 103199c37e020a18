"""Where shots end, in a stream of thumbnails of any length and in bounded memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from socialflow.video.cuts import Cut, Flash, cuts_and_flashes
from socialflow.video.gradual import Gradual, dissolves, fades
from socialflow.video.likeness import COLUMNS, ROWS, Floats, Thumbs

Kind = Literal["cut", "fade", "dissolve"]
SLOWEST, FASTEST = 5.0, 240.0
"""Frames a second that are believed."""
_MARGIN = 5.0
"""Seconds before and after a place that decide on it."""
_WINDOW = 6
"""Margins that are decided on at once, those at both ends included."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of shot. `first` and `last` are its mixed frames; of a cut, both are the first frame of the new shot.
    `confidence` from 0 to 1."""

    kind: Kind
    first: int
    last: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Changes:
    """Of a stretch: changes of shot, flashes, and how much each frame differs from the one before (levels)."""

    transitions: list[Transition]
    flashes: list[Flash]
    motion: Floats


def changes_of(thumbs: Thumbs, rate: float, *, opens: bool = True, closes: bool = True) -> Changes:
    """What happens in a stretch; `opens` and `closes` say that the film begins and ends with it."""
    cuts, flashes = cuts_and_flashes(thumbs)
    faded = fades(thumbs, rate, opens=opens, closes=closes)
    joined = [one for one in faded if one.joins]
    cuts = [cut for cut in cuts if not any(one.first <= cut.frame <= one.last + 1 for one in joined)]
    mixed = _dissolves(thumbs, rate, cuts, [*faded, *(Gradual(one.first, one.last, 1.0) for one in flashes)])
    slow = [*joined, *mixed]
    transitions = [
        *(Transition("cut", cut.frame, cut.frame, cut.confidence) for cut in cuts),
        *(Transition("fade", one.first, one.last, one.confidence) for one in joined),
        *(Transition("dissolve", one.first, one.last, one.confidence) for one in mixed),
    ]
    flashes = [flash for flash in flashes if not any(_meet(flash, one) for one in slow)]
    return Changes(sorted(transitions, key=lambda one: one.first), flashes, motion_of(thumbs))


def _dissolves(thumbs: Thumbs, rate: float, cuts: Sequence[Cut], others: Iterable[Gradual]) -> list[Gradual]:
    """Dissolves between cuts, beside what else was found."""
    barred = np.zeros(len(thumbs), bool)
    for one in others:
        barred[one.first : one.last + 1] = True
    ends = [0, *(cut.frame for cut in cuts), len(thumbs)]
    return [
        replace(one, first=one.first + begin, last=one.last + begin)
        for begin, end in pairwise(ends)
        for one in dissolves(thumbs[begin:end], rate, barred[begin:end])
    ]


def _meet(flash: Flash, one: Gradual) -> bool:
    return flash.first <= one.last and flash.last >= one.first


def motion_of(thumbs: Thumbs) -> Floats:
    """Mean difference of each thumbnail from the one before (n,), in levels; 0 for the first."""
    steps = np.zeros(len(thumbs), np.float32)
    if len(thumbs) > 1:
        one, other = thumbs[1:], thumbs[:-1]
        steps[1:] = (np.maximum(one, other) - np.minimum(one, other)).mean((1, 2), dtype=np.float32)
    return steps


class Boundaries:
    """Takes thumbnails one by one and decides on a window of them at a time; windows overlap, and each decides on its
    middle."""

    def __init__(self, rate: float) -> None:
        self._rate = min(max(rate, SLOWEST), FASTEST)
        self._margin = round(_MARGIN * self._rate)
        self._held = np.zeros((_WINDOW * self._margin, ROWS, COLUMNS), np.uint8)
        self._count = 0
        self._start = 0
        """Number of the first frame held."""
        self._transitions: list[Transition] = []
        self._flashes: list[Flash] = []
        self._motion: list[Floats] = []

    def take(self, thumb: Thumbs) -> None:
        """The next thumbnail."""
        if self._count == len(self._held):
            self._decide(closes=False)
        self._held[self._count] = thumb
        self._count += 1

    def end(self) -> Changes:
        """Everything that happened; numbers are those of frames."""
        self._decide(closes=True)
        motion = np.concatenate(self._motion)
        return Changes(apart(self._transitions), self._flashes, motion)

    def _decide(self, *, closes: bool) -> None:
        opens = self._start == 0
        found = changes_of(self._held[: self._count], self._rate, opens=opens, closes=closes)
        first = 0 if opens else self._margin
        after = self._count if closes else self._count - self._margin
        for one in found.transitions:
            if first <= (one.first + one.last) // 2 < after:
                moved = replace(one, first=one.first + self._start, last=one.last + self._start)
                self._transitions.append(moved)
        for flash in found.flashes:
            if first <= flash.first < after:
                self._flashes.append(Flash(flash.first + self._start, flash.last + self._start))
        self._motion.append(found.motion[first:after])
        kept = 2 * self._margin
        self._held[:kept] = self._held[self._count - kept : self._count].copy() if not closes else 0
        self._start += self._count - kept
        self._count = kept


def apart(transitions: Iterable[Transition]) -> list[Transition]:
    """Of transitions that overlap, the surest; in order."""
    kept: list[Transition] = []
    for one in sorted(transitions, key=lambda one: (one.first, -one.confidence)):
        if kept and one.first <= kept[-1].last:
            if one.confidence > kept[-1].confidence:
                kept[-1] = one
        else:
            kept.append(one)
    return kept
