"""How much a picture changes from tenth to tenth of a second: the same in a copy that was cut, framed or mirrored, and
another in another recording of the same place."""

import math
from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.video.likeness import Thumbs, thumbnail
from socialflow.video.records import Luma

Pace = npt.NDArray[np.uint8]
"""Changes (n,): place k has that from k / `PACE_RATE` seconds on."""

PACE_RATE = 10
"""Changes a second."""
_UNIT = 24.0
"""A change is kept as the square root of its mean levels, so many times: 255 stands for 113 levels and more."""
_NEAR = (0.25, 0.5, 0.25)
FLAT = 1.5
"""Standard deviation, in these units, below which a pace says nothing."""


class Pacer:
    """Takes the small luma of frames and keeps how much it changes."""

    def __init__(self) -> None:
        self._pace = array("B")
        self._last: Thumbs | None = None
        self._due, self._at = 0, 0.0

    def take(self, seconds: float, luma: Luma) -> None:
        """A frame. Where none is shown for several tenths of a second, the next change counts once, at its time."""
        mark = int(seconds * PACE_RATE + 1e-6)
        if mark < self._due and self._last is not None:
            return
        thumb = thumbnail(luma)
        if self._last is not None:
            self._pace.extend(bytes(max(0, mark - 1 - len(self._pace))))
            self._pace.append(_kept(thumb, self._last, seconds - self._at))
        self._last, self._due, self._at = thumb, mark + 1, seconds

    def pace(self) -> Pace:
        """That of everything that was taken."""
        return np.array(self._pace, np.uint8)


def _kept(one: Thumbs, other: Thumbs, apart: float) -> int:
    """The change between pictures, that in a tenth of a second where they are up to two tenths apart: frames of most
    rates do not fall on the tenths."""
    change = float(np.abs(one.astype(np.int16) - other).mean()) / min(2.0, max(0.5, apart * PACE_RATE))
    return min(255, round(_UNIT * math.sqrt(change)))


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike two stretches of pace are: their correlation, how many changes were compared, how far the second's
    times are from the first's in seconds, and whether the pictures move enough to tell."""

    correlation: float
    count: int
    offset: float
    telling: bool

    @property
    def certainty(self) -> float:
        """Fisher's z of the correlation in its standard deviations, were changes drawn one by one."""
        bounded = min(self.correlation, 0.999)
        return float(np.arctanh(max(0.0, bounded)) * max(0, self.count - 3) ** 0.5)


def alike(query: Pace, reference: Pace, span: tuple[float, float], offset: float, reach: float = 0.7) -> Alike:
    """Compare the stretch `span` (seconds) of the query with the reference `offset` seconds later, at the shift within
    `reach` seconds of it at which both agree most."""
    first, last = round(span[0] * PACE_RATE), round(span[1] * PACE_RATE)
    middle, most = round(offset * PACE_RATE), round(reach * PACE_RATE)
    mine, other = _smooth(query), _smooth(reference)
    best = Alike(-1.0, 0, offset, telling=False)
    for shift in sorted(range(middle - most, middle + most + 1), key=lambda one: abs(one - middle)):
        begin, end = max(first, 0, -shift), min(last, len(mine), len(other) - shift)
        if end - begin < max(5, (last - first) // 2):
            continue
        found = _compared(mine[begin:end], other[begin + shift : end + shift], shift / PACE_RATE)
        if found.telling and (not best.telling or found.correlation > best.correlation + 1e-9):
            best = found
        elif not best.count:
            best = Alike(found.correlation, found.count, offset, telling=False)
    return best


def _compared(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], offset: float) -> Alike:
    left, right = one - one.mean(), other - other.mean()
    spread = float(left.std() * right.std())
    telling = float(left.std()) >= FLAT and float(right.std()) >= FLAT
    correlation = float((left * right).mean()) / spread if spread > 0 else 0.0
    return Alike(correlation, len(one), offset, telling)


def _smooth(pace: Pace) -> npt.NDArray[np.float64]:
    """Means with their neighbours, so that a copy that begins between two tenths of a second agrees."""
    if not len(pace):
        return np.zeros(0)
    return np.convolve(np.pad(pace.astype(np.float64), 1, mode="edge"), _NEAR, "valid")
