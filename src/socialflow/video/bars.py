"""Bars around a picture, from pictures of one size."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from socialflow.video.records import Luma

_EVEN = 4.0
"""Deviation of levels within a line of a bar, at most, and ..."""
_STEADY = 6.0
"""... difference of its light through the video."""
_BLACK = 40.0
_LEAST = 0.02
"""Share of the side from which a bar counts."""
_PICTURES = 3


class Bars:
    """Watches which lines at the rim stay even. Black ones are bars; others too where both sides have as many."""

    def __init__(self) -> None:
        self._lines: list[_Lines] = []

    def take(self, small: Luma) -> None:
        """The next picture, made small; one that is black as a whole says nothing."""
        levels = small.astype(np.float32)
        if levels.max() <= _BLACK:
            return
        if not self._lines:
            self._lines = [_Lines(side) for side in small.shape]
        if all(len(lines.lightest) == side for lines, side in zip(self._lines, small.shape, strict=True)):
            self._lines[0].take(levels)
            self._lines[1].take(levels.T)

    def told(self) -> Mapping[str, float]:
        """Shares of the sides that bars take: top, bottom, left, right (as stored)."""
        found = [lines.ends() for lines in self._lines] or [(0.0, 0.0)] * 2
        return dict(zip(("top", "bottom", "left", "right"), (*found[0], *found[1]), strict=True))


class _Lines:
    """What is known of each row, or of each column."""

    def __init__(self, side: int) -> None:
        self.lightest = np.zeros(side, np.float32)
        self._darkest = np.full(side, 255.0, np.float32)
        self._uneven = np.zeros(side, np.float32)
        self._pictures = 0

    def take(self, levels: npt.NDArray[np.float32]) -> None:
        means = levels.mean(axis=1)
        self.lightest = np.maximum(self.lightest, means)
        self._darkest = np.minimum(self._darkest, means)
        self._uneven = np.maximum(self._uneven, levels.std(axis=1))
        self._pictures += 1

    def ends(self) -> tuple[float, float]:
        """Shares of the side, from the beginning and from the end."""
        even = self._uneven <= _EVEN
        black = _rims(even & (self.lightest <= _BLACK))
        if max(black) >= _LEAST or self._pictures < _PICTURES:
            return black
        first, last = _rims(even & (self.lightest - self._darkest <= _STEADY))
        return (first, last) if abs(first - last) <= _LEAST and min(first, last) >= _LEAST else (0.0, 0.0)


def _rims(lines: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Shares of lines at both ends that hold without a break; none where all do."""
    others = np.flatnonzero(~lines)
    if not len(others):
        return 0.0, 0.0
    first, last = int(others[0]) / len(lines), (len(lines) - 1 - int(others[-1])) / len(lines)
    return (first if first >= _LEAST else 0.0), (last if last >= _LEAST else 0.0)
