"""Lay one picture over another by a map between them, and compare the luma of what they share."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from socialflow.image.pdq import SIDE
from socialflow.image.records import ImageFingerprint
from socialflow.image.regions import Box

Affine = npt.NDArray[np.float64]
_Kind = TypeVar("_Kind", bound=np.generic)

_TURNS = (
    ((1, 0, 0), (0, 1, 0)),
    ((0, 1, 0), (-1, 0, 1)),
    ((-1, 0, 1), (0, -1, 1)),
    ((0, -1, 1), (1, 0, 0)),
    ((1, 0, 0), (0, -1, 1)),
    ((-1, 0, 1), (0, 1, 0)),
    ((0, 1, 0), (1, 0, 0)),
    ((0, -1, 1), (-1, 0, 1)),
)
"""Where a point (x, y) of the unit square goes when it is turned and mirrored, in the order of `pdq.VARIANTS`."""
_BLOCKS, _STEP = 8, 6
"""Pictures are compared in 8 x 8 blocks of 6 x 6 points."""
_GRID = _BLOCKS * _STEP
_PLAIN = 2.5
"""Of 255: blocks whose luma varies less (standard deviation) in both pictures say nothing."""
_ALIKE = 0.6
"""Correlation of the luma from which on two blocks show the same."""
_FEWEST = 3
"""Blocks that say something, to compare anything."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What two pictures share under a map (2, 3) from the pixels of the first to those of the second.

    Attributes:
        shared: the larger one of the shares of the first and of the second that the other shows, borders aside, 0 to 1.
        likeness: share of the blocks there, plain ones left out, in which the luma of both goes up and down together.
    """

    affine: Affine
    shared: float
    likeness: float

    def in_shares(self, first: ImageFingerprint, second: ImageFingerprint) -> Affine:
        """The map between the pictures with width and height 1."""
        into = np.diag([1 / second.width, 1 / second.height])
        made: Affine = into @ self.affine @ np.diag([first.width, first.height, 1.0])
        return made


def turned_onto(these: Box, those: Box, variant: int) -> Affine:
    """The map (2, 3) of a part of one picture, turned and mirrored, onto a part of another."""
    unit = np.array(
        [
            [1 / (these.right - these.left), 0, -these.left / (these.right - these.left)],
            [0, 1 / (these.bottom - these.top), -these.top / (these.bottom - these.top)],
            [0, 0, 1],
        ]
    )
    placed = np.array([[those.right - those.left, 0, those.left], [0, those.bottom - those.top, those.top]], np.float64)
    turn = np.array([*_TURNS[variant], (0, 0, 1)], np.float64)
    made: Affine = placed @ turn @ unit
    return made


def overlay(first: ImageFingerprint, second: ImageFingerprint, affine: Affine) -> Overlay:
    """Lay what lies within the borders of the first picture over what lies within those of the second."""
    mine, other = first.content, second.content
    steps = (np.arange(_GRID) + 0.5) / _GRID
    columns, rows = mine.left + steps * (mine.right - mine.left), mine.top + steps * (mine.bottom - mine.top)
    x, y = (axis.ravel() for axis in np.meshgrid(columns, rows))
    across, down = affine @ np.stack((x, y, np.ones_like(x)))
    inside = (across >= other.left) & (across < other.right) & (down >= other.top) & (down < other.bottom)
    part = float(inside.mean())
    grown = abs(float(np.linalg.det(affine[:, :2])))
    shared = min(1.0, max(part, part * grown * mine.area / other.area))
    likeness = _likeness(_luma(first, x, y), _luma(second, across, down), inside)
    return Overlay(affine, shared, likeness)


def _luma(picture: ImageFingerprint, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    places = np.stack((y * SIDE / picture.height, x * SIDE / picture.width)) - 0.5
    found: npt.NDArray[np.float64] = map_coordinates(
        picture.samples.astype(np.float64), places, order=1, mode="nearest"
    )
    return found


def _likeness(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], inside: npt.NDArray[np.bool_]) -> float:
    """Share of blocks that are alike, of those that lie inside and are not plain in both; 0 where they are few."""
    whole = _in_blocks(inside).all(axis=1)
    left, right = (_in_blocks(each)[whole] for each in (one, other))
    left, right = left - left.mean(axis=1, keepdims=True), right - right.mean(axis=1, keepdims=True)
    varied, also = (np.sqrt((each**2).mean(axis=1)) for each in (left, right))
    telling = np.maximum(varied, also) > _PLAIN
    if telling.sum() < _FEWEST:
        return 0.0
    together = (left * right).mean(axis=1) / np.maximum(varied * also, 1e-6)
    return float((together[telling] >= _ALIKE).mean())


def _in_blocks(grid: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
    """Values of the grid (48 * 48,) as blocks (64, 36)."""
    cut = grid.reshape(_BLOCKS, _STEP, _BLOCKS, _STEP).swapaxes(1, 2)
    return cut.reshape(_BLOCKS * _BLOCKS, _STEP * _STEP)
