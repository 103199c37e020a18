"""How long a platform's users are remembered: the half-life of their histories, chosen on held-out interactions."""

from collections.abc import Callable

HALF_LIVES: tuple[float | None, ...] = (None, 50.0, 20.0, 10.0, 5.0, 3.0)
"""What is tried, in newer interactions; None first, so that of equals the whole history counts alike."""


def choose_half_life(quality: Callable[[float | None], float]) -> float | None:
    """The half-life of the greatest quality, the longest of equals.

    >>> choose_half_life(lambda half_life: 0.0 if half_life is None else -abs(half_life - 12.0))
    >>> choose_half_life(lambda half_life: 0.0 if half_life is None else 1.0 / half_life)
    3.0
    """
    return max(HALF_LIVES, key=quality)
