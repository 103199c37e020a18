"""Hard cuts and flashes in a stretch of thumbnails.

A cut is a difference that stands out from those around it (the idea of adaptive content detection, as PySceneDetect
has it), that neither small movements nor a move of the camera explain, and after which the picture does not come back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from socialflow.video.likeness import Bools, Floats, Places, Thumbs, changed, correlation, moved, unlike

FLASH = 6
"""Frames that a picture may be away and come back: no shot is as short."""
AROUND = 6
"""Frames before and after with which a difference is compared."""
STEEP = 1.25
"""A cut differs by more than so many times what is usual around it ..."""
CLEAR = 4.0
"""... and by so many levels of brightness more, all over the picture."""
EVERYWHERE = 0.25
"""Share of the picture that changes at such a cut; where less does, ..."""
FAINT, STILL, LONG = 1.0, 4.0, (3, 6)
"""... it is one if it differs by `FAINT` levels and `STILL` times as much as the picture does in so many frames before
and after."""
SAME = 0.85
"""Pictures that correlate more show the same under another light."""
BACK = 0.4
"""The picture came back if it differs from before by less than this share of the change."""
BRIGHTER = 8.0
"""Levels by which a flash is brighter than what is around it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """`frame` is the first of the new shot; `confidence` from 0 to 1."""

    frame: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Flash:
    """Frames that are bright for a moment."""

    first: int
    last: int


def usual(changes: Floats) -> Floats:
    """For each difference (n,) the second largest of those just before or just after it, whichever is more: one alone
    may be another cut."""
    padded = np.pad(changes, AROUND)
    second = np.partition(sliding_window_view(padded, AROUND), -2, axis=1)[:, -2]
    count = len(changes)
    found: Floats = np.maximum(second[:count], second[AROUND + 1 : AROUND + 1 + count])
    return found


def differences(thumbs: Thumbs) -> Floats:
    """Of each thumbnail from the one before (n,), small movements left out; 0 for the first."""
    if len(thumbs) < 2:
        return np.zeros(len(thumbs), np.float32)
    return np.concatenate([np.zeros(1, np.float32), 1.5 * unlike(thumbs[1:], thumbs[:-1])])


def cuts_and_flashes(thumbs: Thumbs) -> tuple[list[Cut], list[Flash]]:
    """Cuts and flashes of a stretch, by place in it."""
    changes = differences(thumbs)
    expected = STEEP * usual(changes)
    places = np.flatnonzero(changes >= expected + FAINT)
    places = places[moved(thumbs[places], thumbs[places - 1]) >= expected[places] + FAINT]
    returns = [_return(thumbs, int(place), float(changes[place])) for place in places]
    flashes = _apart(_flash(thumbs, *span) for span in returns if span)
    places = places[np.array([span is None for span in returns], bool)]
    places = places[np.array([not any(_within(int(place), flash) for flash in flashes) for place in places], bool)]
    places = places[~_relit(thumbs, places)]
    if not len(places):
        return [], flashes
    strength = np.minimum(changes[places], moved(thumbs[places], thumbs[places - 1])) - expected[places]
    wide = changed(thumbs[places], _as_bright(thumbs[places - 1], thumbs[places])) >= EVERYWHERE
    stands = np.where(wide, strength / CLEAR, changes[places] / STILL / np.maximum(_restless(thumbs, places), 0.1))
    made = [
        Cut(int(place), _confidence(float(stand))) for place, stand in zip(places, stands, strict=True) if stand >= 1
    ]
    return _thinned(made), flashes


def _restless(thumbs: Thumbs, places: Places) -> Floats:
    """How much the picture changes in a few frames before places or after them, whichever is more (n,)."""
    found = np.zeros(len(places), np.float32)
    for frames in LONG:
        for here, there in ((places - 1 - frames, places - 1), (places, places + frames)):
            one, other = (thumbs[np.clip(side, 0, len(thumbs) - 1)] for side in (here, there))
            found = np.maximum(found, 1.5 * unlike(one, other))
    return found


def _as_bright(thumbs: Thumbs, others: Thumbs) -> Thumbs:
    """Pictures under the light of others."""
    lighter = np.median(others.astype(np.int16) - thumbs, axis=(1, 2), keepdims=True)
    made: Thumbs = np.clip(thumbs + lighter, 0, 255).astype(np.uint8)
    return made


def _relit(thumbs: Thumbs, places: Places) -> Bools:
    """Where the same picture goes on under another light."""
    found: Bools = correlation(thumbs[places], thumbs[places - 1]) > SAME
    return found


def _return(thumbs: Thumbs, place: int, change: float) -> tuple[int, int] | None:
    """First and last places of what lies between two like pictures before and after a change; None: it did not come
    back."""
    before = np.arange(max(0, place - FLASH - 1), place)
    after = np.arange(place, min(len(thumbs), place + FLASH + 1))
    one, other = (places.ravel() for places in np.meshgrid(before, after, indexing="ij"))
    near = (other - one >= 2) & (other - one <= FLASH + 1)
    one, other = one[near], other[near]
    if not len(one):
        return None
    first, second = thumbs[one], thumbs[other]
    differ = np.minimum(1.5 * unlike(first, second), moved(first, second, (2, 3)))
    best = int(np.lexsort((other - one, differ))[0])
    if differ[best] > BACK * change and correlation(first, second).max() < SAME:
        return None
    return int(one[best]) + 1, int(other[best]) - 1


def _flash(thumbs: Thumbs, first: int, last: int) -> Flash | None:
    """The frames of a stretch that are brighter than those before and after; None: it is no flash."""
    levels = thumbs[first - 1 : last + 2].mean((1, 2))
    bright = np.flatnonzero(levels[1:-1] > max(levels[0], levels[-1]) + BRIGHTER)
    return Flash(first + int(bright[0]), first + int(bright[-1])) if len(bright) else None


def _within(place: int, flash: Flash) -> bool:
    """Whether a change belongs to a flash: how it dims and how it ends."""
    return flash.first <= place <= flash.last + 1


def _apart(flashes: Iterable[Flash | None]) -> list[Flash]:
    """Each flash once, told of where it begins and where it ends."""
    kept: list[Flash] = []
    for flash in sorted((one for one in flashes if one), key=lambda one: one.first):
        if kept and flash.first <= kept[-1].last + 1:
            kept[-1] = Flash(kept[-1].first, max(flash.last, kept[-1].last))
        else:
            kept.append(flash)
    return kept


def _confidence(stands: float) -> float:
    """From 1/2 at the threshold, 1, towards 1."""
    return round(stands**2 / (stands**2 + 1), 4)


def _thinned(cuts: list[Cut], apart: int = FLASH) -> list[Cut]:
    """Of cuts nearer to each other than a flash lasts, the surest."""
    kept: list[Cut] = []
    for cut in sorted(cuts, key=lambda one: -one.confidence):
        if all(abs(cut.frame - other.frame) >= apart for other in kept):
            kept.append(cut)
    return sorted(kept, key=lambda one: one.frame)
