"""Dissolves into a picture that then stands still, out of one that may move as it will.

While a picture comes in, its share of what is seen grows evenly from 0 to 1, and what is not it shrinks as evenly: both
are read off by projection on the picture that stays. A camera that comes to rest has the first too, but not the second.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from socialflow.video.likeness import Floats

RATE = 12.5
"""Frames a second that are looked at, about."""
LENGTHS = (0.48, 0.72, 0.96, 1.28, 1.6, 2.0)
"""Seconds that the change takes."""
STANDS, BEFORE = 0.48, 0.32
"""Seconds that the picture stands afterwards, and that are looked at before the change."""
LEAST = 4.0
"""Levels of contrast (standard deviation) of the picture that stays."""
FAINTEST, STRONGEST = 0.2, 5.0
"""Contrast of what goes, as a multiple of that of what stays."""


def arrivals(pictures: Floats, lengths: Sequence[int], stands: int, before: int) -> Floats:
    """How far what is seen is from a dissolve that ends at each picture (n, blocks) and is so many pictures long: root
    mean square of shares (lengths, n), infinite where the pictures do not reach."""
    count = len(pictures)
    errors = np.full((len(lengths), count), np.inf, np.float32)
    if count <= lengths[0] + before + stands:
        return errors
    centred = pictures - pictures.mean(1, keepdims=True)
    farthest = lengths[-1] + before
    padded = np.pad(centred, ((farthest, stands), (0, 0)))
    squares = np.einsum("ij,ij->i", padded, padded)
    own = squares[farthest : farthest + count, None] + 1e-3
    windows = sliding_window_view(padded, farthest + 1 + stands, axis=0)  # the latest last
    shares = np.einsum("ijk,ij->ik", windows, centred)[:, ::-1] / own
    energies = sliding_window_view(squares, farthest + 1 + stands)[:, ::-1] / own
    rests = np.sqrt(np.maximum(energies - shares**2, 0))
    for row, length in enumerate(lengths):
        ramp = np.clip(1 - np.arange(-stands, length + before + 1) / length, 0, 1).astype(np.float32)
        off = _off(shares[:, : len(ramp)], rests[:, : len(ramp)], ramp)
        off[own[:, 0] < LEAST**2 * pictures.shape[1]] = np.inf
        off[: length + before] = np.inf
        off[count - stands :] = np.inf
        errors[row] = off
    return errors


def _off(shares: Floats, rests: Floats, ramp: Floats) -> Floats:
    """Distance of shares (n, m) from a ramp (m,) and of what rests from the opposite one, whichever is more (n,)."""
    falls = 1 - ramp
    strength = rests @ falls / (falls @ falls)
    share = np.sqrt(((shares - ramp) ** 2).mean(1)) / np.maximum(1, strength)
    rest = np.sqrt(((rests / np.maximum(strength, 1e-3)[:, None] - falls) ** 2).mean(1))
    told = (strength > FAINTEST) & (strength < STRONGEST)
    found: Floats = np.where(told, np.maximum(share, rest), np.inf)
    return found


def still_ends(pictures: Floats, rate: float) -> list[tuple[int, int, float]]:
    """Dissolves into or out of a still picture: first and last mixed frames and how far off each is, the best first.

    Those that overlap are all told.
    """
    step = max(1, round(rate / RATE))
    few = pictures[::step]
    pace = rate / step
    lengths = list(dict.fromkeys(max(4, round(length * pace)) for length in LENGTHS))
    stands, before = max(2, round(STANDS * pace)), max(1, round(BEFORE * pace))
    told = []
    for turned in (False, True):
        errors = arrivals(few[::-1] if turned else few, lengths, stands, before)
        for place in np.flatnonzero(errors.min(0) < np.inf):
            row = int(errors[:, place].argmin())
            ends = (int(place) - lengths[row] + 1, int(place) - 1)
            if turned:
                ends = (len(few) - 1 - ends[1], len(few) - 1 - ends[0])
            told.append((ends[0] * step, ends[1] * step, float(errors[row, place])))
    return sorted(told, key=lambda one: one[2])
