"""Which parts of a picture are hashed beside the whole, so that what was cut off or put around it matters less."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ByteArray = npt.NDArray[np.uint8]

CENTRAL = (0.9, 0.8, 0.7, 0.6)
"""Sides of the central parts, of 1: crops of 5 to 20 % at each side, borders of 5 to 30 %."""
WITHIN = (1.0, 0.95, 0.9)
"""Sides of the central parts of what lies within uniform borders."""
CONTENT = 1 + len(CENTRAL)
"""Number of the part that is all that lies within uniform borders."""
COUNT = 1 + len(CENTRAL) + len(WITHIN)
"""Parts of a picture."""
_SPREAD, _SHIFT = 14, 8
"""Of 255: by how much pixels of one line of a border differ at most, and lines from the outermost one."""
_LEAST = 0.2
"""Share of a side that is left at least; what has less in the middle has no borders."""


class Box(NamedTuple):
    """A part of a picture in pixels: rows `top` to `bottom`, columns `left` to `right`, the last ones excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def area(self) -> int:
        """Square pixels."""
        return (self.bottom - self.top) * (self.right - self.left)

    def central(self, share: float) -> "Box":
        """The middle of the part, each side `share` as long."""
        high = round((self.bottom - self.top) * (1 - share) / 2)
        wide = round((self.right - self.left) * (1 - share) / 2)
        return Box(self.top + high, self.bottom - high, self.left + wide, self.right - wide)


def parts_of(luma: ByteArray) -> list[Box]:
    """The parts (`COUNT`) of a picture (h, w): the whole, its middles, and those of what lies within its borders."""
    height, width = luma.shape
    whole, content = Box(0, height, 0, width), content_of(luma)
    return [whole, *map(whole.central, CENTRAL), *map(content.central, WITHIN)]


def content_of(luma: ByteArray) -> Box:
    """What lies within borders of one colour (letter-boxing, padding); the whole picture where there are none."""
    height, width = luma.shape
    top, bottom, left, right = 0, height, 0, width
    for _ in range(2):  # columns are looked at without the bars above and below, then rows without those at the sides
        top, bottom = _within(luma[:, left:right])
        left, right = _within(luma[top:bottom].T)
    if bottom - top < _LEAST * height or right - left < _LEAST * width:
        return Box(0, height, 0, width)
    return Box(top, bottom, left, right)


def _percentiles(lines: ByteArray) -> npt.NDArray[np.float64]:
    """Of each line (n, m) the 2nd, 50th and 98th percentile (3, n), as NumPy interpolates them but from sorted bytes.

    >>> _percentiles(np.array([[0, 10, 20], [5, 5, 5]], np.uint8)).tolist()
    [[0.4, 5.0], [10.0, 5.0], [19.6, 5.0]]
    """
    ordered = np.sort(lines, axis=1, kind="stable")  # of bytes a radix sort, ten times as fast as others
    last = lines.shape[1] - 1
    places = np.array((0.02, 0.5, 0.98)) * last
    below = places.astype(np.intp)
    under, over = (ordered[:, each].T.astype(np.float64) for each in (below, np.minimum(below + 1, last)))
    found: npt.NDArray[np.float64] = under + (places - below)[:, None] * (over - under)
    return found


def _within(lines: ByteArray) -> tuple[int, int]:
    """First line that is no border, and the one behind the last."""
    low, middle, high = _percentiles(lines)
    plain = high - low <= _SPREAD
    first, last = plain & (np.abs(middle - middle[0]) <= _SHIFT), plain & (np.abs(middle - middle[-1]) <= _SHIFT)
    start = len(lines) if first.all() else int(np.argmin(first))
    end = 0 if last.all() else len(lines) - int(np.argmin(last[::-1]))
    return (start, end) if start < end else (0, len(lines))
