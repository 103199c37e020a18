"""What one person gave to each algorithm, and what a context is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL = "all"
FEATURES = (
    LEVEL,
    *(f"surface:{name}" for name in ("feed", "category", "recommendations", "other")),
    *(f"device:{name}" for name in ("phone", "tablet", "web", "other")),
    *(f"hours:{name}" for name in ("night", "morning", "afternoon", "evening")),
    *(f"history:{name}" for name in ("none", "short", "long")),
)
"""What a context is made of; each is there or not."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one person gave to one arm: `count` rewards, their `total`, and the sum of their contexts (features,)."""

    count: float
    total: float
    contexts: Floats

    def faded(self, factor: float) -> "Tally":
        """Counting for less."""
        return Tally(self.count * factor, self.total * factor, self.contexts * factor)


@dataclass(frozen=True, slots=True)
class Person:
    """One person's rewards by arm, as of `at` (seconds since the epoch)."""

    tallies: Mapping[str, Tally] = field(default_factory=dict)
    at: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values; contexts by name, those that never were left out."""
        return {
            "at": self.at,
            "arms": {
                arm: [tally.count, tally.total, named(tally.contexts)] for arm, tally in sorted(self.tallies.items())
            },
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Person":
        """Inverse of `as_json`; features that are no more are left out."""
        tallies = {arm: Tally(count, total, sums_of(sums)) for arm, (count, total, sums) in kept["arms"].items()}
        return cls(tallies, kept["at"])


def vector(context: Sequence[str]) -> Floats:
    """A context (features,) of names; those that are no feature are ignored, the level is always there."""
    x = np.zeros(len(FEATURES))
    x[0] = 1.0
    for name in context:
        if name in _PLACES:
            x[_PLACES[name]] = 1.0
    return x


def named(sums: Floats) -> dict[str, float]:
    """Sums of contexts by name, zeros left out."""
    return {name: float(worth) for name, worth in zip(FEATURES, sums, strict=True) if worth}


def sums_of(kept: Mapping[str, float]) -> Floats:
    """Inverse of `named`."""
    return np.array([kept.get(name, 0.0) for name in FEATURES])


_PLACES = {name: place for place, name in enumerate(FEATURES)}
