"""How reliably people judge: by policy and by reviewer, from blind second reviews and golden items."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialflow.content.records import ModerationStatus
from socialflow.moderation.review.agreement import Agreement, cohen_kappa, krippendorff_alpha, wilson
from socialflow.moderation.review.ports import ReviewStore
from socialflow.moderation.review.records import FIRST_LINE, GivenVerdict

MOST_VERDICTS = 50_000
"""The newest verdicts of a policy that a report rests on."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Golden items answered rightly, of those answered, with a 95% interval (Wilson); None where there are none."""

    right: int
    answered: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """0 to 1."""
        return self.right / self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class ReviewerQuality:
    """One reviewer: verdicts given, kappa with whoever judged the same, answers to golden items."""

    reviewer: str
    verdicts: int
    kappa: Agreement
    golden: Accuracy


@dataclass(frozen=True, slots=True)
class QualityReport:
    """One policy. `kappa` sets first reviews against second ones, `alpha` takes all who judged as alike.

    `first_line` counts the verdicts all of it rests on; `cut` says that there are older ones that were left out.
    """

    scope: str
    first_line: int
    kappa: Agreement
    alpha: Agreement
    golden: Accuracy
    reviewers: tuple[ReviewerQuality, ...]
    cut: bool


async def quality(store: ReviewStore, scope: str, since: datetime | None = None) -> QualityReport:
    """The report of a policy scope."""
    async with store.read() as unit:
        given = await unit.review_verdicts.given(scope, since, MOST_VERDICTS + 1)
    return await asyncio.to_thread(report, scope, given[:MOST_VERDICTS], cut=len(given) > MOST_VERDICTS)


def report(scope: str, given: Sequence[GivenVerdict], *, cut: bool = False) -> QualityReport:
    """What verdicts say of those who gave them.

    Only the first line counts: who judges a disagreement has seen that there is one.
    """
    blind = [one for one in given if one.level == FIRST_LINE and one.appeal is None]
    twice = _judged_twice(blind)
    mine: dict[str, list[tuple[ModerationStatus, ModerationStatus]]] = defaultdict(list)
    for first, second in twice:
        mine[first.reviewer].append((first.ruling.status, second.ruling.status))
        mine[second.reviewer].append((second.ruling.status, first.ruling.status))
    by_reviewer: Mapping[str, list[GivenVerdict]] = _grouped(blind)
    pairs = [(first.ruling.status, second.ruling.status) for first, second in twice]
    return QualityReport(
        scope,
        len(blind),
        cohen_kappa(pairs),
        krippendorff_alpha(pairs),
        accuracy(blind),
        tuple(
            ReviewerQuality(name, len(theirs), cohen_kappa(mine[name]), accuracy(theirs))
            for name, theirs in sorted(by_reviewer.items())
        ),
        cut,
    )


def accuracy(given: Sequence[GivenVerdict]) -> Accuracy:
    """How often the known answer was given."""
    answers = [one.ruling.status is one.expected for one in given if one.expected is not None]
    low, high = wilson(sum(answers), len(answers)) if answers else (None, None)
    return Accuracy(sum(answers), len(answers), low, high)


def _judged_twice(blind: Sequence[GivenVerdict]) -> list[tuple[GivenVerdict, GivenVerdict]]:
    """First and second verdict on each item that has both, oldest item first."""
    firsts = {one.root: one for one in blind if not one.second and one.expected is None}
    seconds = {one.root: one for one in blind if one.second}
    both = sorted(firsts.keys() & seconds.keys(), key=lambda root: (firsts[root].at, root))
    return [(firsts[root], seconds[root]) for root in both]


def _grouped(given: Sequence[GivenVerdict]) -> Mapping[str, list[GivenVerdict]]:
    groups: dict[str, list[GivenVerdict]] = defaultdict(list)
    for one in given:
        groups[one.reviewer].append(one)
    return groups
