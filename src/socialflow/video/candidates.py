"""The best few of many pictures, and a variety of them, in bounded memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from socialflow.image.cv import lab, means
from socialflow.image.pictures import at_most
from socialflow.image.records import Colours

Look = npt.NDArray[np.uint8]
"""What a picture looks like (192,): L*a*b* of 8 x 8 places, in bytes."""
GRID = 8
ALIKE = 0.03
"""Two looks that are nearer are one picture to whoever scrolls by."""
_FAR = 48.0
"""Levels of two looks, on the mean, from which they could not differ more to the eye."""

T = TypeVar("T")


def look_of(picture: Colours) -> Look:
    """The look of a picture (h, w, 3)."""
    small = means(lab(at_most(picture, 64)), GRID, GRID)
    scaled = small * np.array((2.55, 1, 1), np.float32) + np.array((0, 128, 128), np.float32)
    made: Look = np.rint(scaled).clip(0, 255).astype(np.uint8).reshape(-1)
    return made


def unlikeness(one: Look, others: Look) -> npt.NDArray[np.float64]:
    """How much looks (n, 192) differ from one (192,), 0 to 1 (n,).

    >>> unlikeness(np.zeros(192, np.uint8), np.full((2, 192), 24, np.uint8))
    array([0.5, 0.5])
    """
    levels = np.abs(others.astype(np.int16) - one.astype(np.int16)).mean(1)
    found: npt.NDArray[np.float64] = np.minimum(1.0, levels / _FAR)
    return found


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """A picture that may be chosen."""

    worth: float
    look: Look
    kept: T


class Candidates(Generic[T]):
    """Keeps at most `most` of what it is offered: of pictures that look alike the best, then those that stand out by
    worth and by look. What is offered in the same order is kept in the same way.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[Held[T]] = []
        self.alike = 0
        """Pictures that were left out because one like them is better."""

    def offer(self, worth: float, look: Look, make: Callable[[], T]) -> bool:
        """Take a picture, or not; `make`, which may be costly, is called only where it is taken."""
        if self._held:
            distances = unlikeness(look, self._looks())
            near = int(np.argmin(distances))
            if distances[near] < ALIKE:
                self.alike += 1
                if worth <= 1.02 * self._held[near].worth:
                    return False
                del self._held[near]
            elif len(self._held) >= self._most and worth * self._novelty(worth, distances) <= self._least()[0]:
                return False
        self._held.append(Held(worth, look, make()))
        if len(self._held) > self._most:
            del self._held[self._least()[1]]
        return True

    def held(self) -> Sequence[Held[T]]:
        """What is kept, in the order in which it was offered."""
        return tuple(self._held)

    def _novelty(self, worth: float, distances: npt.NDArray[np.float64]) -> float:
        """How far the nearest better picture looks; 1 for the best."""
        return min((far for far, one in zip(distances, self._held, strict=True) if one.worth >= worth), default=1.0)

    def _looks(self) -> Look:
        return np.stack([one.look for one in self._held])

    def _least(self) -> tuple[float, int]:
        """Worth times how far the nearest better one looks, and the place, of what stands out least."""
        looks, worths = self._looks(), np.array([one.worth for one in self._held])
        found = []
        for place, one in enumerate(self._held):
            better = (worths > one.worth) | ((worths == one.worth) & (np.arange(len(worths)) < place))
            novelty = float(unlikeness(one.look, looks[better]).min()) if better.any() else 1.0
            found.append((one.worth * novelty, place))
        return min(found)


def varied(worths: Sequence[float], looks: Look, times: Sequence[float], count: int, variety: float) -> list[int]:
    """Places of at most `count` of the pictures: the worthiest first, then each time the one of most worth and least
    like those before, in look and in time (maximal marginal relevance, Carbonell and Goldstein, 1998).

    `variety` from 0 (worth alone) to 1. None that looks like one before.

    >>> varied([0.9, 0.8, 0.5], np.array([[0], [2], [48]], np.uint8), [0.0, 1.0, 9.0], 2, 0.5)
    [0, 2]
    """
    if not len(worths):
        return []
    span = max(max(times) - min(times), 1e-9)
    left = list(range(len(worths)))
    chosen = [max(left, key=lambda place: (worths[place], -place))]
    while len(chosen) < count:
        gains: Mapping[int, float] = {
            place: (1 - variety) * worths[place] + variety * _novelty(place, chosen, looks, times, span)
            for place in left
            if float(unlikeness(looks[place], looks[chosen]).min()) >= ALIKE
        }
        if not gains:
            break
        chosen.append(max(gains, key=lambda place: (gains[place], -place)))
    return chosen


def _novelty(place: int, chosen: Sequence[int], looks: Look, times: Sequence[float], span: float) -> float:
    apart = min(abs(times[place] - times[one]) for one in chosen) / span
    return 0.7 * float(unlikeness(looks[place], looks[list(chosen)]).min()) + 0.3 * apart
