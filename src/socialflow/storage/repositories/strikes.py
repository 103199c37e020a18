"""Strikes against authors."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.review.strike_records import Strike
from socialflow.storage.repositories.rows import findable, instant
from socialflow.storage.repositories.users import Users
from socialflow.storage.tables import items, strikes, users
from socialflow.storage.transaction import Record, Transaction, Values


class Strikes:
    """Strikes, one a decision."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, strike: Strike) -> bool:
        """Keep one; False where the decision gave one already. Raises UserNotFound, Erased."""
        author = await Users(self._tx).get(strike.author)
        given = await self._tx.row(select(strikes.c.id).where(strikes.c.decision_id == strike.decision_id))
        if given is not None:
            return False
        await self._tx.insert_new(strikes, [_row(strike, int(author.key))])
        return True

    async def add_all(self, given: Sequence[Strike]) -> None:
        """Keep several, each of another decision. Those whose decision gave one already are passed over."""
        if not given:
            return
        authors = self._tx.among(users.c.id, findable(one.author for one in given))
        keys = {row.id: int(row.key) for row in await self._tx.rows(select(users.c.id, users.c.key).where(authors))}
        rows = [_row(one, keys[one.author]) for one in given if one.author in keys]
        if rows:
            await self._tx.insert_new(strikes, rows)

    async def of_authors(self, user_ids: Collection[str], now: datetime) -> Mapping[str, Sequence[Strike]]:
        """What counts now of each (neither expired nor taken back), oldest first; nobody without is in it."""
        joined = strikes.join(users, users.c.key == strikes.c.author_key)
        query = select(*strikes.c, users.c.id.label("author")).select_from(joined)
        query = query.where(self._tx.among(users.c.id, findable(user_ids)), strikes.c.taken_back_at.is_(None))
        counting = query.where(strikes.c.expires_at > to_micros(now)).order_by(strikes.c.at, strikes.c.id)
        found: dict[str, list[Strike]] = defaultdict(list)
        for row in await self._tx.rows(counting):
            found[row.author].append(_strike(row))
        return dict(found)

    async def take_back(self, decision_ids: Collection[str], at: datetime) -> int:
        """Take back what these decisions gave; returns how many."""
        these = self._tx.among(strikes.c.decision_id, findable(decision_ids))
        standing = update(strikes).where(these, strikes.c.taken_back_at.is_(None))
        return await self._tx.run(standing.values(taken_back_at=to_micros(at)))

    async def stands(self, decision_ids: Collection[str]) -> bool:
        """Whether one of these decisions gave a strike that was not taken back."""
        return bool(await self.standing(decision_ids))

    async def standing(self, decision_ids: Collection[str]) -> frozenset[str]:
        """Those of these decisions that gave a strike that was not taken back."""
        these = self._tx.among(strikes.c.decision_id, findable(decision_ids))
        rows = await self._tx.rows(select(strikes.c.decision_id).where(these, strikes.c.taken_back_at.is_(None)))
        return frozenset(row.decision_id for row in rows)

    async def author_of(self, content_id: str) -> str | None:
        """Whose an item of the platform is; None: nobody's, or not one."""
        return (await self.authors_of([content_id])).get(content_id)

    async def authors_of(self, content_ids: Collection[str]) -> Mapping[str, str]:
        """Whose each is, of items of the platform that are somebody's."""
        joined = select(items.c.id, users.c.id.label("author")).join(users, items.c.author_key == users.c.key)
        rows = await self._tx.rows(joined.where(self._tx.among(items.c.id, findable(content_ids))))
        return {row.id: row.author for row in rows}


def _row(strike: Strike, author: int) -> Values:
    return {
        "id": strike.id,
        "author_key": author,
        "decision_id": strike.decision_id,
        "reason": strike.reason,
        "weight": strike.weight,
        "half_life": strike.half_life // timedelta(microseconds=1),
        "at": to_micros(strike.at),
        "expires_at": to_micros(strike.expires_at),
    }


def _strike(row: Record) -> Strike:
    return Strike(
        id=row.id,
        author=row.author,
        decision_id=row.decision_id,
        reason=row.reason,
        weight=row.weight,
        half_life=timedelta(microseconds=row.half_life),
        at=from_micros(row.at),
        expires_at=from_micros(row.expires_at),
        taken_back_at=instant(row.taken_back_at),
    )
