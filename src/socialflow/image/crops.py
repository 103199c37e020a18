"""Parts of a picture in other shapes that hold what draws the eye and cut no face."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.image.appeal import area
from socialflow.image.detections import Box
from socialflow.image.saliency import Saliency

RATIOS = ("16:9", "9:16", "1:1")
"""Shapes that platforms show."""
MOST_RATIOS, _LARGEST = 10, 100
_SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Of the largest part of a shape: what is tried, in turn, until no face is cut."""
_PLACES = 65
"""Places along the side that leaves room."""
_MIDDLE = 0.01
"""What being in the middle counts, beside what draws the eye: it decides where nothing much else does."""
_AIR = 0.1
"""Share of a face's height that is kept clear around it, where there is room."""
_RATIO = re.compile(r"([1-9]\d{0,2}):([1-9]\d{0,2})", re.ASCII)


class Crop(TypedDict):
    """Part of a picture in its pixels; `x` and `y` are of the top left corner, `saliency` is the share of what draws
    the eye that lies in it, `faces` how many lie in it as a whole."""

    x: int
    y: int
    width: int
    height: int
    saliency: float
    faces: int


def ratio_of(told: str) -> float:
    """Width over height of a shape. Raises InvalidInput unless it is two whole numbers from 1 to 100 with a colon.

    >>> ratio_of("16:9") == 16 / 9
    True
    """
    found = _RATIO.fullmatch(told)
    if found is None or max(map(int, found.groups())) > _LARGEST:
        raise InvalidInput(
            f'{told!r} is no aspect ratio; give width and height, 1 to {_LARGEST}, like "16:9"', field="aspect_ratios"
        )
    width, height = map(int, found.groups())
    return width / height


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a picture, as fractions of its sides."""

    left: float
    top: float
    width: float
    height: float

    def holds(self, face: Box, air: float = 0.0) -> bool:
        across, down = air * (face.right - face.left), air * (face.bottom - face.top)
        return (
            face.left - across >= self.left - 1e-9
            and face.right + across <= self.left + self.width + 1e-9
            and face.top - down >= self.top - 1e-9
            and face.bottom + down <= self.top + self.height + 1e-9
        )

    def cuts(self, face: Box) -> bool:
        """Whether a part of the face, not all of it, lies within."""
        across = min(face.right, self.left + self.width) - max(face.left, self.left)
        down = min(face.bottom, self.top + self.height) - max(face.top, self.top)
        return across > 1e-9 and down > 1e-9 and not self.holds(face)


def crop(found: Saliency, size: tuple[int, int], ratio: float, faces: Sequence[Box] = ()) -> Crop | None:
    """The part of a picture of `size` (width, height) in pixels whose width is `ratio` times its height.

    It is as large as can be, and smaller only where it would cut a face. Of its places, the one that holds the largest
    faces as a whole, and then most of the map, whose large values count double. None where every place, down to
    `_SCALES`, cuts a face, as happens to a face that is wider than the part.

    >>> crop(np.full((36, 64), 1 / 2304, np.float32), (1280, 720), 1.0)
    {'x': 280, 'y': 0, 'width': 720, 'height': 720, 'saliency': 0.5625, 'faces': 0}
    """
    width, height = size
    faces = [_within(face) for face in faces]
    peaks = _table(np.square(found, dtype=np.float64))
    wide, high = min(1.0, ratio * height / width), min(1.0, width / ratio / height)
    for scale in _SCALES:
        places = [
            part
            for part in _places(wide * scale, high * scale, whole=scale == 1.0)
            if not any(part.cuts(face) for face in faces)
        ]
        if places:
            best = max(places, key=lambda part: _worth(part, peaks, faces))
            return _told(best, size, _table(found.astype(np.float64)), faces)
    return None


def _table(found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sums of a map above and to the left of each place, its whole being 1."""
    made = np.zeros((found.shape[0] + 1, found.shape[1] + 1))
    made[1:, 1:] = found.cumsum(0).cumsum(1)
    made /= max(float(made[-1, -1]), 1e-24)
    return made


def _within(face: Box) -> Box:
    """A face without what lies outside of the picture."""
    return Box(*(min(1.0, max(0.0, side)) for side in face))


def _places(wide: float, high: float, *, whole: bool) -> list[_Part]:
    """Where a part of this size may lie: along one side where it fills the other, else on a coarser grid."""
    across, down = (_PLACES if whole else 17, _PLACES if whole else 17)
    lefts = np.linspace(0, 1 - wide, across) if wide < 1 else np.zeros(1)
    tops = np.linspace(0, 1 - high, down) if high < 1 else np.zeros(1)
    return [_Part(float(left), float(top), wide, high) for top in tops for left in lefts]


def _worth(part: _Part, table: npt.NDArray[np.float64], faces: Sequence[Box]) -> tuple[float, float]:
    shown = sum(area(face) * (1.0 if part.holds(face, _AIR) else 0.9) for face in faces if part.holds(face))
    across = abs(part.left + part.width / 2 - 0.5)
    down = abs(part.top + part.height / 2 - 0.5)
    return round(shown, 9), round(_mass(part, table) - _MIDDLE * (across + down), 9)


def _mass(part: _Part, table: npt.NDArray[np.float64]) -> float:
    """Share of the map in a part, between pixels by interpolation."""
    rows, columns = (
        np.array([0.0, 1.0]) * size + at for size, at in ((part.height, part.top), (part.width, part.left))
    )
    height, width = table.shape[0] - 1, table.shape[1] - 1
    lines = np.stack([_row(table, min(row, 1.0) * height) for row in rows])
    line = lines[1] - lines[0]
    left, right = np.interp(np.minimum(columns, 1.0) * width, np.arange(width + 1), line)
    return float(right - left)


def _row(table: npt.NDArray[np.float64], at: float) -> npt.NDArray[np.float64]:
    below = min(int(at), table.shape[0] - 2)
    share = at - below
    made: npt.NDArray[np.float64] = table[below] * (1 - share) + table[below + 1] * share
    return made


def _told(part: _Part, size: tuple[int, int], table: npt.NDArray[np.float64], faces: Sequence[Box]) -> Crop:
    """In whole pixels, none of which lies outside."""
    width, height = (max(1, round(side * share)) for side, share in zip(size, (part.width, part.height), strict=True))
    x, y = min(round(part.left * size[0]), size[0] - width), min(round(part.top * size[1]), size[1] - height)
    inside = sum(part.holds(face) for face in faces)
    return Crop(x=x, y=y, width=width, height=height, saliency=round(_mass(part, table), 4), faces=inside)
