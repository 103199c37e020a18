"""What reviewing needs from outside: its tables, and somebody who turns a ruling into a decision."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialflow.content.ports import ItemRepository
from socialflow.content.records import ModerationStatus
from socialflow.moderation.policy.ports import VersionsUnit
from socialflow.moderation.policy.records import FollowUp
from socialflow.moderation.ports import DecisionUnit
from socialflow.moderation.records import Actor, Decision, PolicyVersion
from socialflow.moderation.review.appeal_records import Appeal, AppealCount, AppealOutcome
from socialflow.moderation.review.bulk_records import BulkFilter
from socialflow.moderation.review.records import (
    GivenVerdict,
    Golden,
    Lease,
    Note,
    QueueCount,
    ReviewItem,
    Ruling,
    Shield,
    Wanted,
)
from socialflow.moderation.review.strike_records import Strike


class ReviewRepository(Protocol):
    """The queue. Every change is a compare-and-set and says whether it took place."""

    async def key(self) -> bytes:
        """The key of pseudonyms and lots; derived from the installation's secret."""
        ...

    async def add(self, item: ReviewItem) -> ReviewItem:
        """Store an item. A first review whose decision has one already gives that one."""
        ...

    async def add_all(self, firsts: Sequence[ReviewItem]) -> None:
        """Store first reviews; those whose decision has one already are passed over."""
        ...

    async def get(self, item_id: str) -> ReviewItem:
        """Return the item. Raises NotFound."""
        ...

    async def claim(
        self, wanted: Wanted, lease: Lease, now: datetime, limit: int, *, account: str
    ) -> Sequence[ReviewItem]:
        """Take the most urgent items that wait or whose lease ran out: claimed, under `lease`.

        Left out is what `lease.reviewer` has skipped, what they have judged already (by root), and the content of the
        user `account`. Two that claim at the same instant never get the same item.
        """
        ...

    async def held(self, reviewer: str, now: datetime) -> Sequence[ReviewItem]:
        """What a reviewer holds under leases that run, the most urgent first."""
        ...

    async def renew(self, item_id: str, lease: Lease) -> bool:
        """Extend the lease to `lease.until`. False where its token does not hold the item."""
        ...

    async def release(self, item_id: str, lease: Lease) -> ReviewItem | None:
        """Put an item back where it waited. None where the lease does not hold it."""
        ...

    async def escalate(self, item_id: str, lease: Lease) -> ReviewItem | None:
        """Put an item before the second line. None where the lease does not hold it."""
        ...

    async def settle(self, item_id: str, lease: Lease, now: datetime) -> ReviewItem | None:
        """End an item. None where the lease does not hold it; one that ran out holds until another claims."""
        ...

    async def settle_waiting(self, item_ids: Collection[str], now: datetime) -> Sequence[ReviewItem]:
        """End those of these items that wait and are held by nobody; returns them."""
        ...

    async def reopen(self, item_id: str) -> bool:
        """Put an ended item before the second line. False where it has not ended, or the second line ended it."""
        ...

    async def withdraw(self, content_id: str, now: datetime) -> int:
        """End everything unfinished about some content without a verdict; returns how many."""
        ...

    async def withdraw_all(self, content_ids: Collection[str], now: datetime) -> int:
        """The same about several."""
        ...

    async def reached(self, content_id: str, views: int) -> int:
        """Put what waits about some content where its views belong; returns how many items."""
        ...

    async def views(self, content_id: str) -> int:
        """The newest count of views of an item of the platform; 0 where nobody counted."""
        ...

    async def views_of(self, content_ids: Collection[str]) -> Mapping[str, int]:
        """The same of several; nobody counted what is not in it."""
        ...

    async def matching(
        self, which: BulkFilter, reviewer: str, limit: int, *, account: str, among: Collection[str] | None = None
    ) -> Sequence[ReviewItem]:
        """First reviews that wait and fit a filter, the most urgent first, without what the reviewer judged already
        and without the content of the user `account`.

        `among`: these ids and no others.
        """
        ...

    async def counts(self, now: datetime) -> Sequence[QueueCount]:
        """Every queue and level with unfinished work, by name; a golden copy that is held counts as the item in whose
        place it was given, and none besides."""
        ...

    async def asked_by(self, item_ids: Collection[str]) -> Mapping[str, str]:
        """Which decision asked for each of these items, for those that are still there."""
        ...

    async def of_appeal(self, appeal_id: str) -> ReviewItem:
        """What waits, or waited, for people about an appeal. Raises NotFound."""
        ...

    async def of_decision(self, decision_id: str) -> ReviewItem | None:
        """The first review that a decision asked for, or that brought it about."""
        ...


class VerdictRepository(Protocol):
    """Rulings as they were given; append-only."""

    async def add(self, verdict: GivenVerdict) -> None:
        """Keep one."""
        ...

    async def of_root(self, root: str) -> Sequence[GivenVerdict]:
        """All about one question, in the order in which they were given."""
        ...

    async def given(self, scope: str, since: datetime | None, limit: int) -> Sequence[GivenVerdict]:
        """Those of a policy scope, newest first."""
        ...


class NoteRepository(Protocol):
    """Words of reviewers beside items."""

    async def add(self, note: Note) -> None:
        """Keep one."""
        ...

    async def of_item(self, item_id: str) -> Sequence[Note]:
        """All of one item, oldest first."""
        ...


class GoldenRepository(Protocol):
    """Content whose right answer is known."""

    async def add(self, golden: Golden, now: datetime) -> None:
        """Keep one. Raises Conflict where its id is taken."""
        ...

    async def retire(self, golden_id: str) -> None:
        """Mix it in no more; copies that are under way stay. Raises NotFound."""
        ...

    async def expected(self, golden_id: str) -> ModerationStatus:
        """The right answer. Raises NotFound."""
        ...

    async def unseen(
        self, scope: str, language: str | None, reviewer: str, limit: int, *, account: str
    ) -> Sequence[Golden]:
        """Those fit for a queue whose content this reviewer has neither judged nor in hand, nor wrote (as the user
        `account`), by id."""
        ...


class AppealRepository(Protocol):
    """Appeals."""

    async def add(self, appeal: Appeal) -> None:
        """Keep one. Raises Conflict where the decision was appealed already."""
        ...

    async def get(self, appeal_id: str) -> Appeal:
        """Return it. Raises NotFound."""
        ...

    async def of_decision(self, decision_id: str) -> Appeal | None:
        """The appeal against a decision, if there is one."""
        ...

    async def of_author(self, user_id: str) -> Sequence[Appeal]:
        """A person's appeals, newest first."""
        ...

    async def judge(self, appeal_id: str, outcome: AppealOutcome, at: datetime, decision_id: str | None) -> Appeal:
        """Close it. Raises Conflict where it was closed already."""
        ...

    async def moot(self, content_id: str, at: datetime) -> int:
        """Close those that wait about some content, which was decided anew; returns how many."""
        ...

    async def moot_all(self, content_ids: Collection[str], at: datetime) -> int:
        """The same of several."""
        ...

    async def counts(self, scope: str, version: int | None = None) -> Sequence[AppealCount]:
        """What became of appeals against decisions of a policy (of one version), by rule."""
        ...


class StrikeRepository(Protocol):
    """Strikes."""

    async def add(self, strike: Strike) -> bool:
        """Keep one; False where the decision gave one already. Raises UserNotFound."""
        ...

    async def add_all(self, given: Sequence[Strike]) -> None:
        """Keep several, each of another decision. Those whose decision gave one already are passed over."""
        ...

    async def of_authors(self, user_ids: Collection[str], now: datetime) -> Mapping[str, Sequence[Strike]]:
        """What counts now of each (neither expired nor taken back), oldest first; nobody without is in it."""
        ...

    async def take_back(self, decision_ids: Collection[str], at: datetime) -> int:
        """Take back what these decisions gave; returns how many."""
        ...

    async def stands(self, decision_ids: Collection[str]) -> bool:
        """Whether one of these decisions gave a strike that was not taken back."""
        ...

    async def standing(self, decision_ids: Collection[str]) -> frozenset[str]:
        """Those of these decisions that gave a strike that was not taken back."""
        ...

    async def authors_of(self, content_ids: Collection[str]) -> Mapping[str, str]:
        """Whose each is, of items of the platform that are somebody's."""
        ...

    async def author_of(self, content_id: str) -> str | None:
        """Whose an item of the platform is; None: nobody's, or not one."""
        ...


class ReviewerSettings(Protocol):
    """How reviewers like to be shown content."""

    async def shield(self, reviewer: str) -> Shield:
        """What they chose; everything on where they chose nothing."""
        ...

    async def set_shield(self, reviewer: str, shield: Shield, now: datetime) -> None:
        """Keep a choice."""
        ...


class ReviewUnit(DecisionUnit, VersionsUnit, Protocol):
    """The repositories of one unit of work."""

    @property
    def items(self) -> ItemRepository: ...
    @property
    def reviews(self) -> ReviewRepository: ...
    @property
    def review_verdicts(self) -> VerdictRepository: ...
    @property
    def review_notes(self) -> NoteRepository: ...
    @property
    def golden_items(self) -> GoldenRepository: ...
    @property
    def appeals(self) -> AppealRepository: ...
    @property
    def strikes(self) -> StrikeRepository: ...
    @property
    def reviewer_settings(self) -> ReviewerSettings: ...


FollowUpOf = Callable[[ReviewUnit, PolicyVersion], Awaitable[FollowUp]]
"""What the policy that content was judged by says of reviews and strikes; read within the transaction of the unit."""


class ReviewStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[ReviewUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[ReviewUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...


class Deciding(Protocol):
    """Decisions, as people look them up and bring them about. Each call takes part in the transaction of `unit`."""

    async def get(self, unit: ReviewUnit, decision_id: str) -> Decision:
        """Return a decision. Raises NotFound."""
        ...

    async def get_many(self, unit: ReviewUnit, decision_ids: Collection[str]) -> Mapping[str, Decision]:
        """Decisions by id; what does not exist is not in it."""
        ...

    async def policies_of(self, unit: ReviewUnit, decision_ids: Collection[str]) -> Mapping[str, PolicyVersion]:
        """By which policy each decision was taken, without those that are not known.

        The digest is that of the version as it is kept, empty where it is not; no seal is looked at.
        """
        ...

    async def is_newest(self, unit: ReviewUnit, decision: Decision) -> bool:
        """Whether nothing superseded it."""
        ...

    async def is_author(self, unit: ReviewUnit, decision: Decision, user_id: str) -> bool:
        """Whether the content that was decided about is this person's."""
        ...

    async def decide_by_person(
        self, unit: ReviewUnit, ruling: Ruling, *, supersedes: str, by: Actor, at: datetime
    ) -> Decision:
        """Store, and bring into effect, what a person says in place of an earlier decision.

        Raises NotFound, and Conflict where the earlier one is not the content's newest, or the content was changed
        since (nobody has looked at what stands there now).
        """
        ...

    async def took_effect(self, content_ids: Collection[str]) -> None:
        """To be called once the transaction that decided about these was committed."""
        ...
