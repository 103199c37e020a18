"""Arithmetic of stretches of time."""

from collections.abc import Iterable


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds in at least one of some stretches, each from its start to its end.

    >>> covered([(0, 2), (1, 3), (5, 6)])
    4.0
    """
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return float(total)
