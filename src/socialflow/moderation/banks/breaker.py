"""When an entry or a bank matches far more than it usually does.

A wrong entry (a blank frame, a greeting, a logo) matches what everybody posts. Then it stops acting: its matches are
told as `held`, people look, and `confirm` (of a bank: `release`) or `withdraw` ends it. Matches are counted by hours.
"""

import math
from dataclasses import dataclass

HOUR = 3_600_000_000
"""Microseconds."""
REMEMBERED = 168
"""Hours that say what is usual: a week."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Matches of one entry or bank.

    Parameters:
        this, last: of the hour that runs, and of the one before it.
        before: of the week before those two.
        hours: of that week in which the entry or bank was there, 1 at least.
        accepted: matches an hour that people have said are right; 0: none did.
    """

    this: int = 0
    last: int = 0
    before: int = 0
    hours: float = 1.0
    accepted: float = 0.0

    def lately(self, passed: float) -> float:
        """Matches of the last sixty minutes, `passed` (0 to 1) of the hour being over: of the hour before, its share.

        >>> Counts(this=3, last=8).lately(0.25)
        9.0
        """
        return self.this + self.last * (1 - passed)

    @property
    def usual(self) -> float:
        """Matches an hour that are usual: of the week before, or accepted by people, whichever are more."""
        return max(self.before / max(1.0, self.hours), self.accepted)


def allowed(counts: Counts, floor: int, factor: float) -> float:
    """Matches an hour that are not too many: `factor` times the usual, and by chance three standard deviations more;
    never less than `floor`.

    >>> allowed(Counts(), 30, 10.0), allowed(Counts(before=1008, hours=168), 30, 10.0)
    (30.0, 83.2379)
    """
    mean = factor * counts.usual
    return max(float(floor), round(mean + 3 * math.sqrt(mean), 4))


def hour_of(micros: int) -> tuple[int, float]:
    """The number of the hour of an instant, and how much of it is over, 0 to 1."""
    number, rest = divmod(micros, HOUR)
    return number, rest / HOUR
