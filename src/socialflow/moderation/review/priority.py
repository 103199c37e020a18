"""Which item comes first: severity x reach x age, in a form whose order never changes while items wait.

::

    weight   = max(severity, 0.05) x (1 + log10(1 + views))
    priority = weight x 2^(age / 4 hours)

It rises with each of the three. Views count by their magnitude, since they span nine of them. Age is a factor that
doubles every four hours, and that is what makes a stored order possible: of two items with priorities
``w1 x 2^((t - c1) / D)`` and ``w2 x 2^((t - c2) / D)`` the first is ahead, at any instant t, exactly where
``c1 - D log2(w1) < c2 - D log2(w2)``. So each row keeps its `due` time, ``created - D x log2(weight)``, and a claim
takes the earliest by an index; nothing has to be refreshed as time passes. (With an age that is added, or grows as a
polynomial, two items change places as they wait, and every claim would have to sort all that waits.)

Nothing starves: weights lie between 0.05 and 10, so an item is overtaken at most by what arrives within
``4 h x log2(10 / 0.05)`` = 30.6 hours after it.
"""

import math
from datetime import datetime, timedelta

from socialflow.errors import InvalidInput

DOUBLES_AFTER = timedelta(hours=4)
LEAST_SEVERITY = 0.05
_MOST_DOUBLINGS = 1_000.0
MOST_VIEWS = 10**9 - 1
MOST_WEIGHT = 10.0
"""Of the greatest severity with a thousand million views."""


def weight(severity: float, views: int) -> float:
    """Severity (0 to 1) times the magnitude of reach, 0.05 to 10. Raises InvalidInput outside of the ranges.

    >>> weight(0.5, 0), weight(0.5, 999), weight(0.0, 0)
    (0.5, 2.0, 0.05)
    """
    if not 0.0 <= severity <= 1.0:
        raise InvalidInput(f"severity must be from 0 to 1, not {severity}", field="severity")
    if views < 0:
        raise InvalidInput(f"reach counts views: 0 or more, not {views}", field="reach")
    return max(severity, LEAST_SEVERITY) * (1.0 + math.log10(1 + min(views, MOST_VIEWS)))


def priority(severity: float, views: int, age: timedelta) -> float:
    """The priority after `age` (0 where that is negative, as clocks may differ).

    It grows no more after 1,000 doublings (half a year), short of what a float can hold; the order does not rest on it.

    >>> priority(0.5, 999, timedelta(hours=8))
    8.0
    """
    return weight(severity, views) * math.exp2(min(max(age, timedelta()) / DOUBLES_AFTER, _MOST_DOUBLINGS))


def due(severity: float, views: int, created_at: datetime) -> datetime:
    """The instant that stands for the place in the queue: the earlier, the sooner.

    >>> from datetime import UTC
    >>> due(0.5, 0, datetime(2026, 3, 14, 12, tzinfo=UTC)).hour  # half the weight of 1.0: four hours later
    16
    """
    return created_at - DOUBLES_AFTER * math.log2(weight(severity, views))
