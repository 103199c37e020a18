"""What a policy says of one piece of content. Pure: the same signals, facts and policy give the same verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

from socialflow.content.records import ModerationStatus
from socialflow.kit.answers import Tier
from socialflow.moderation.policy.canonical import digest
from socialflow.moderation.policy.checks import refuse_unfit
from socialflow.moderation.policy.conditions import (
    HOLDS,
    UNKNOWN,
    Test,
    Values,
    because,
    comparisons,
    compiled,
    degree,
    resolved,
    usable,
    wanting,
)
from socialflow.moderation.policy.records import (
    RISK,
    SEVERE,
    UNCHECKED,
    UNMEASURED,
    Condition,
    Missing,
    Policy,
    Rule,
)
from socialflow.moderation.records import Act, Facts, Hit, Signals, Value, Verdict
from socialflow.moderation.signal_names import SIGNALS, Medium

STATUS: Mapping[Act, ModerationStatus] = {
    Act.APPROVE: ModerationStatus.APPROVED,
    Act.FLAG: ModerationStatus.FLAGGED,
    Act.REVIEW: ModerationStatus.REVIEW_REQUIRED,
    Act.REJECT: ModerationStatus.REJECTED,
}
"""Who may see content, by the strongest of the acts on it, the weakest first."""
MEASURED = frozenset(
    name for name, about in SIGNALS.items() if about.harm and about.medium in (Medium.TEXT, Medium.IMAGE, Medium.VIDEO)
)
"""Signals of which one at least must have been measured, or the content counts as unmeasured."""
DECIMALS = 1e9
"""The risk is rounded to one part of this, so that the mean of one score is that score."""
_KEPT = 4096
_ORDER = tuple(Act)


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule made ready: `condition` with numbers for names, `test` as a function."""

    rule: Rule
    condition: Condition
    test: Test
    signals: frozenset[str]
    severe: bool


class Compiled:
    """A policy made ready for evaluation.

    Raises:
        InvalidInput: a condition asks for an unknown signal, or compares one in a way that its measure has not.
    """

    def __init__(self, policy: Policy) -> None:
        refuse_unfit(policy)
        self.policy = policy
        self.digest = digest(policy)
        self.rules = tuple(self._ready(rule) for rule in policy.rules)
        self._kept: dict[tuple[Facts, frozenset[str]], tuple[Ready, ...]] = {}
        self._parts = tuple((part.weight, part.signals) for part in policy.ensemble.values())

    def _ready(self, rule: Rule) -> Ready:
        condition = resolved(rule.when, self.policy.thresholds)
        names = {one.signal for one in comparisons(condition)}
        if RISK in names:
            names |= {name for part in self.policy.ensemble.values() for name in part.signals}
        severe = not SEVERE.isdisjoint(rule.acts)
        return Ready(rule, condition, compiled(condition), frozenset(names), severe)

    def about(self, facts: Facts, names: frozenset[str]) -> tuple[Ready, ...]:
        """The rules, in order, that may apply to content of these facts and signals (missing ones among them)."""
        found = self._kept.get((facts, names))
        if found is None:
            found = tuple(
                ready
                for ready in self.rules
                if concerns(ready.rule, facts) and (not names.isdisjoint(ready.signals) or ready.test({}))
            )
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[facts, names] = found
        return found

    def risk(self, values: Values) -> float | None:
        """Weighted mean of the parts of the ensemble that have a value, to nine decimals; None where none has."""
        total = weights = 0.0
        for weight, names in self._parts:
            known = [value for name in names if isinstance(value := values.get(name), int | float)]
            if known:
                total += weight * max(known)
                weights += weight
        return round(total / weights * DECIMALS) / DECIMALS if weights else None

    def with_risk(self, values: dict[str, Value | None]) -> float | None:
        """Puts the risk among the values, unknown where only missing signals could tell it; returns it."""
        risk = self.risk(values)
        if risk is not None or any(name in values for _, names in self._parts for name in names):
            values[RISK] = risk
        return risk


def concerns(rule: Rule, facts: Facts) -> bool:
    """Whether content of these facts is what a rule is about."""
    on = rule.on
    return (
        (not on.kinds or facts.kind in on.kinds)
        and (not on.communities or facts.community in on.communities)
        and (not on.languages or facts.language in on.languages)
        and (not on.trust or facts.trust in on.trust)
    )


def evaluate(policy: Compiled, signals: Signals, facts: Facts) -> Verdict:
    """Every rule in order, then what is left where nothing was measured; the strongest act decides who may see it.

    A reading of which nothing was looked at (coverage 0), or whose value is not what its signal measures, counts as
    missing. A rule that takes something from somebody (`SEVERE`) does so only if it holds without what heuristics read
    as well; else people look (`Hit.capped`).
    """
    values, shaky = values_of(signals)
    risk = policy.with_risk(values)
    hits: list[Hit] = []
    sure: dict[str, float] = {}
    firm: Values | None = None
    for ready in policy.about(facts, frozenset(values)):
        held = ready.test(values)
        if not held or (held == UNKNOWN and ready.rule.missing is Missing.IGNORE):
            continue
        if shaky and ready.severe and firm is None:
            firm = _firm(policy, values, shaky)
        hit = _hit(ready, held, values, ready.severe and _rests(ready, held, shaky, firm))
        hits.append(hit)
        if held == HOLDS:
            sure[hit.rule] = degree(ready.condition, values)
            if ready.rule.stop and not hit.capped:
                break
    harms = [value for name in MEASURED & values.keys() if isinstance(value := values[name], float | int)]
    if not harms:
        hits.append(Hit(UNMEASURED, UNCHECKED, (policy.policy.unmeasured,), missing=tuple(sorted(signals.missing))))
    return _verdict(hits, risk, sure, harms)


def values_of(signals: Signals) -> tuple[dict[str, Value | None], frozenset[str]]:
    """Values by signal, None for what is missing; and which of them heuristics read.

    What was read of a part while another could not be had (one of two pictures) counts as missing: that may be worse.
    """
    values: dict[str, Value | None] = dict.fromkeys(signals.missing)
    shaky = []
    for name, reading in signals.readings.items():
        if name in signals.missing:
            continue
        value = reading.value
        if reading.coverage > 0 and usable(name, value):
            values[name] = value
            if reading.tier is Tier.HEURISTIC:
                shaky.append(name)
        else:
            values[name] = None
    return values, frozenset(shaky)


def _firm(policy: Compiled, values: Values, shaky: frozenset[str]) -> Values:
    """The values with what heuristics read counted as missing."""
    firm: dict[str, Value | None] = {name: None if name in shaky else value for name, value in values.items()}
    firm.pop(RISK, None)
    policy.with_risk(firm)
    return firm


def _rests(ready: Ready, held: int, shaky: frozenset[str], firm: Values | None) -> bool:
    """Whether a rule rests on a heuristic: it would not hold without; or is not known to, and one has a say."""
    if firm is None or shaky.isdisjoint(ready.signals):
        return False
    return held == UNKNOWN or ready.test(firm) != HOLDS


def _hit(ready: Ready, held: int, values: Values, capped: bool) -> Hit:
    rule = ready.rule
    reasons = tuple(dict.fromkeys(because(ready.condition, values)))
    if held == HOLDS:
        return Hit(rule.name, rule.reason, acts_of(rule, capped), reasons, (), rule.labels, capped)
    missing = _names(ready, values)
    if rule.missing is Missing.REVIEW:
        return Hit(rule.name, UNCHECKED, (Act.REVIEW,), (), missing)
    return Hit(rule.name, rule.reason, acts_of(rule, capped), reasons, missing, rule.labels, capped)


def _names(ready: Ready, values: Values) -> tuple[str, ...]:
    """Signals for want of which a rule is not known to apply; for the risk, those of the ensemble that are missing."""
    names = list(dict.fromkeys(wanting(ready.condition, values)))
    if RISK in names:
        asked = {one.signal for one in comparisons(ready.condition)}
        names += [name for name in sorted(ready.signals - asked) if values.get(name, 0) is None]
    return tuple(name for name in dict.fromkeys(names) if name != RISK)


def acts_of(rule: Rule, capped: bool) -> tuple[Act, ...]:
    """What a rule brings about; where it is capped, a review in place of what is severe."""
    if not capped:
        return rule.acts
    left = {*rule.acts} - SEVERE | {Act.REVIEW}
    return tuple(act for act in _ORDER if act in left)


def _verdict(hits: list[Hit], risk: float | None, sure: Mapping[str, float], harms: list[float]) -> Verdict:
    acts = {act for hit in hits for act in hit.acts}
    deciding = max((act for act in STATUS if act in acts), key=_ORDER.index, default=Act.APPROVE)
    rest = tuple(act for act in _ORDER if act in acts and act not in STATUS)
    confidence: float | None = None
    if harms:
        degrees = [sure.get(hit.rule, 0.0) for hit in hits if deciding in hit.acts]
        confidence = max(degrees) if degrees else min(1.0, max(0.0, 1.0 - max(harms)))
    return Verdict(STATUS[deciding], (deciding, *rest), tuple(hits), risk, confidence)
