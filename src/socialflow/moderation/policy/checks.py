"""What is wrong with a policy, told before any decision: unknown signals, rules that cannot apply or contradict."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from socialflow.errors import InvalidInput
from socialflow.moderation.policy.boxes import Box, TooManyBoxes, boxes, meet
from socialflow.moderation.policy.conditions import comparisons, resolved
from socialflow.moderation.policy.fields import nearest
from socialflow.moderation.policy.records import (
    RISK,
    SEVERE,
    UNCHECKED,
    Compare,
    Comparison,
    Missing,
    Policy,
    Rule,
    Where,
)
from socialflow.moderation.records import Act
from socialflow.moderation.signal_names import HEURISTIC_ONLY, SIGNALS, Measure

SHOWING = (Act.APPROVE, Act.FLAG, Act.REVIEW, Act.REJECT)
"""Acts that decide who may see content."""


class Severity(StrEnum):
    """An error keeps a policy from being activated."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong; `rule` is empty where it is of the policy as a whole.

    `line` is that of the rule in the text, from 1; None where there is no such line.
    """

    code: str
    rule: str
    message: str
    severity: Severity
    line: int | None = None


def check(policy: Policy) -> tuple[Finding, ...]:
    """Everything that is found, rule by rule, then of rules together."""
    alone = [finding for rule in policy.rules for finding in _alone(policy, rule)]
    found = [*alone, *_tables(policy)]
    if any(finding.code in _UNFIT for finding in alone):
        return tuple(found)
    return (*found, *_together(policy))


def refuse_unfit(policy: Policy) -> None:
    """Refuse a policy that cannot be evaluated at all. Raises InvalidInput with the first reason."""
    for place, rule in enumerate(policy.rules):
        for finding in (*_signals(policy, rule), *_reason(policy, rule)):
            if finding.code in _UNFIT:
                raise InvalidInput(f"rule {rule.name}: {finding.message}", field=f"rules.{place}")


_UNFIT = frozenset({"unknown_signal", "wrong_comparison", "unknown_reason"})


def _error(code: str, rule: Rule | None, message: str) -> Finding:
    return Finding(code, rule.name if rule else "", message, Severity.ERROR)


def _warning(code: str, rule: Rule | None, message: str) -> Finding:
    return Finding(code, rule.name if rule else "", message, Severity.WARNING)


def _alone(policy: Policy, rule: Rule) -> Iterator[Finding]:
    looks: Sequence[Callable[[Policy, Rule], Iterator[Finding]]] = (_signals, _reason, _levels, _acts)
    for look in looks:
        yield from look(policy, rule)


def _signals(policy: Policy, rule: Rule) -> Iterator[Finding]:
    for one in comparisons(rule.when):
        about = SIGNALS.get(one.signal)
        if one.signal == RISK:
            if not policy.ensemble:
                yield _error(
                    "no_ensemble", rule, "it asks for the risk, and the policy has no ensemble to reckon it by"
                )
            measure = Measure.SCORE
        elif about is None:
            yield _error("unknown_signal", rule, f"there is no signal {one.signal}{nearest(one.signal, SIGNALS)}")
            continue
        else:
            measure = about.measure
        if one.compare not in FITTING[measure]:
            right = " or ".join(compare.value for compare in FITTING[measure])
            said = f"{one.signal} is {_ARTICLES[measure]}: compare it with {right}, not {one.compare.value}"
            yield _error("wrong_comparison", rule, said)


FITTING = {
    Measure.SCORE: (Compare.AT_LEAST, Compare.ABOVE, Compare.BELOW),
    Measure.COUNT: (Compare.AT_LEAST, Compare.ABOVE, Compare.BELOW, Compare.IS),
    Measure.WORDS: (Compare.ANY_OF,),
}
"""How each measure may be compared."""
_ARTICLES = {Measure.SCORE: "a score", Measure.COUNT: "a count", Measure.WORDS: "a set of words"}


def _reason(policy: Policy, rule: Rule) -> Iterator[Finding]:
    if rule.reason not in policy.reasons and rule.reason != UNCHECKED:
        hint = nearest(rule.reason, policy.reasons)
        yield _error("unknown_reason", rule, f"the policy has no reason {rule.reason!r}{hint}")


def _levels(policy: Policy, rule: Rule) -> Iterator[Finding]:
    for one in comparisons(rule.when):
        level = policy.thresholds[one.value] if isinstance(one.value, str) else one.value
        if isinstance(level, tuple):
            continue
        highest = float("inf") if _counts(one) else 1.0
        if not 0.0 <= level <= highest:
            fits = "0 or more" if _counts(one) else "0 to 1"
            name = f" ({one.value})" if isinstance(one.value, str) else ""
            yield _error("threshold_out_of_range", rule, f"{one.signal} is {fits}, never beyond {level:g}{name}")


def _counts(one: Comparison) -> bool:
    return one.signal in SIGNALS and SIGNALS[one.signal].measure is Measure.COUNT


def _acts(_policy: Policy, rule: Rule) -> Iterator[Finding]:
    showing = [act.value for act in SHOWING if act in rule.acts]
    if len(showing) > 1:
        yield _error("contradictory_acts", rule, f"it says {' and '.join(showing)}: only the strongest would count")
    if Act.COPYRIGHT_BLOCK in rule.acts and Act.COPYRIGHT_TRACK in rule.acts:
        yield _error("contradictory_acts", rule, "it says copyright_block and copyright_track: one of them")
    if Act.LABEL in rule.acts and not rule.labels:
        yield _error("no_labels", rule, "it says label, and names none in labels")
    if rule.labels and Act.LABEL not in rule.acts:
        yield _warning("labels_unused", rule, "it names labels, and label is not among its acts")
    if rule.missing is Missing.APPLY and not SEVERE.isdisjoint(rule.acts):
        yield _warning("severe_unseen", rule, "where a signal is missing it takes something from people unseen")


def _tables(policy: Policy) -> Iterator[Finding]:
    used = {one.value for rule in policy.rules for one in comparisons(rule.when) if isinstance(one.value, str)}
    for name in policy.thresholds.keys() - used:
        yield _warning("threshold_unused", None, f"no rule uses the threshold {name}")
    for code in sorted(policy.reasons.keys() - {rule.reason for rule in policy.rules} - {UNCHECKED}):
        yield _warning("reason_unused", None, f"no rule has the reason {code}")
    striking = {rule.reason for rule in policy.rules if Act.STRIKE in rule.acts}
    for code in sorted(policy.follow_up.strikes.by_reason.keys() - striking):
        said = f"no rule strikes for {code}: its terms hold only of strikes that people give for it"
        yield _warning("strike_terms_unused", None, said)


def _together(policy: Policy) -> Iterator[Finding]:
    apart: dict[str, list[Box]] = {}
    for rule in policy.rules:
        try:
            apart[rule.name] = boxes(resolved(rule.when, policy.thresholds))
        except TooManyBoxes:
            yield _warning("too_complex", rule, "it has too many alternatives to be checked beside others: split it")
            continue
        yield from _by_itself(policy, rule, apart[rule.name])
    for place, rule in enumerate(policy.rules):
        if apart.get(rule.name):
            yield from _shadowed(policy, rule, policy.rules[:place])
    for first, second in combinations(policy.rules, 2):
        if apart.get(first.name) and apart.get(second.name):
            yield from _contradiction(first, second, apart)


def _by_itself(policy: Policy, rule: Rule, found: list[Box]) -> Iterator[Finding]:
    if not found:
        yield _error("unreachable", rule, "its conditions cannot hold together")
        return
    severe = [act.value for act in rule.acts if act in SEVERE]
    doubtful = _heuristics(policy)
    if severe and all(not doubtful.isdisjoint(box) for box in found):
        names = ", ".join(sorted({name for box in found for name in box if name in doubtful}))
        said = f"it rests on {names}, which only a heuristic reads: {' and '.join(severe)} would become review"
        yield _error("heuristic_only", rule, said)
    if rule.stop and Act.APPROVE in rule.acts and any(not _harms(box) for box in found):
        said = "it approves, and ends the policy, without a look at any harm"
        yield _warning("approves_unchecked", rule, said)


def _heuristics(policy: Policy) -> frozenset[str]:
    """Signals that only heuristics read; the risk, where it is made of such alone."""
    parts = {name for part in policy.ensemble.values() for name in part.signals}
    return HEURISTIC_ONLY | {RISK} if parts and parts <= HEURISTIC_ONLY else HEURISTIC_ONLY


def _harms(box: Box) -> bool:
    return any(name == RISK or SIGNALS[name].harm for name in box)


def _shadowed(policy: Policy, rule: Rule, before: Sequence[Rule]) -> Iterator[Finding]:
    """Whether rules that end the policy leave nothing for this one."""
    ending = [one for one in before if one.stop and _covers(one.on, rule.on)]
    if not ending:
        return
    conditions = [resolved(one.when, policy.thresholds) for one in ending]
    try:
        mine = boxes(resolved(rule.when, policy.thresholds))
        left = meet([mine, *(boxes(condition, holds=False) for condition in conditions)])
    except TooManyBoxes:
        yield _warning("too_complex", rule, "it has too many alternatives to be checked beside the rules before it")
        return
    if not left:
        names = ", ".join(one.name for one in ending)
        yield _warning("shadowed", rule, f"wherever it would hold, {names} before it has ended the policy")


def _contradiction(first: Rule, second: Rule, apart: dict[str, list[Box]]) -> Iterator[Finding]:
    opposite = {Act.APPROVE, Act.REJECT}
    pair = [opposite & set(rule.acts) for rule in (first, second)]
    if pair not in ([{Act.APPROVE}, {Act.REJECT}], [{Act.REJECT}, {Act.APPROVE}]):
        return
    if first.stop or not _overlap(first.on, second.on):
        return
    try:
        both = meet([apart[first.name], apart[second.name]])
    except TooManyBoxes:
        yield _warning("too_complex", second, f"it has too many alternatives to be checked beside {first.name}")
        return
    if both:
        said = f"it and {first.name} can hold of the same content, one approves and one rejects: let {first.name} stop"
        yield _error("contradiction", second, said)


def _covers(wide: Where, narrow: Where) -> bool:
    """Whether all content that one is about is what the other is about."""
    return all(not limits or (values and set(values) <= set(limits)) for limits, values in _facts(wide, narrow))


def _overlap(one: Where, other: Where) -> bool:
    """Whether some content is what both are about."""
    return all(not mine or not its or set(mine) & set(its) for mine, its in _facts(one, other))


def _facts(one: Where, other: Where) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    yield one.kinds, other.kinds
    yield one.communities, other.communities
    yield one.languages, other.languages
    yield one.trust, other.trust
