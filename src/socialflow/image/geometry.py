"""Whether local features of two pictures lie to each other as one picture lies to an edited copy of itself.

A place is a complex number x + iy, so that turning, scaling and moving is ``z -> a z + b``. Every pair of features that
look alike proposes one such map, by their angles and sizes alone; all proposals are judged by all pairs at once, and
the best is fitted again to the pairs that agree with it. Nothing is drawn by chance.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

ByteArray = npt.NDArray[np.uint8]
ShortArray = npt.NDArray[np.int16]
ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

PLACE_UNIT, SIZE_UNIT, ANGLE_UNIT = 32, 32, 64
"""Features are (n, 4) int16: x and y in 1/32 pixel, diameter in 1/32 pixel, angle in 1/64 degree."""
_RATIO = 0.85
"""A pair stands where the nearest descriptor is nearer than this share of the distance to the second nearest."""
_MOST_PAIRS = 300
_FIRST, _LAST = 12.0, 4.0
"""Pixels by which a pair may miss a proposed map, and the fitted one."""
_TURN, _SCALE = np.radians(20), np.log(1.5)
"""By how much a pair's own angle and size may differ from the map's."""
_CELL = 6.0
"""Pixels: features of one picture that are nearer than this count once."""
_MIRRORED = np.arange(128).reshape(4, 4, 8)[::-1][:, :, -np.arange(8) % 8].ravel()
"""A SIFT descriptor of the mirrored place: rows across its orientation swapped, angles counted the other way."""


@dataclass(frozen=True, slots=True)
class Features:
    """n features of a picture: `places` (n, 4) int16 in the units above, `descriptors` (n, 128) uint8."""

    places: ShortArray
    descriptors: ByteArray

    def mirrored(self) -> "Features":
        """Those of the picture mirrored left and right about x = 0."""
        places = self.places.copy()
        places[:, 0] = -places[:, 0]
        places[:, 3] = (180 * ANGLE_UNIT - places[:, 3]) % (360 * ANGLE_UNIT)
        return Features(places, self.descriptors[:, _MIRRORED])


@dataclass(frozen=True, slots=True)
class Fit:
    """An affine map (2, 3) from one picture's pixels to the other's, and how many features agree with it."""

    affine: npt.NDArray[np.float64]
    inliers: int

    def after_mirror(self) -> "Fit":
        """The same from the picture before it was mirrored (`Features.mirrored`)."""
        return replace(self, affine=self.affine * np.array([[-1, 1, 1]]))


def fit(these: Features, those: Features) -> Fit | None:
    """The map from the places of the first to those of the second with which most pairs agree; None without three."""
    pairs = _pairs(these.descriptors, those.descriptors)
    one, other = these.places[pairs[:, 0]], those.places[pairs[:, 1]]
    source, target = _complex(one), _complex(other)
    if len(pairs) < 3:
        return None
    own = _own_changes(one, other)
    agree = _best(source, target, own)
    for _ in range(4):
        if agree.sum() < 3 or np.ptp(source[agree].real) + np.ptp(source[agree].imag) < _CELL:
            return None
        affine = _affine(source[agree], target[agree])
        agree = _near(own, affine) & (np.abs(_apply(affine, source) - target) <= _LAST)
    count = min(_distinct(source[agree]), _distinct(target[agree]))
    return Fit(affine, count) if count >= 3 else None


def _pairs(these: ByteArray, those: ByteArray) -> npt.NDArray[np.int64]:
    """Rows (p, 2) of descriptors that look alike, the likest first."""
    if len(these) < 1 or len(those) < 2:
        return np.zeros((0, 2), np.int64)
    left, right = these.astype(np.float32), those.astype(np.float32)
    apart = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * (left @ right.T)
    nearest = np.argpartition(apart, 1, axis=1)[:, :2]
    two = np.take_along_axis(apart, nearest, axis=1)
    swap = two[:, 0] > two[:, 1]
    first = np.where(swap, nearest[:, 1], nearest[:, 0])
    shares = two.min(axis=1) / np.maximum(two.max(axis=1), 1e-6)
    rows = np.argsort(shares, kind="stable")[:_MOST_PAIRS]
    rows = rows[shares[rows] < _RATIO**2]
    return np.stack((rows, first[rows]), axis=1).astype(np.int64)


def _complex(places: ShortArray) -> ComplexArray:
    return (places[:, 0] / PLACE_UNIT + 1j * (places[:, 1] / PLACE_UNIT)).astype(np.complex128)


def _own_changes(one: ShortArray, other: ShortArray) -> ComplexArray:
    """By what each pair (p,) says of itself that the picture was turned and scaled."""
    sizes = np.maximum(other[:, 2], 1) / np.maximum(one[:, 2], 1)
    turns = np.radians((other[:, 3].astype(np.float64) - one[:, 3]) / ANGLE_UNIT)
    return (sizes * np.exp(1j * turns)).astype(np.complex128)


def _best(source: ComplexArray, target: ComplexArray, own: ComplexArray) -> Mask:
    """Pairs (p,) that agree with the map that most pairs agree with, of those that one pair proposes."""
    shifts = target - own * source
    misses = np.abs(own[:, None] * source + shifts[:, None] - target)
    change = np.log(own)
    turns = np.abs((change.imag[:, None] - change.imag + np.pi) % (2 * np.pi) - np.pi)
    agree = (misses <= _FIRST) & (turns <= _TURN) & (np.abs(change.real[:, None] - change.real) <= _SCALE)
    best: Mask = agree[np.argmax(agree.sum(axis=1))]
    return best


def _near(own: ComplexArray, affine: npt.NDArray[np.float64]) -> Mask:
    """Pairs (p,) whose own angle and size fit the map."""
    mean = complex(affine[0, 0] + affine[1, 1], affine[1, 0] - affine[0, 1]) / 2
    change = np.log(own / (mean or 1e-9))
    near: Mask = (np.abs(change.imag) <= _TURN) & (np.abs(change.real) <= _SCALE)
    return near


def _affine(source: ComplexArray, target: ComplexArray) -> npt.NDArray[np.float64]:
    """The map (2, 3) with the least squares of misses; one that turns and scales alone where pairs are few."""
    if len(source) < 8:
        centre, aim = source.mean(), target.mean()
        moved = source - centre
        change = np.vdot(moved, target - aim) / max(float(np.vdot(moved, moved).real), 1e-9)
        shift = aim - change * centre
        return np.array([[change.real, -change.imag, shift.real], [change.imag, change.real, shift.imag]])
    given = np.stack((source.real, source.imag, np.ones(len(source))), axis=1)
    wanted = np.stack((target.real, target.imag), axis=1)
    return np.linalg.lstsq(given, wanted, rcond=None)[0].T.astype(np.float64)


def _apply(affine: npt.NDArray[np.float64], places: ComplexArray) -> ComplexArray:
    x, y = affine @ np.stack((places.real, places.imag, np.ones(len(places))))
    moved: ComplexArray = x + 1j * y
    return moved


def _distinct(places: ComplexArray) -> int:
    """Places, those in one cell of a grid counted once."""
    cells = np.floor(places.real / _CELL) + 1j * np.floor(places.imag / _CELL)
    return len(np.unique(cells))
