"""Conditions as functions over the values of one piece of content, in Kleene's three values.

Values are numbers or words by name of signal; None stands for a signal that is missing; a signal that does not belong
to the content has no entry. Source: S. C. Kleene, Introduction to Metamathematics, 1952, section 64.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from socialflow.moderation.policy.records import Compare, Comparison, Condition, Group, Quantifier
from socialflow.moderation.records import Value
from socialflow.moderation.signal_names import SIGNALS, Measure

Values = Mapping[str, Value | None]
Test = Callable[[Values], int]
FAILS, UNKNOWN, HOLDS = 0, 1, 2
"""The three values: all is the least, any the greatest, none 2 less the greatest."""
_NAN = float("nan")
_OPPOSITE = {Compare.AT_LEAST: "<", Compare.ABOVE: "<=", Compare.BELOW: ">=", Compare.IS: "!="}
_HOLDS: Mapping[Compare, Callable[[Any, Any], bool]] = {
    Compare.AT_LEAST: operator.ge,
    Compare.ABOVE: operator.gt,
    Compare.BELOW: operator.lt,
    Compare.IS: operator.eq,
}
_LISTED = {name: about.measure is Measure.WORDS for name, about in SIGNALS.items()}
_SIGN = {Compare.AT_LEAST: ">=", Compare.ABOVE: ">", Compare.BELOW: "<", Compare.IS: "=="}


def resolved(condition: Condition, thresholds: Mapping[str, float]) -> Condition:
    """The condition with numbers for the names of thresholds. Raises KeyError where there is none of a name."""
    if isinstance(condition, Group):
        return replace(condition, conditions=tuple(resolved(one, thresholds) for one in condition.conditions))
    if isinstance(condition.value, str):
        return replace(condition, value=thresholds[condition.value])
    return condition


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison in the condition."""
    if isinstance(condition, Comparison):
        yield condition
        return
    for one in condition.conditions:
        yield from comparisons(one)


def compiled(condition: Condition) -> Test:
    """The condition, resolved before, as a function."""
    if isinstance(condition, Comparison):
        return _comparison(condition)
    tests = tuple(compiled(one) for one in condition.conditions)
    if condition.quantifier is Quantifier.ALL:
        return _all(tests)
    greatest = _any(tests)
    if condition.quantifier is Quantifier.ANY:
        return greatest
    return lambda values: HOLDS - greatest(values)


def _all(tests: tuple[Test, ...]) -> Test:
    def least(values: Values) -> int:
        found = HOLDS
        for test in tests:
            if (held := test(values)) < found:
                if held == FAILS:
                    return FAILS
                found = held
        return found

    return least


def _any(tests: tuple[Test, ...]) -> Test:
    def greatest(values: Values) -> int:
        found = FAILS
        for test in tests:
            if (held := test(values)) > found:
                if held == HOLDS:
                    return HOLDS
                found = held
        return found

    return greatest


def _comparison(comparison: Comparison) -> Test:
    name, wanted = comparison.signal, comparison.value
    if isinstance(wanted, tuple):
        return _shares(name, frozenset(wanted))
    return _numeric(name, _HOLDS[comparison.compare], float(wanted))


def _numeric(name: str, holds: Callable[[Any, Any], bool], level: float) -> Test:
    def test(values: Values) -> int:
        value = values.get(name, _NAN)
        return UNKNOWN if value is None else HOLDS * holds(value, level)

    return test


def _shares(name: str, wanted: frozenset[str]) -> Test:
    def test(values: Values) -> int:
        value = values.get(name, ())
        return UNKNOWN if value is None else HOLDS * (not wanted.isdisjoint(value))  # type: ignore[arg-type]

    return test


def usable(name: str, value: Value) -> bool:
    """Whether a value is what its signal measures: words, or a number that is one (NaN is none)."""
    return _LISTED.get(name) is isinstance(value, tuple) and value == value  # noqa: PLR0124  NaN differs from itself


def because(condition: Condition, values: Values, held: bool = True) -> Iterator[str]:
    """What makes a condition hold (or fail) that is known to, comparison by comparison."""
    if isinstance(condition, Comparison):
        if values.get(condition.signal) is not None:
            yield told(condition, values, held)
        return
    if condition.quantifier is Quantifier.NONE:
        held = not held
    for one in condition.conditions:
        if compiled(one)(values) == (HOLDS if held else FAILS):
            yield from because(one, values, held)


def told(comparison: Comparison, values: Values, held: bool) -> str:
    """One comparison in words.

    >>> told(Comparison("text.threat", Compare.AT_LEAST, 0.7), {"text.threat": 0.93}, held=True)
    'text.threat 0.93 >= 0.7'
    """
    value, wanted = values[comparison.signal], comparison.value
    if isinstance(wanted, tuple):
        both = sorted(set(wanted) & set(value or ())) if isinstance(value, tuple) else []
        return f"{comparison.signal} has {', '.join(both)}" if held else f"{comparison.signal} has none of them"
    sign = (_SIGN if held else _OPPOSITE)[comparison.compare]
    return f"{comparison.signal} {value:g} {sign} {wanted:g}"


def wanting(condition: Condition, values: Values) -> Iterator[str]:
    """Names of the signals for want of which the condition is unknown."""
    if isinstance(condition, Comparison):
        if compiled(condition)(values) == UNKNOWN:
            yield condition.signal
        return
    for one in condition.conditions:
        if compiled(one)(values) == UNKNOWN:
            yield from wanting(one, values)


def degree(condition: Condition, values: Values, held: bool = True) -> float:
    """How surely the condition holds (or fails), 0 to 1: a score as it is, what is counted or listed wholly.

    The least of all, the greatest of any, over what is known; meant for a condition that does.
    """
    if isinstance(condition, Comparison):
        value = values.get(condition.signal)
        if not isinstance(value, (int, float)) or not _is_score(condition.signal):
            return 1.0
        upward = condition.compare in (Compare.AT_LEAST, Compare.ABOVE)
        return min(1.0, max(0.0, float(value) if upward is held else 1.0 - value))
    if condition.quantifier is Quantifier.NONE:
        held = not held
    wanted = HOLDS if held else FAILS
    degrees = [degree(one, values, held) for one in condition.conditions if compiled(one)(values) == wanted]
    least = (condition.quantifier is Quantifier.ALL) is held
    return (min if least else max)(degrees, default=1.0)


def _is_score(name: str) -> bool:
    about = SIGNALS.get(name)
    return about is None or about.measure is Measure.SCORE
