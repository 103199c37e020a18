"""Which thresholds of a policy people's verdicts speak for.

For each rule, and each signal it asks to be at least something, the decisions that people judged are put in the order
of the signal. Confirmed are those where people brought about something too; overturned those they simply approved. The
advice is the lowest threshold from which on the share of confirmed ones would have reached the target.

What it cannot know: what lay below the threshold was never seen by people, so it can advise to raise a threshold or to
leave it, not to lower it; and only what came before people is counted. It is read off the same verdicts it would have
been right on, so the interval (Wilson, 95%) says more than the share.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.moderation.records import ActorKind, Decision, Hit
from socialflow.moderation.review.agreement import wilson
from socialflow.moderation.review.ports import Deciding, ReviewStore, ReviewUnit
from socialflow.moderation.review.records import GivenVerdict, Ruling

LEAST_JUDGED = 30
"""Fewer judged decisions of a rule, and nothing is advised."""
LEAST_ABOVE = 20
"""A threshold above which fewer lie is not advised."""
MOST_VERDICTS = 20_000
BINS = 10
_CONDITION = re.compile(r"([a-z_.]+) (-?\d+(?:\.\d+)?(?:e-?\d+)?) >=? (-?\d+(?:\.\d+)?(?:e-?\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class JudgedHit:
    """One condition of a rule that held for content which people have judged."""

    rule: str
    signal: str
    value: float
    threshold: float
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions whose signal was from `low` to `high`, both included."""

    low: float
    high: float
    confirmed: int
    overturned: int


@dataclass(frozen=True, slots=True)
class RuleAdvice:
    """One condition of a rule.

    `advised` is the threshold that reaches the target, `share`, `low`, `high` and `above` are the confirmed share there
    with its interval, and of how many; all None, and `why` says why, where nothing is advised. `bins` hold about
    equally many decisions each.
    """

    rule: str
    signal: str
    threshold: float
    judged: int
    confirmed: int
    bins: tuple[Bin, ...]
    advised: float | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    above: int | None = None
    why: str = ""


async def advice(
    store: ReviewStore, deciding: Deciding, scope: str, version: int, target: float = 0.9
) -> Sequence[RuleAdvice]:
    """Advice on every rule of one version of a policy, by rule and signal, from its newest 20,000 verdicts."""
    async with store.read() as unit:
        given = await unit.review_verdicts.given(scope, None, MOST_VERDICTS)
        hits: list[JudgedHit] = []
        for decision, ruling in await _judged(unit, deciding, given):
            if decision.policy.version == version and decision.actor.kind is ActorKind.SERVICE:
                hits += judged_hits(decision, ruling)
    return advise(hits, target)


def advise(hits: Sequence[JudgedHit], target: float) -> Sequence[RuleAdvice]:
    """Advice for each rule and signal among `hits`. Raises InvalidInput for a target outside of 0 to 1."""
    if not 0.0 < target <= 1.0:
        raise InvalidInput(f"target must be above 0 and at most 1, not {target}", field="target")
    groups: dict[tuple[str, str], list[JudgedHit]] = defaultdict(list)
    for hit in hits:
        groups[hit.rule, hit.signal].append(hit)
    return [_advise(groups[name], target) for name in sorted(groups)]


def judged_hits(decision: Decision, ruling: Ruling) -> Sequence[JudgedHit]:
    """The conditions that held for a decision, beside what people said of it."""
    found = []
    for hit in decision.verdict.hits:
        confirmed = _confirms(ruling, hit)
        for because in hit.because:
            if (match := _CONDITION.fullmatch(because)) is not None:
                signal, value, threshold = match.groups()
                found.append(JudgedHit(hit.rule, signal, float(value), float(threshold), confirmed))
    return found


def _confirms(ruling: Ruling, hit: Hit) -> bool:
    return ruling.status is not ModerationStatus.APPROVED or bool(set(ruling.acts) & set(hit.acts))


async def _judged(
    unit: ReviewUnit, deciding: Deciding, given: Sequence[GivenVerdict]
) -> Sequence[tuple[Decision, Ruling]]:
    """Decisions that asked for people, with the last word of these; without those that are gone."""
    last: dict[str, GivenVerdict] = {}
    for verdict in given:  # newest first
        if verdict.expected is None and not verdict.second:
            last.setdefault(verdict.root, verdict)
    asked: Mapping[str, str] = await unit.reviews.asked_by(last)
    known = await deciding.get_many(unit, set(asked.values()))
    # A decision whose record was cleared since is left out: nothing is known of its signals.
    return [
        (known[decision_id], last[root].ruling) for root, decision_id in sorted(asked.items()) if decision_id in known
    ]


def _advise(hits: Sequence[JudgedHit], target: float) -> RuleAdvice:
    ordered = sorted(hits, key=lambda hit: hit.value)
    n, confirmed = len(hits), sum(hit.confirmed for hit in hits)
    rule = RuleAdvice(hits[0].rule, hits[0].signal, hits[0].threshold, n, confirmed, _bins(ordered))
    if n < LEAST_JUDGED:
        return replace(rule, why=f"too few: {n} decisions were judged, {LEAST_JUDGED} are needed")
    above = n
    for value, same in groupby(ordered, key=lambda hit: hit.value):
        if above < LEAST_ABOVE:
            break
        if confirmed >= target * above:
            threshold = rule.threshold if above == n else value
            low, high = wilson(confirmed, above)
            return replace(rule, advised=threshold, share=confirmed / above, low=low, high=high, above=above)
        at_value = list(same)
        above -= len(at_value)
        confirmed -= sum(hit.confirmed for hit in at_value)
    return replace(rule, why=f"of {n} judged, no threshold with {LEAST_ABOVE} above it reaches {target:g}")


def _bins(ordered: Sequence[JudgedHit]) -> tuple[Bin, ...]:
    n = len(ordered)
    edges = [round(n * part / BINS) for part in range(BINS + 1)]
    parts = [ordered[start:end] for start, end in pairwise(edges) if end > start]
    return tuple(_bin(part) for part in parts)


def _bin(part: Sequence[JudgedHit]) -> Bin:
    confirmed = sum(hit.confirmed for hit in part)
    return Bin(part[0].value, part[-1].value, confirmed, len(part) - confirmed)
