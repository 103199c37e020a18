"""Counts of decisions over a period, as reports of transparency ask for them (Regulation (EU) 2022/2065, articles 15,
20 and 24). The store counts; here its sums are put together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialflow.moderation.policy.records import Category
from socialflow.moderation.records import ActorKind
from socialflow.moderation.review.appeal_records import AppealOutcome
from socialflow.moderation.transparency.ports import Reviewed, Tally
from socialflow.moderation.transparency.statements import automation

WAITING = "waiting"
"""What stands for the outcome of an appeal that nobody has judged yet."""
UNKNOWN = "unknown"
"""What stands for a language that is not known."""
_CHANGED = (AppealOutcome.OVERTURNED.value, AppealOutcome.PARTLY.value)
_JUDGED = (*_CHANGED, AppealOutcome.UPHELD.value)


@dataclass(frozen=True, slots=True)
class Times:
    """Medians in seconds; None where there is nothing to take one of.

    `service`: from when an item was posted, as the platform dates it, to the service's first decision on it; `person`:
    from a decision to that of a person in its place; `appeal`: from an appeal to its outcome.
    """

    service: float | None
    person: float | None
    appeal: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Decisions of a period. `statements` counts those that restrict.

    `by_reason` and `by_category` count a decision once for each of its reasons, the others once. `appeals` has those
    that were brought in the period. `reviewed` counts decisions of the service about content that people ruled on
    since, `reversed` those in which one of the two shows the content and the other does not.
    """

    since: datetime
    until: datetime
    decisions: int
    statements: int
    by_outcome: Mapping[str, int]
    by_automation: Mapping[str, int]
    by_kind: Mapping[str, int]
    by_language: Mapping[str, int]
    by_reason: Mapping[str, int]
    by_category: Mapping[str, int]
    appeals: Mapping[str, int]
    reviewed: int
    reversed: int
    seconds: Times

    @property
    def reversal_rate(self) -> float | None:
        """Share of what people looked at in which they reversed the service, 0 to 1; None where they looked at none."""
        return self.reversed / self.reviewed if self.reviewed else None

    @property
    def appeal_reversal_rate(self) -> float | None:
        """Share of judged appeals that changed the decision, 0 to 1; None where none was judged."""
        judged = sum(self.appeals.get(outcome, 0) for outcome in _JUDGED)
        return sum(self.appeals.get(outcome, 0) for outcome in _CHANGED) / judged if judged else None


@dataclass(frozen=True, slots=True)
class Sums:
    """What the store counted. `reasons` has the category beside the code, None where no policy tells it."""

    tallies: Sequence[Tally]
    statements: int
    languages: Sequence[tuple[str | None, int]]
    reasons: Sequence[tuple[str, Category | None, int]]
    appeals: Sequence[tuple[str | None, int]]
    reviewed: Reviewed
    seconds: Times


def counts_of(since: datetime, until: datetime, sums: Sums) -> Counts:
    """The counts of a period, the greatest first in each table."""
    tallies = sums.tallies
    return Counts(
        since=since,
        until=until,
        decisions=sum(one.decisions for one in tallies),
        statements=sums.statements,
        by_outcome=_table((one.status, one.decisions) for one in tallies),
        by_automation=_table((_automation(one), one.decisions) for one in tallies),
        by_kind=_table((one.kind, one.decisions) for one in tallies),
        by_language=_table((language or UNKNOWN, number) for language, number in sums.languages),
        by_reason=_table((code, number) for code, _, number in sums.reasons),
        by_category=_table(((category or Category.OTHER).value, number) for _, category, number in sums.reasons),
        appeals=_table((outcome or WAITING, number) for outcome, number in sums.appeals),
        reviewed=sums.reviewed.decisions,
        reversed=sums.reviewed.reversed,
        seconds=sums.seconds,
    )


def _automation(tally: Tally) -> str:
    return automation(ActorKind(tally.actor), tally.detected).name.lower()


def _table(pairs: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    sums: Counter[str] = Counter()
    for name, number in pairs:
        sums[name] += number
    return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))
