"""What selectors did to a ranking, put into words only for the candidates that are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from socialflow.recommendation.context import Keys, Mask, Values


class Change(Protocol):
    """One thing that was done."""

    def told(self, candidates: Sequence[int]) -> Sequence[str | None]:
        """What it did to some candidates; None: nothing worth a word."""
        ...


@dataclass(frozen=True, slots=True)
class Gain:
    """A term that came later: `gains` (n,) by candidate."""

    name: str
    gains: Values

    def told(self, candidates: Sequence[int]) -> Sequence[str | None]:
        """What the scores gained or lost."""
        return [f"{self.name} {gain:+.2f}" if gain else None for gain in self.gains[candidates].tolist()]


@dataclass(frozen=True, slots=True)
class Move:
    """Another order: places from 0 `was` and `now` (n,) by candidate, and whose moves are `noted` (n,)."""

    why: str
    was: Keys
    now: Keys
    noted: Mask
    because: Mapping[int, str]
    """Candidate -> a reason of its own, in place of `why`."""

    def told(self, candidates: Sequence[int]) -> Sequence[str | None]:
        """From which places to which."""
        was, now = self.was[candidates], self.now[candidates]
        moved = (self.noted[candidates] & (was != now)).tolist()
        each = zip(candidates, moved, (was + 1).tolist(), (now + 1).tolist(), strict=True)
        return [
            f"{self.because.get(candidate, self.why)} {old} -> {new}" if told else None
            for candidate, told, old, new in each
        ]
