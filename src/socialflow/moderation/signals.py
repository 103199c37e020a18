"""One thing that speaks for or against content, and how several become one score."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Literal

from socialflow.kit.answers import Tier

Group = Literal["text", "links", "behaviour"]


@dataclass(frozen=True, slots=True)
class Signal:
    """What was looked at, how strongly it was found (`value`, 0 to 1), and how far it counts (`weight`, 0 to 1).

    `detail` says in words what was found; empty where nothing was.
    """

    name: str
    group: Group
    value: float
    weight: float
    detail: str = ""
    tier: Tier = Tier.HEURISTIC


def combined(signals: Iterable[Signal]) -> float:
    """``1 - prod_i (1 - weight_i value_i)``: 0 where nothing was found, and every signal can only add.

    Independent reasons to doubt, each of which alone gives its weight at most (noisy-or).

    >>> round(combined([Signal("a", "text", 1.0, 0.5), Signal("b", "links", 0.5, 0.8)]), 3)
    0.7
    """
    return 1.0 - prod(1.0 - signal.weight * signal.value for signal in signals)


def ramp(amount: float, usual: float, extreme: float) -> float:
    """0 up to what is usual, 1 from what is extreme, even between.

    >>> ramp(4, 2, 6), ramp(1, 2, 6), ramp(9, 2, 6)
    (0.5, 0.0, 1.0)
    """
    return min(1.0, max(0.0, (amount - usual) / (extreme - usual)))
