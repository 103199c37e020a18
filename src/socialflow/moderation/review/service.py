"""The queue as reviewers use it. Accounts come in; only pseudonyms are kept."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from socialflow.errors import Conflict, InvalidInput, LeaseLost, PermissionDenied
from socialflow.kit.clock import Clock
from socialflow.moderation.review.checks import check_ruling, checked_words
from socialflow.moderation.review.golden import mix
from socialflow.moderation.review.ports import Deciding, FollowUpOf, ReviewStore, ReviewUnit
from socialflow.moderation.review.priority import priority, weight
from socialflow.moderation.review.pseudonyms import pseudonym
from socialflow.moderation.review.records import (
    LEASE,
    MAX_CLAIM,
    MAX_NOTE,
    Golden,
    Lease,
    NewReview,
    Note,
    NoteKind,
    QueueCount,
    QueueEntry,
    ReviewItem,
    ReviewState,
    Ruling,
    Shield,
    Wanted,
)
from socialflow.moderation.review.verdicts import Verdicts, new_id

ANYTHING = Wanted()


async def enqueue(unit: ReviewUnit, new: NewReview, now: datetime) -> ReviewItem:
    """Have people look at something; part of the transaction that stores the decision that asks for it.

    A decision that has its item already gives that one. Raises InvalidInput for a severity or reach out of range.
    """
    return await unit.reviews.add(_first(new, now))


async def enqueue_all(unit: ReviewUnit, asked: Sequence[NewReview], now: datetime) -> None:
    """As `enqueue`, of several decisions."""
    await unit.reviews.add_all([_first(new, now) for new in asked])


def _first(new: NewReview, now: datetime) -> ReviewItem:
    weight(new.severity, new.reach)
    item_id = new_id()
    return ReviewItem(
        id=item_id,
        root=new.root or item_id,
        decision_id=new.decision_id,
        content_id=new.content_id,
        kind=new.kind,
        language=new.language,
        scope=new.scope,
        severity=new.severity,
        reach=new.reach,
        created_at=now,
        state=ReviewState.OPEN,
    )


async def withdraw(unit: ReviewUnit, content_id: str, now: datetime) -> int:
    """End everything that waits about content which was decided anew; part of the transaction that decided.

    What was claimed is lost to whoever holds it, and appeals are closed as moot. Returns how many items ended.
    """
    return await withdraw_all(unit, [content_id], now)


async def withdraw_all(unit: ReviewUnit, content_ids: Collection[str], now: datetime) -> int:
    """The same about several."""
    await unit.appeals.moot_all(content_ids, now)
    return await unit.reviews.withdraw_all(content_ids, now)


class ReviewQueue:
    """Claiming, judging and passing on.

    Every step but claiming asks for the token of the claim and raises LeaseLost where it holds the item no more;
    NotFound where there is no such item. A lease that ran out still holds until somebody else claims the item.

    Args:
        follow_up: how many golden items are mixed in, by the version of the policy that asked for people.
        lease: how long a claim holds; 10 minutes, renewable.
    """

    def __init__(
        self,
        store: ReviewStore,
        deciding: Deciding,
        verdicts: Verdicts,
        follow_up: FollowUpOf,
        clock: Clock,
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._store = store
        self._deciding = deciding
        self._verdicts = verdicts
        self._follow_up = follow_up
        self._clock = clock
        self._lease = lease

    async def claim(self, account: str, wanted: Wanted = ANYTHING, limit: int = 1) -> Sequence[QueueEntry]:
        """Take up to `limit` items, the most urgent first; nobody else gets them while the lease runs.

        Nobody is given their own content. Raises InvalidInput for a limit outside 1 to 50, Conflict where the reviewer
        holds 50 already.
        """
        if not 1 <= limit <= MAX_CLAIM:
            raise InvalidInput(f"limit must be from 1 to {MAX_CLAIM}, not {limit}", field="limit")
        now = self._clock.now()
        async with self._store.write() as unit:
            reviewer = await _reviewer(unit, account)
            room = MAX_CLAIM - len(await unit.reviews.held(reviewer, now))
            if room <= 0:
                raise Conflict(f"you hold {MAX_CLAIM} items already: decide or release some first", field="limit")
            lease = Lease(secrets.token_hex(16), reviewer, now + self._lease)
            claimed = await unit.reviews.claim(wanted, lease, now, min(limit, room), account=account)
            rates = await self._golden_rates(unit, claimed) if claimed else {}
            given = await mix(unit, claimed, lease, rates, account)
            return await _entries(unit, given, reviewer, now)

    async def _golden_rates(self, unit: ReviewUnit, items: Sequence[ReviewItem]) -> Mapping[str, float]:
        """By decision, what the policy that it was taken by says."""
        judged_by = await self._deciding.policies_of(unit, {item.decision_id for item in items})
        rates = {one: (await self._follow_up(unit, one)).review.golden_rate for one in set(judged_by.values())}
        return {decision_id: rates[policy] for decision_id, policy in judged_by.items()}

    async def held(self, account: str) -> Sequence[QueueEntry]:
        """What a reviewer holds now, with its tokens."""
        now = self._clock.now()
        async with self._store.read() as unit:
            reviewer = await _reviewer(unit, account)
            return await _entries(unit, await unit.reviews.held(reviewer, now), reviewer, now)

    async def renew(self, account: str, item_id: str, token: str) -> datetime:
        """Hold on for another lease; returns its end."""
        until = self._clock.now() + self._lease
        async with self._store.write() as unit:
            lease = Lease(token, await _reviewer(unit, account), until)
            if not await unit.reviews.renew(item_id, lease):
                raise await lost(unit, item_id)
        return until

    async def release(self, account: str, item_id: str, token: str) -> None:
        """Put an item back; the same reviewer may get it again."""
        async with self._store.write() as unit:
            if await unit.reviews.release(item_id, await self._held_by(unit, account, token)) is None:
                raise await lost(unit, item_id)

    async def skip(self, account: str, item_id: str, token: str, reason: str) -> None:
        """Put an item back for others, saying why; this reviewer does not get it again."""
        words = checked_words(reason, "reason", MAX_NOTE, least=1)
        async with self._store.write() as unit:
            lease = await self._held_by(unit, account, token)
            if await unit.reviews.release(item_id, lease) is None:
                raise await lost(unit, item_id)
            await unit.review_notes.add(self._note(item_id, lease.reviewer, NoteKind.SKIP, words))

    async def escalate(self, account: str, item_id: str, token: str, note: str) -> None:
        """Put an item before the second line, with a note."""
        words = checked_words(note, "note", MAX_NOTE, least=1)
        async with self._store.write() as unit:
            lease = await self._held_by(unit, account, token)
            if await unit.reviews.escalate(item_id, lease) is None:
                raise await lost(unit, item_id)
            await unit.review_notes.add(self._note(item_id, lease.reviewer, NoteKind.ESCALATE, words))

    async def decide(self, account: str, item_id: str, token: str, ruling: Ruling) -> None:
        """Judge an item. Nothing is answered: what follows would tell a second review or a golden item from others.

        Raises InvalidInput for a ruling that cannot be given, or for an appeal, which is judged by its outcome;
        PermissionDenied for their own content; Conflict where the content was changed meanwhile.
        """
        checked = check_ruling(ruling)
        now = self._clock.now()
        async with self._store.write() as unit:
            lease = await self._held_by(unit, account, token)
            item = await unit.reviews.settle(item_id, lease, now)
            if item is None:
                raise await lost(unit, item_id)
            if item.appeal is not None:
                raise InvalidInput("this is an appeal: it is judged by its outcome", field="item_id")
            await check_not_own(unit, account, item)
            decision = await self._verdicts.give(unit, item, lease.reviewer, checked, now)
        if decision is not None:
            await self._verdicts.took_effect([decision.content_id])

    async def note(self, account: str, item_id: str, token: str, text: str) -> None:
        """Write something beside an item that is held."""
        words = checked_words(text, "text", MAX_NOTE, least=1)
        async with self._store.write() as unit:
            lease = await self._held_by(unit, account, token)
            item = await unit.reviews.get(item_id)
            if item.lease is None or (item.lease.token, item.lease.reviewer) != (lease.token, lease.reviewer):
                raise await lost(unit, item_id)
            await unit.review_notes.add(self._note(item_id, lease.reviewer, NoteKind.NOTE, words))

    async def notes(self, item_id: str) -> Sequence[Note]:
        """What was written beside an item, oldest first; a second review has notes of its own."""
        async with self._store.read() as unit:
            return await unit.review_notes.of_item(item_id)

    async def counts(self) -> Sequence[QueueCount]:
        """Every queue and level with unfinished work."""
        async with self._store.read() as unit:
            return await unit.reviews.counts(self._clock.now())

    async def shield(self, account: str) -> Shield:
        """How a reviewer is shown content."""
        async with self._store.read() as unit:
            return await unit.reviewer_settings.shield(await _reviewer(unit, account))

    async def set_shield(self, account: str, shield: Shield) -> None:
        """Keep how a reviewer wants to be shown content."""
        async with self._store.write() as unit:
            await unit.reviewer_settings.set_shield(await _reviewer(unit, account), shield, self._clock.now())

    async def add_golden(self, golden: Golden) -> None:
        """Mix content whose right answer is known into its queue from now on. Raises Conflict where the id is taken."""
        async with self._store.write() as unit:
            await unit.golden_items.add(golden, self._clock.now())

    async def retire_golden(self, golden_id: str) -> None:
        """Mix it in no more. Raises NotFound."""
        async with self._store.write() as unit:
            await unit.golden_items.retire(golden_id)

    async def reached(self, views: Mapping[str, int]) -> None:
        """Put what waits where new counts of views say, by content id."""
        async with self._store.write() as unit:
            for content_id, count in views.items():
                await unit.reviews.reached(content_id, count)

    async def _held_by(self, unit: ReviewUnit, account: str, token: str) -> Lease:
        return Lease(token, await _reviewer(unit, account), self._clock.now())

    def _note(self, item_id: str, reviewer: str, kind: NoteKind, words: str) -> Note:
        return Note(item_id, reviewer, kind, words, self._clock.now())


async def lost(unit: ReviewUnit, item_id: str) -> LeaseLost:
    """The error to raise where a lease does not hold an item. Raises NotFound where there is no such item."""
    await unit.reviews.get(item_id)
    return LeaseLost(f"you hold the item {item_id} no more: claim again; nothing was stored", field="token")


async def check_not_own(unit: ReviewUnit, account: str, item: ReviewItem) -> None:
    """Raises PermissionDenied where the content of an item is the reviewer's own."""
    if await unit.strikes.author_of(item.content_id) == account:
        raise PermissionDenied("this is your own content: somebody else must judge it")


async def _reviewer(unit: ReviewUnit, account: str) -> str:
    return pseudonym(await unit.reviews.key(), account)


async def _entries(unit: ReviewUnit, items: Sequence[ReviewItem], reviewer: str, now: datetime) -> Sequence[QueueEntry]:
    shield = await unit.reviewer_settings.shield(reviewer)
    entries = (entry_of(item, shield, now) for item in items)
    return sorted(entries, key=lambda entry: (-entry.priority, entry.id))


def entry_of(item: ReviewItem, shield: Shield, now: datetime) -> QueueEntry:
    """What a reviewer is told of an item that they hold."""
    if item.lease is None:
        raise AssertionError(f"the item {item.id} is held by nobody")
    return QueueEntry(
        id=item.id,
        token=item.lease.token,
        until=item.lease.until,
        decision_id=item.decision_id,
        content_id=item.content_id,
        kind=item.kind,
        language=item.language,
        queue=item.queue,
        severity=item.severity,
        reach=item.reach,
        created_at=item.created_at,
        priority=priority(item.severity, item.reach, now - item.created_at),
        level=item.level,
        appeal=item.appeal,
        shield=shield,
    )
