"""A policy over columns of decisions: what `evaluate` says of each, for all of them at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.moderation.policy.columns import STATUSES, Columns, Flags
from socialflow.moderation.policy.conditions import FAILS, HOLDS, UNKNOWN
from socialflow.moderation.policy.evaluate import DECIMALS, MEASURED, STATUS, Compiled, Ready, acts_of, concerns
from socialflow.moderation.policy.records import RISK, Compare, Comparison, Condition, Group, Missing, Quantifier
from socialflow.moderation.records import Act

States = npt.NDArray[np.int8]
Numbers = npt.NDArray[np.float64]
ACTS = tuple(Act)
"""Bits of acts are places in this, the lowest first."""
_VISIBLE = tuple(STATUS)
_COMPARE: Mapping[Compare, Callable[[Any, Any], Any]] = {
    Compare.AT_LEAST: np.greater_equal,
    Compare.ABOVE: np.greater,
    Compare.BELOW: np.less,
    Compare.IS: np.equal,
}


class Mark(IntEnum):
    """What a rule made of a decision. `CAPPED` and `APPLIED_CAPPED`: a review in place of what is severe."""

    NONE = 0
    HELD = 1
    CAPPED = 2
    WANTING = 3
    APPLIED = 4
    APPLIED_CAPPED = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy says of n decisions.

    `status` (n,) are places in `STATUSES`, `acts` (n,) have a bit for each of `ACTS`, `marks` (rules, n) are `Mark`s,
    `unmeasured` (n,) tells where nothing could be measured, `risk` (n,) is NaN where there is none.
    """

    status: npt.NDArray[np.int8]
    acts: npt.NDArray[np.uint16]
    marks: npt.NDArray[np.uint8]
    unmeasured: Flags
    risk: Numbers


def outcome(policy: Compiled, columns: Columns) -> Outcome:
    """What the policy says of every decision; equal to `evaluate`, row by row."""
    count = len(columns)
    seen, firm = _Seen(policy, columns, firm=False), _Seen(policy, columns, firm=True)
    going = np.ones(count, np.bool_)
    acts = np.zeros(count, np.uint16)
    marks = np.zeros((len(policy.rules), count), np.uint8)
    for row, ready in enumerate(policy.rules):
        concerned = going & columns.by_facts(lambda facts, rule=ready.rule: concerns(rule, facts))  # type: ignore[misc]
        if not concerned.any():
            continue
        marks[row] = np.where(concerned, _marks(ready, seen, firm), Mark.NONE)
        for mark, brought in _brought(ready).items():
            acts |= np.where(marks[row] == mark, _bits(brought), 0).astype(np.uint16)
        if ready.rule.stop:
            going &= marks[row] != Mark.HELD
    unmeasured = ~seen.measured
    acts |= np.where(unmeasured, _bits((policy.policy.unmeasured,)), 0).astype(np.uint16)
    status, acts = _decided(acts)
    return Outcome(status, acts, marks, unmeasured, seen.risk)


def _marks(ready: Ready, seen: "_Seen", firm: "_Seen") -> npt.NDArray[np.uint8]:
    """Marks (n,) of a rule, were it about all."""
    held = seen.states(ready.condition)
    holds, unknown = held == HOLDS, held == UNKNOWN
    capped = capped_unknown = np.zeros(len(held), np.bool_)
    if ready.severe and (shaky := seen.shaky(ready.signals)).any():
        capped, capped_unknown = holds & (firm.states(ready.condition) != HOLDS), unknown & shaky
    marks = np.where(capped, Mark.CAPPED, np.where(holds, Mark.HELD, Mark.NONE))
    if ready.rule.missing is Missing.REVIEW:
        marks[unknown] = Mark.WANTING
    elif ready.rule.missing is Missing.APPLY:
        marks[unknown] = Mark.APPLIED
        marks[capped_unknown] = Mark.APPLIED_CAPPED
    return marks.astype(np.uint8)


def _brought(ready: Ready) -> dict[Mark, tuple[Act, ...]]:
    full, capped = ready.rule.acts, acts_of(ready.rule, capped=True)
    return {
        Mark.HELD: full,
        Mark.CAPPED: capped,
        Mark.WANTING: (Act.REVIEW,),
        Mark.APPLIED: full,
        Mark.APPLIED_CAPPED: capped,
    }


def _bits(acts: tuple[Act, ...]) -> int:
    return sum(1 << ACTS.index(act) for act in acts)


def _decided(acts: npt.NDArray[np.uint16]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.uint16]]:
    """The strongest of the acts that decide who may see it, and the acts without the weaker of them."""
    status = np.full(len(acts), STATUSES.index(STATUS[Act.APPROVE]), np.int8)
    deciding = np.full(len(acts), _bits((Act.APPROVE,)), np.uint16)
    for act in _VISIBLE:
        has = (acts & _bits((act,))) != 0
        status[has], deciding[has] = STATUSES.index(STATUS[act]), _bits((act,))
    rest = acts & np.uint16(_bits(tuple(act for act in ACTS if act not in STATUS)))
    return status, deciding | rest


class _Seen:
    """Columns as a condition sees them; `firm`: what heuristics read counts as missing."""

    def __init__(self, policy: Compiled, columns: Columns, *, firm: bool) -> None:
        self._columns = columns
        self._firm = firm
        self._count = len(columns)
        self._compared: dict[Comparison, States] = {}
        self._ensemble = [(part.weight, part.signals) for part in policy.policy.ensemble.values()]
        self.risk, self._risk_missing = self._reckoned()

    @property
    def measured(self) -> Flags:
        """Flags (n,) of whether some harm was measured."""
        return self._any(MEASURED, self._known)

    def shaky(self, names: frozenset[str]) -> Flags:
        """Flags (n,) of whether a heuristic read one of the signals."""
        return self._any(names, lambda name: self._columns.signals[name].shaky)

    def states(self, condition: Condition) -> States:
        """The condition's value (n,) in three values."""
        if isinstance(condition, Comparison):
            if condition not in self._compared:
                self._compared[condition] = self._states(condition)
            return self._compared[condition]
        return self._together(condition)

    def _together(self, group: Group) -> States:
        if group.quantifier is Quantifier.ALL:
            whole = np.full(self._count, HOLDS, np.int8)
            for one in group.conditions:
                whole = np.minimum(whole, self.states(one))
            return whole
        some = np.full(self._count, FAILS, np.int8)
        for one in group.conditions:
            some = np.maximum(some, self.states(one))
        return some if group.quantifier is Quantifier.ANY else (HOLDS - some).astype(np.int8)

    def _states(self, comparison: Comparison) -> States:
        name, wanted = comparison.signal, comparison.value
        if name == RISK:
            holds, missing = _COMPARE[comparison.compare](self.risk, wanted), self._risk_missing
        elif name not in self._columns.signals:
            return np.full(self._count, FAILS, np.int8)
        else:
            column = self._columns.signals[name]
            missing = self._missing(name)
            if isinstance(wanted, tuple):
                table = np.array([not set(wanted).isdisjoint(words) for words in column.lists] + [False], np.bool_)
                holds = table[np.where(column.known, column.values, -1).astype(np.int64)]
            else:
                holds = _COMPARE[comparison.compare](column.values, wanted)
        states = np.where(holds, HOLDS, FAILS).astype(np.int8)
        states[missing] = UNKNOWN
        return states

    def _known(self, name: str) -> Flags:
        column = self._columns.signals[name]
        return column.known & ~column.shaky if self._firm else column.known

    def _missing(self, name: str) -> Flags:
        column = self._columns.signals[name]
        return column.missing | column.shaky if self._firm else column.missing

    def _any(self, names: frozenset[str] | tuple[str, ...], flags: Callable[[str], Flags]) -> Flags:
        found = np.zeros(self._count, np.bool_)
        for name in names:
            if name in self._columns.signals:
                found |= flags(name)
        return found

    def _reckoned(self) -> tuple[Numbers, Flags]:
        """The risk (n,), NaN where there is none; and where missing signals alone could tell it."""
        total, weights = np.zeros(self._count), np.zeros(self._count)
        missing = np.zeros(self._count, np.bool_)
        for weight, names in self._ensemble:
            greatest = np.full(self._count, np.nan)
            for name in (name for name in names if name in self._columns.signals):
                known = self._known(name)
                greatest[known] = np.fmax(greatest[known], self._columns.signals[name].values[known])
            has = ~np.isnan(greatest)
            total[has] += weight * greatest[has]
            weights[has] += weight
            missing |= self._any(names, self._missing)
        with np.errstate(invalid="ignore", divide="ignore"):
            risk = np.rint(total / weights * DECIMALS) / DECIMALS
        return risk, missing & (weights == 0)
