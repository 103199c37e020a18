"""The grid of blocks that compression leaves: Z. Wang, H. Sheikh, A. Bovik, "No-reference perceptual quality assessment
of JPEG compressed images" (2002), with the period looked for, so that a picture that was scaled is judged as well.
"""

import math

import numpy as np
import numpy.typing as npt

from socialflow.video.records import Luma

Profile = npt.NDArray[np.float64]
"""Mean difference of neighbours at each place along a side."""

NATIVE = 8
PERIODS = (4.0, 16 / 3, 6.0, 32 / 3, 12.0, 16.0, 18.0, 24.0)
"""Periods of blocks of eight in pictures that were made larger or smaller by usual factors."""
_LINES, _THICK = 8, 8
"""Strips that are looked at, and pixels across each."""
_CUT = 16
"""A difference counts up to here: contours are stronger than blocks."""
_CALM = 0.5
"""Levels added to differences within blocks, so that nothing is made of next to nothing."""
_SURE = 6.0
"""Deviations by which a grid of another period must stand out."""


class Grid:
    """Gathers how much neighbours differ at each place along both sides, over pictures of one size."""

    def __init__(self) -> None:
        self._sums: list[Profile] = []
        self._pictures = 0

    def take(self, luma: Luma) -> float:
        """The next picture; answers how strong the grid of eight is in it."""
        profiles = [profile(luma), profile(luma.T)]
        if not self._sums:
            self._sums = [np.zeros_like(one) for one in profiles]
        if all(len(one) == len(total) for one, total in zip(profiles, self._sums, strict=True)):
            self._pictures += 1
            self._sums = [one + total for one, total in zip(profiles, self._sums, strict=True)]
        return sum(native(one) for one in profiles) / 2

    def told(self) -> tuple[float, float]:
        """Strength of the strongest grid over all pictures, as `native` has it, and its period in pixels; 0: none."""
        found = [strongest(total / max(1, self._pictures)) for total in self._sums]
        return sum(strength for strength, _ in found) / 2, max(found, default=(0.0, 0.0))[1]


def profile(luma: Luma) -> Profile:
    """Mean difference of each column of pixels to the next, in some strips of rows."""
    height = luma.shape[0]
    lines = np.unique(np.linspace(0, max(0, height - _THICK), _LINES).astype(np.int64))
    strips = np.stack([luma[line : line + _THICK] for line in lines])
    left, right = strips[..., :-1], strips[..., 1:]
    differences = np.minimum(np.maximum(left, right) - np.minimum(left, right), np.uint8(_CUT))
    means: Profile = differences.sum(axis=(0, 1), dtype=np.int64) / (strips.shape[0] * strips.shape[1])
    return means


def native(one: Profile) -> float:
    """By how much neighbours differ more where blocks of eight meet than within, as a share of the latter.

    >>> native(np.array(([1.0] * 7 + [4.0]) * 10))
    2.0
    """
    at_grid = one[NATIVE - 1 :: NATIVE]
    within = len(one) - len(at_grid)
    if not len(at_grid) or not within:
        return 0.0
    inside = (one.sum() - at_grid.sum()) / within
    return max(0.0, float((at_grid.mean() - inside) / (inside + _CALM)))


def strongest(one: Profile) -> tuple[float, float]:
    """Strength and period of the strongest grid of a profile; one of another period than eight must be sure."""
    found = max((native(one), float(NATIVE)), *(_folded(one, period) for period in PERIODS))
    return found if found[0] else (0.0, 0.0)


def _folded(one: Profile, period: float) -> tuple[float, float]:
    """Strength of the grid of a period, wherever it begins; 0 where it does not stand out."""
    places = round(period)
    if len(one) < 4 * places:
        return 0.0, period
    at = (np.arange(len(one)) / period % 1 * places).astype(np.int64)
    means = np.bincount(at, one, places) / np.bincount(at, minlength=places)
    across = max(2 if period != places else 1, math.ceil(period / NATIVE))
    """Places over which the border of two blocks is spread."""
    windows = np.lib.stride_tricks.sliding_window_view(np.append(means, means[: across - 1]), across).mean(axis=1)
    lines = (int(windows.argmax()) + np.arange(across)) % places
    inside = np.delete(means, lines)
    rest = one[~np.isin(at, lines)]
    spread = float(rest.std() / np.sqrt(len(one) / places * len(lines))) + 1e-9
    grid = float(means[lines].mean())
    if (grid - inside.max()) / spread < _SURE:
        return 0.0, period
    return (grid - inside.mean()) / (inside.mean() + _CALM), period
