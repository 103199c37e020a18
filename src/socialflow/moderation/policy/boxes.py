"""Conditions as unions of boxes: which values of signals they can hold for, by interval reasoning.

A box names, for each signal it is about, the values that are left: an interval, or words that must and must not be
there, and whether content may be without the signal. What a signal cannot be (a score of 2) is in no box. The risk of
the ensemble counts as a signal of its own: what follows from how it is made up is not seen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from math import inf

from socialflow.moderation.policy.records import RISK, Compare, Comparison, Condition, Quantifier
from socialflow.moderation.signal_names import SIGNALS, Measure

Cut = tuple[float, int]
"""A cut of the real line just before a number (0) or just behind it (1)."""
MOST = 400
"""Boxes of one condition at most."""


class TooManyBoxes(Exception):
    """The condition has too many alternatives to be taken apart."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one signal: numbers between two cuts; one word at least of each of `needs`, none of `without`.

    `absent`: content without the signal is left too.
    """

    low: Cut = (-inf, 0)
    high: Cut = (inf, 1)
    needs: frozenset[frozenset[str]] = frozenset()
    without: frozenset[str] = frozenset()
    absent: bool = True

    def both(self, other: "Left") -> "Left":
        """What is left by both."""
        return Left(
            max(self.low, other.low),
            min(self.high, other.high),
            self.needs | other.needs,
            self.without | other.without,
            self.absent and other.absent,
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return not self.absent and (self.low >= self.high or any(words <= self.without for words in self.needs))


Box = Mapping[str, Left]


def boxes(condition: Condition, holds: bool = True) -> list[Box]:
    """Boxes that together are where the condition holds (or fails), empty ones left out. Raises TooManyBoxes.

    >>> from socialflow.moderation.policy.records import Group
    >>> both = Group(Quantifier.ALL, (
    ...     Comparison("text.spam", Compare.AT_LEAST, 0.8), Comparison("text.spam", Compare.BELOW, 0.8)))
    >>> boxes(both)
    []
    """
    if isinstance(condition, Comparison):
        return [{condition.signal: left} for left in _left(condition, holds) if not left.empty]
    inner = holds if condition.quantifier is not Quantifier.NONE else not holds
    parts = (boxes(one, inner) for one in condition.conditions)
    if (condition.quantifier is Quantifier.ANY) is holds:
        return _bounded([box for part in parts for box in part])
    return meet(parts)


def meet(parts: Iterable[list[Box]]) -> list[Box]:
    """Boxes of where all of several unions hold. Raises TooManyBoxes."""
    whole: list[Box] = [{}]
    return reduce(_pairs, parts, whole)


def _pairs(ones: list[Box], others: list[Box]) -> list[Box]:
    if len(ones) * len(others) > 10 * MOST:
        raise TooManyBoxes
    made = (_both(one, other) for one in ones for other in others)
    return _bounded([box for box in made if not any(left.empty for left in box.values())])


def _both(one: Box, other: Box) -> Box:
    joint = dict(one)
    for name, left in other.items():
        joint[name] = joint[name].both(left) if name in joint else left
    return joint


def _bounded(found: list[Box]) -> list[Box]:
    if len(found) > MOST:
        raise TooManyBoxes
    return found


def _left(comparison: Comparison, holds: bool) -> list[Left]:
    """What one comparison leaves of its signal, where it holds (and the signal is there) or fails (or it is not)."""
    start, wanted = Left(*_domain(comparison.signal), absent=not holds), comparison.value
    if isinstance(wanted, tuple):
        words = frozenset(wanted)
        return [replace(start, needs=frozenset({words}))] if holds else [replace(start, without=words)]
    level = float(wanted)
    before, behind = (level, 0), (level, 1)
    if comparison.compare is Compare.IS:
        if holds:
            return [start.both(Left(before, behind))]
        return [start.both(Left(high=before)), start.both(Left(low=behind))]
    cut = behind if comparison.compare is Compare.ABOVE else before
    upward = (comparison.compare is not Compare.BELOW) is holds
    return [start.both(Left(low=cut) if upward else Left(high=cut))]


def _domain(signal: str) -> tuple[Cut, Cut]:
    """Which numbers the signal can be."""
    about = SIGNALS.get(signal)
    if signal == RISK or (about is not None and about.measure is Measure.SCORE):
        return (0.0, 0), (1.0, 1)
    if about is not None and about.measure is Measure.COUNT:
        return (0.0, 0), (inf, 1)
    return (-inf, 0), (inf, 1)
