"""The review queue: every change is one compare-and-set, whoever races."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, case, exists, func, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from socialflow.errors import NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.kit.digests import keyed_digest
from socialflow.moderation.review.bulk_records import BulkFilter
from socialflow.moderation.review.priority import due
from socialflow.moderation.review.pseudonyms import PURPOSE
from socialflow.moderation.review.records import (
    ESCALATED,
    FIRST_LINE,
    Lease,
    NoteKind,
    QueueCount,
    ReviewItem,
    ReviewState,
    Wanted,
)
from socialflow.storage.repositories.review_rows import FREE, held_by, item_of, item_row
from socialflow.storage.repositories.rows import findable, instant
from socialflow.storage.tables import item_stats, items, review_items, review_notes, review_verdicts, users
from socialflow.storage.transaction import Transaction, Values

_counted = item_stats.alias("counted")
# In the words of the partial indexes: with parameters in their place, SQLite would read the whole table.
_UNFINISHED = text("review_items.state <> 'done'")
_FIRST = text("review_items.second_of IS NULL AND review_items.golden IS NULL AND review_items.appeal IS NULL")
_ESCALATED = ReviewState.ESCALATED.value
_WHERE_IT_WAITED = case((review_items.c.level == ESCALATED, _ESCALATED), else_=ReviewState.OPEN.value)
_NEWEST = select(func.max(_counted.c.at)).where(_counted.c.item_key == items.c.key).correlate(items).scalar_subquery()
_URGENT = (review_items.c.due, review_items.c.key)


async def review_key(tx: Transaction) -> bytes:
    """The key of reviewers' pseudonyms and of lots."""
    return keyed_digest(await tx.secret(), PURPOSE)


class Reviews:
    """Items that wait for people, are held by them, and were judged."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def key(self) -> bytes:
        """The key of pseudonyms and lots."""
        return await review_key(self._tx)

    async def add(self, item: ReviewItem) -> ReviewItem:
        """Store an item. A first review whose decision has one already gives that one."""
        await self._tx.insert_new(review_items, [item_row(item)])
        if item.second_of is None and item.golden is None and item.appeal is None:
            first = select(review_items).where(review_items.c.decision_id == item.decision_id, _FIRST)
            return item_of(await self._tx.one(first))
        return await self.get(item.id)

    async def add_all(self, firsts: Sequence[ReviewItem]) -> None:
        """Store first reviews; those whose decision has one already are passed over."""
        if firsts:
            await self._tx.insert_new(review_items, [item_row(item) for item in firsts])

    async def get(self, item_id: str) -> ReviewItem:
        """Return the item. Raises NotFound."""
        row = await self._tx.row(select(review_items).where(self._tx.among(review_items.c.id, findable([item_id]))))
        if row is None:
            raise NotFound(f"no item of the review queue has the id {item_id!r}", field="item_id")
        return item_of(row)

    async def claim(
        self, wanted: Wanted, lease: Lease, now: datetime, limit: int, *, account: str
    ) -> Sequence[ReviewItem]:
        """Take the most urgent items that wait or whose lease ran out, nothing of `account`: claimed, under `lease`.

        On PostgreSQL two that claim at once pass over each other's rows; on SQLite one waits for the other's end.
        """
        query = select(review_items.c.key).where(self._fits(wanted, lease.reviewer, now), ~of_account(account))
        chosen = query.order_by(*_URGENT).limit(limit).with_for_update(skip_locked=True, of=review_items)
        keys = [row.key for row in await self._tx.rows(chosen)]
        if not keys:
            return []
        taken = update(review_items).where(self._tx.among(review_items.c.key, keys))
        claimed = {"state": ReviewState.CLAIMED.value, **held_by(lease)}
        rows = await self._tx.rows(taken.values(claimed).returning(*review_items.c))
        return [item_of(row) for row in sorted(rows, key=lambda row: (row.due, row.key))]

    async def held(self, reviewer: str, now: datetime) -> Sequence[ReviewItem]:
        """What a reviewer holds under leases that run, the most urgent first."""
        mine = and_(_UNFINISHED, review_items.c.lease_reviewer == reviewer)
        query = select(review_items).where(mine, review_items.c.lease_until > to_micros(now)).order_by(*_URGENT)
        return [item_of(row) for row in await self._tx.rows(query)]

    async def renew(self, item_id: str, lease: Lease) -> bool:
        """Extend the lease to `lease.until`. False where its token does not hold the item."""
        return await self._change(item_id, lease, {"lease_until": to_micros(lease.until)}) is not None

    async def release(self, item_id: str, lease: Lease) -> ReviewItem | None:
        """Put an item back where it waited. None where the lease does not hold it."""
        return await self._change(item_id, lease, {"state": _WHERE_IT_WAITED, **FREE})

    async def escalate(self, item_id: str, lease: Lease) -> ReviewItem | None:
        """Put an item before the second line. None where the lease does not hold it."""
        return await self._change(item_id, lease, {"state": _ESCALATED, "level": ESCALATED, **FREE})

    async def settle(self, item_id: str, lease: Lease, now: datetime) -> ReviewItem | None:
        """End an item. None where the lease does not hold it; one that ran out holds until another claims."""
        return await self._change(item_id, lease, _ended(now))

    async def settle_waiting(self, item_ids: Collection[str], now: datetime) -> Sequence[ReviewItem]:
        """End those of these items that wait and are held by nobody; returns them."""
        these = self._tx.among(review_items.c.id, findable(item_ids))
        waiting = review_items.c.state.in_([ReviewState.OPEN.value, _ESCALATED])
        rows = await self._tx.rows(
            update(review_items).where(these, waiting).values(_ended(now)).returning(*review_items.c)
        )
        return [item_of(row) for row in sorted(rows, key=lambda row: (row.due, row.key))]

    async def reopen(self, item_id: str) -> bool:
        """Put an ended item before the second line. False where it has not ended, or the second line ended it."""
        ended = and_(review_items.c.state == ReviewState.DONE.value, review_items.c.level == FIRST_LINE)
        values = {"state": _ESCALATED, "level": ESCALATED, "done_at": None, **FREE}
        return bool(await self._tx.run(update(review_items).where(review_items.c.id == item_id, ended).values(values)))

    async def withdraw(self, content_id: str, now: datetime) -> int:
        """End everything unfinished about some content without a verdict; returns how many."""
        return await self.withdraw_all([content_id], now)

    async def withdraw_all(self, content_ids: Collection[str], now: datetime) -> int:
        """The same about several."""
        these = self._tx.among(review_items.c.content_id, findable(content_ids))
        return await self._tx.run(update(review_items).where(these, _UNFINISHED).values(_ended(now)))

    async def reached(self, content_id: str, views: int) -> int:
        """Put what waits about some content where its views belong; returns how many items."""
        these = self._tx.among(review_items.c.content_id, findable([content_id]))
        rows = await self._tx.rows(select(review_items).where(these, _UNFINISHED, review_items.c.golden.is_(None)))
        for row in rows:
            place = due(row.severity, views, from_micros(row.created_at))
            moved = update(review_items).where(review_items.c.key == row.key)
            await self._tx.run(moved.values(reach=views, due=to_micros(place)))
        return len(rows)

    async def views(self, content_id: str) -> int:
        """The newest count of views of an item of the platform; 0 where nobody counted."""
        return (await self.views_of([content_id])).get(content_id, 0)

    async def views_of(self, content_ids: Collection[str]) -> Mapping[str, int]:
        """The same of several; nobody counted what is not in it."""
        joined = select(items.c.id, item_stats.c.views).join(items, items.c.key == item_stats.c.item_key)
        newest = joined.where(self._tx.among(items.c.id, findable(content_ids)), item_stats.c.at == _NEWEST)
        return {row.id: int(row.views) for row in await self._tx.rows(newest)}

    async def matching(
        self, which: BulkFilter, reviewer: str, limit: int, *, account: str, among: Collection[str] | None = None
    ) -> Sequence[ReviewItem]:
        """First reviews that wait and fit a filter, the most urgent first, without what the reviewer judged already
        and without what is `account`'s."""
        c = review_items.c
        conditions: list[ColumnElement[bool]] = [
            c.state.in_([ReviewState.OPEN.value, _ESCALATED]),
            c.level == which.level,
            c.severity.between(which.least_severity, which.most_severity),
            ~_judged(reviewer),
            ~of_account(account),
        ]
        for column, asked in ((c.scope, which.scope), (c.language, which.language), (c.kind, which.kind)):
            if asked is not None:
                conditions.append(column == str(asked))
        if which.created_before is not None:
            conditions.append(c.created_at < to_micros(which.created_before))
        if among is not None:
            conditions.append(self._tx.among(c.id, findable(among)))
        if which.content_ids:
            conditions.append(self._tx.among(c.content_id, findable(which.content_ids)))
        query = select(review_items).where(_UNFINISHED, _FIRST, *conditions).order_by(*_URGENT).limit(limit)
        return [item_of(row) for row in await self._tx.rows(query)]

    async def counts(self, now: datetime) -> Sequence[QueueCount]:
        """Every queue and level with unfinished work, by name; a golden copy that is held counts as the item in whose
        place it was given, so that a count before and after a claim does not tell it apart."""
        c = review_items.c
        held = func.sum(case((c.lease_until > to_micros(now), 1), else_=0)).label("held")
        real = func.sum(case((c.golden.is_(None), 1), else_=0)).label("real")
        oldest = func.min(case((c.golden.is_(None), c.created_at))).label("oldest")
        grouped = select(c.queue, c.level, real, held, oldest).where(_UNFINISHED).group_by(c.queue, c.level)
        rows = await self._tx.rows(grouped.having(real > 0).order_by(c.queue, c.level))
        return [
            QueueCount(row.queue, row.level, max(0, int(row.real) - int(row.held)), int(row.held), instant(row.oldest))
            for row in rows
        ]

    async def asked_by(self, item_ids: Collection[str]) -> Mapping[str, str]:
        """Which decision asked for each of these items, for those that are still there."""
        these = self._tx.among(review_items.c.id, findable(item_ids))
        rows = await self._tx.rows(select(review_items.c.id, review_items.c.decision_id).where(these))
        return {row.id: row.decision_id for row in rows}

    async def of_appeal(self, appeal_id: str) -> ReviewItem:
        """What waits, or waited, for people about an appeal. Raises NotFound."""
        about = self._tx.among(review_items.c.appeal, findable([appeal_id]))
        row = await self._tx.row(select(review_items).where(review_items.c.appeal.is_not(None), about))
        if row is None:
            raise NotFound(f"nothing waits about an appeal {appeal_id!r}", field="appeal_id")
        return item_of(row)

    async def of_decision(self, decision_id: str) -> ReviewItem | None:
        """The first review that a decision asked for, or that brought it about."""
        if not findable([decision_id]):
            return None
        asked = select(review_items).where(review_items.c.decision_id == decision_id, _FIRST)
        row = await self._tx.row(asked)
        if row is None:
            given = select(review_verdicts.c.root).where(review_verdicts.c.decision_id == decision_id).limit(1)
            row = await self._tx.row(select(review_items).where(review_items.c.id == given.scalar_subquery()))
        return None if row is None else item_of(row)

    async def _change(self, item_id: str, lease: Lease, values: Values) -> ReviewItem | None:
        if not findable([item_id]) or not findable([lease.token]):
            return None
        mine = and_(review_items.c.lease_token == lease.token, review_items.c.lease_reviewer == lease.reviewer)
        held = and_(review_items.c.id == item_id, review_items.c.state == ReviewState.CLAIMED.value, mine)
        row = await self._tx.row(update(review_items).where(held).values(values).returning(*review_items.c))
        return None if row is None else item_of(row)

    def _fits(self, wanted: Wanted, reviewer: str, now: datetime) -> ColumnElement[bool]:
        c = review_items.c
        appeal = c.appeal.is_not(None) if wanted.appeals else c.appeal.is_(None)
        conditions = [c.level == wanted.level, c.lease_until <= to_micros(now), appeal]
        for column, asked in ((c.queue, wanted.queues), (c.language, wanted.languages)):
            names = findable(asked)
            if len(names) == 1:  # an equality, whose index has the order
                conditions.append(column == names[0])
            elif asked:
                conditions.append(self._tx.among(column, names))
        return and_(_UNFINISHED, *conditions, ~or_(_judged(reviewer), _skipped(reviewer)))


def _judged(reviewer: str) -> ColumnElement[bool]:
    """Whether the reviewer has answered the question of an item before."""
    verdict = and_(review_verdicts.c.root == review_items.c.root, review_verdicts.c.reviewer == reviewer)
    return exists().where(verdict)


def of_account(account: str) -> ColumnElement[bool]:
    """Whether the content of an item (of the queue) is a user's."""
    joined = select(items.c.key).join(users, users.c.key == items.c.author_key)
    return joined.where(items.c.id == review_items.c.content_id, users.c.id == account).exists()


def _skipped(reviewer: str) -> ColumnElement[bool]:
    note = and_(review_notes.c.item_id == review_items.c.id, review_notes.c.reviewer == reviewer)
    return exists().where(note, review_notes.c.kind == NoteKind.SKIP.value)


def _ended(now: datetime) -> dict[str, object]:
    return {"state": ReviewState.DONE.value, "done_at": to_micros(now), **FREE}
