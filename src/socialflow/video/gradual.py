"""Fades through a plain picture and dissolves in a stretch of thumbnails.

A dissolve mixes two pictures, so a frame between two others is their weighted mean, however much these differ; a
camera or a thing that moves makes no such mean. A fade is a picture mixed with a plain one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.video.arrivals import still_ends
from socialflow.video.likeness import (
    FLAT,
    Bools,
    Floats,
    Thumbs,
    contrast,
    correlation,
    halved,
    stretches,
    unlike,
)

HALVES = (0.2, 0.32, 0.48, 0.68, 0.96, 1.28, 1.6)
"""Seconds from the middle of a change within which it is looked for."""
FINEST = 30.0
"""Frames a second that dissolves are looked for in, at most."""
MIXED = 0.2
"""A mixed picture is off the mean of both ends by at most this share of their difference (squared, of half of it)."""
OFF = 0.14
"""How far shares of a picture that stands still may be from an even ramp (root mean square)."""
ALIKE = 0.7
"""Pictures that correlate more are no two shots."""
DIFFERENT, LEAST = 4.0, 1.0
"""Levels by which two shots differ, and by which they do after small movements."""
BRIEF = 4
"""Frames that a gradual change has at least."""
UNEVEN = 0.15
"""How far the shares of the second picture may be from an even ramp (root mean square)."""
LEAP = 0.5
"""No frame of a gradual change comes nearer to the second picture by more than this share."""
CHANGED, WIDELY = 16.0, 0.31
"""Levels by which blocks differ between two shots beside a change of light, and the share of blocks that do."""
FADING = 1.6
"""Seconds that a fade takes to or from the plain picture, at most."""
PAUSE = 3.0
"""Seconds of a plain picture between two shots that belong to the fade."""
DARK, BRIGHT = 40.0, 215.0
SUDDEN = 8
"""Frames of what comes at once and goes, or the other way round, that may still be a flash."""
KEPT = 0.6
"""A picture that fades correlates so with itself a frame before."""


@dataclass(frozen=True, slots=True)
class Gradual:
    """First and last mixed (or plain) frames; `confidence` from 0 to 1. One that does not join two shots begins or ends
    the film."""

    first: int
    last: int
    confidence: float
    joins: bool = True


def fades(thumbs: Thumbs, rate: float, *, opens: bool = True, closes: bool = True) -> list[Gradual]:
    """Fades out, in, or both with what is plain between them.

    `opens` and `closes` say that the film begins and ends here.
    """
    longest, pause = round(FADING * rate), round(PAUSE * rate)
    end = len(thumbs) - 1
    found = []
    for first, last in stretches(plain(thumbs)):
        out = _ramp(thumbs[max(0, first - longest) : first + 1][::-1])
        come = _ramp(thumbs[last : last + 1 + longest])
        if (opens and first == 0) or (closes and last == end):
            found.append(Gradual(first - out, last + come, 1.0, joins=False))
        elif last - first >= pause or first == 0 or last == end:
            found += [Gradual(first - out, first, 0.9)] if out else []
            found += [Gradual(last, last + come, 0.9)] if come else []
        elif (out and come) or out + last - first + come > SUDDEN:
            found.append(Gradual(first - out, last + come, 0.95 if out and come else 0.8))
    return found


def plain(thumbs: Thumbs) -> Bools:
    """Where nothing is to be seen (n,): next to nothing, where it is neither dark nor bright, as walls are not."""
    levels = thumbs.mean((1, 2))
    found: Bools = contrast(thumbs) < np.where((levels < DARK) | (levels > BRIGHT), FLAT, FLAT / 3)
    return found


def _ramp(thumbs: Thumbs) -> int:
    """How many frames after a plain one (the first) a picture needs to come out of it; 0: it is there at once."""
    values = thumbs.reshape(len(thumbs), -1).astype(np.float32)
    depth = np.sqrt(((values - values[0].mean()) ** 2).mean(1))
    goes_on = np.diff(depth) > np.maximum(0.25, 0.02 * depth[1:])
    same = correlation(thumbs[1:-1], thumbs[2:]) > KEPT
    goes_on[1:] &= same | (depth[1:-1] < 2 * FLAT)
    steps = len(goes_on) if goes_on.all() else int(np.argmin(goes_on))
    return steps - 1 if steps >= BRIEF - 1 and np.diff(depth[: steps + 1]).max() < LEAP * depth[steps] else 0


def dissolves(thumbs: Thumbs, rate: float, barred: Bools) -> list[Gradual]:
    """Dissolves between places that are `barred` (n,): a cut, a fade or a flash."""
    step = max(1, int(np.ceil(rate / FINEST - 1e-6)))
    few = thumbs[::step]
    closed = np.logical_or.reduceat(barred, np.arange(0, len(barred), step)) if len(barred) else barred
    found: list[Gradual] = []
    for first, last in stretches(~closed):
        for one in _dissolves(few[first : last + 1], rate / step):
            ends = ((first + one.first) * step, min(len(thumbs) - 1, (first + one.last + 1) * step - 1))
            found.append(Gradual(*ends, one.confidence))
    return found


def _dissolves(thumbs: Thumbs, rate: float) -> list[Gradual]:
    """Dissolves of a stretch without cuts."""
    pictures = halved(thumbs)
    reaches = [reach for reach in dict.fromkeys(round(half * rate) for half in HALVES) if reach >= 2]
    table = np.stack([mixing(pictures, reach) for reach in reaches]) if reaches else np.zeros((0, 0), np.float32)
    found: list[Gradual] = []
    taken = np.zeros(len(thumbs), bool)
    while table.size and table.min() < MIXED:
        row, middle = (int(place) for place in np.unravel_index(int(table.argmin()), table.shape))
        off = float(table[row, middle])
        wide = max(place for place in range(len(reaches)) if table[place, middle] <= max(2 * off, MIXED / 2))
        one = next(
            (made for place in (wide, row) if (made := _measured(thumbs, pictures, middle, reaches[place], off))), None
        )
        if one is None or taken[one.first : one.last + 1].any():
            table[:, max(0, middle - 1) : middle + 2] = np.inf
            continue
        found.append(one)
        taken[max(0, one.first - reaches[0]) : one.last + reaches[0] + 1] = True
        table[:, max(0, one.first - reaches[0]) : one.last + reaches[0] + 1] = np.inf
    for first, last, off in still_ends(pictures, rate):
        if off > OFF:
            break
        if not taken[first : last + 1].any() and _another(thumbs, first - 1, last + 1):
            found.append(Gradual(first, last, round(1 - off / (2 * OFF), 4)))
            taken[max(0, first - reaches[0]) : last + reaches[0] + 1] = True
    return sorted(found, key=lambda made: made.first)


def mixing(pictures: Floats, reach: int) -> Floats:
    """How far each picture (n, blocks), and those half way to the ends, are off what lies on the line between those
    `reach` before and after, as a share of half their distance (squared); infinite where the ends are too much alike.
    Brightness as a whole is left out.
    """
    pictures = pictures - pictures.mean(1, keepdims=True)
    off = np.full(len(pictures), np.inf, np.float32)
    if len(pictures) <= 2 * reach:
        return off
    begin, end, middle = pictures[: -2 * reach], pictures[2 * reach :], pictures[reach:-reach]
    way = end - begin
    long = np.einsum("ij,ij->i", way, way) + pictures.shape[1]  # a level a block, so that nothing is not divided by
    worst = _square(middle - (begin + end) * np.float32(0.5))
    half = (reach + 1) // 2
    for place in (half, 2 * reach - half):
        aside = pictures[place : place + len(begin)] - begin
        share = np.einsum("ij,ij->i", aside, way) / long
        worst = np.maximum(worst, _square(aside - share[:, None] * way))
    likeness = np.einsum("ij,ij->i", begin, end)
    both = np.sqrt(_square(begin) * _square(end)) + 1
    told = (likeness < ALIKE * both) & (long > DIFFERENT**2 * pictures.shape[1])
    off[reach:-reach] = np.where(told, 4 * worst / long, np.inf)
    return off


def _square(values: Floats) -> Floats:
    found: Floats = np.einsum("ij,ij->i", values, values)
    return found


def _another(thumbs: Thumbs, first: int, last: int) -> bool:
    """Whether two pictures differ by more than small movements, another light and something that passes."""
    ends = np.clip([first, last], 0, len(thumbs) - 1)
    if unlike(thumbs[ends[:1]], thumbs[ends[1:]])[0] < LEAST:
        return False
    way = thumbs[ends[1]].astype(np.float32) - thumbs[ends[0]]
    return bool((np.abs(way - np.median(way)) > CHANGED).mean() >= WIDELY)


def _measured(thumbs: Thumbs, pictures: Floats, middle: int, reach: int, off: float) -> Gradual | None:
    """Where the dissolve around a place begins and ends; None: it is none after all."""
    if middle < reach or middle + reach >= len(pictures):
        return None
    first, last = middle - reach, middle + reach
    if not _another(thumbs, first, last):
        return None
    part = pictures[first : last + 1]
    way = part[-1] - part[0]
    shares = (part - part[0]) @ way / float(way @ way)
    begins, ends, uneven = ramp_of(shares)
    if uneven > UNEVEN or ends - begins - 1 < BRIEF or np.diff(shares).max() > LEAP:
        return None
    return Gradual(first + begins + 1, first + ends - 1, round(1 - off / (2 * MIXED), 4))


def ramp_of(shares: Floats | Sequence[float]) -> tuple[int, int, float]:
    """The last place at 0 and the first at 1 of the even ramp that is nearest to some shares, and how far they are off
    it (root mean square).

    >>> ramp_of([0, 0, 0.25, 0.5, 0.75, 1, 1])
    (1, 5, 0.0)
    """
    values = np.asarray(shares, np.float64)
    count = len(values)
    begins, ends = np.triu_indices(count, 1)
    places = np.arange(count)
    ramps = np.clip((places - begins[:, None]) / (ends - begins)[:, None], 0.0, 1.0)
    errors = ((values - ramps) ** 2).mean(1)
    best = int(errors.argmin())
    return int(begins[best]), int(ends[best]), float(np.sqrt(errors[best]))
