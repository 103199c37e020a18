"""What selectors did to a ranking, put into words only for the candidates that are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from socialflow.recommendation.context import Keys, Mask, Values


class Change(Protocol):
    """One thing that was done."""

    def told(self, candidate: int) -> str | None:
        """What it did to one candidate; None: nothing worth a word."""
        ...


@dataclass(frozen=True, slots=True)
class Gain:
    """A term that came later: `gains` (n,) by candidate."""

    name: str
    gains: Values

    def told(self, candidate: int) -> str | None:
        """What the score gained or lost."""
        gain = float(self.gains[candidate])
        return f"{self.name} {gain:+.2f}" if gain else None


@dataclass(frozen=True, slots=True)
class Move:
    """Another order: places from 0 `was` and `now` (n,) by candidate, and whose moves are `noted` (n,)."""

    why: str
    was: Keys
    now: Keys
    noted: Mask
    because: Mapping[int, str]
    """Candidate -> a reason of its own, in place of `why`."""

    def told(self, candidate: int) -> str | None:
        """From which place to which."""
        if not self.noted[candidate]:
            return None
        was, now = int(self.was[candidate]), int(self.now[candidate])
        if was == now:
            return None
        return f"{self.because.get(candidate, self.why)} {was + 1} -> {now + 1}"
