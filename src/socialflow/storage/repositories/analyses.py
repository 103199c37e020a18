"""Findings of analysis beside items: which words wait for it, and what was found in them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from socialflow.analysis.created import created_job
from socialflow.content.findings import AnalysisCounts, Words
from socialflow.content.log import ChangeKind
from socialflow.content.records import Findings
from socialflow.ids import ItemKey
from socialflow.kit.digests import short_digest
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.item_rows import findings_row
from socialflow.storage.repositories.jobs import Jobs
from socialflow.storage.repositories.rows import findable, instant
from socialflow.storage.tables import analyses, items, users
from socialflow.storage.transaction import Transaction, Values

_NOTHING = {
    column.name: None for column in analyses.c if column.name not in {analyses.c.item_key.name, analyses.c.digest.name}
}
PERMITTED: ColumnElement[bool] = or_(items.c.author_key.is_(None), users.c.may_analyse)
"""Of items beside their authors (outer join): what nobody wrote, or somebody who permits analysis."""


class Analyses:
    """Findings, and words that wait."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def renew(self, stored: Mapping[int, Values]) -> None:
        """Compare rows of items, by key, with the words that were there: new ones wait, and what was found goes."""
        digests = {key: _digest(row) for key, row in sorted(stored.items())}
        known = await self._digests(list(digests))
        waiting = [
            {"item_key": key, "digest": digest, **_NOTHING}
            for key, digest in digests.items()
            if digest is not None and known.get(key) != digest
        ]
        if waiting:
            await self._tx.replace(analyses, waiting)
            self._tx.new_words = True
        silent = [key for key, digest in digests.items() if digest is None and key in known]
        if silent:
            await self._tx.run(delete(analyses).where(self._tx.among(analyses.c.item_key, silent)))

    async def request(self, now: datetime) -> None:
        """Queue the analysis of items whose words are new in this transaction; where there are none, nothing."""
        if self._tx.new_words:
            await Jobs(self._tx).add_behind(created_job(), now)
            self._tx.new_words = False

    async def withdraw(self, authors: Collection[int]) -> None:
        """Drop what was found in items of people, who do not permit analysis (any more)."""
        theirs = select(items.c.key).where(self._tx.among(items.c.author_key, authors))
        found = analyses.c.made_by.is_not(None) & analyses.c.item_key.in_(theirs)
        rows = await self._tx.rows(update(analyses).where(found).values(_NOTHING).returning(analyses.c.item_key))
        await announce(self._tx, ChangeKind.ITEM, sorted(row.item_key for row in rows))

    async def pending(self, limit: int, made_by: str | None = None) -> Sequence[ItemKey]:
        """Items that wait, the newest first; then, with `made_by`, those whose findings something else made."""
        waiting = _permitted(select(items.c.key)).where(analyses.c.made_by.is_(None))
        rows = await self._tx.rows(waiting.order_by(items.c.key.desc()).limit(limit))
        keys = [ItemKey(row.key) for row in rows]
        if made_by is not None and len(keys) < limit:
            other = select(analyses.c.item_key).where(analyses.c.made_by != made_by)
            rows = await self._tx.rows(other.order_by(analyses.c.item_key.desc()).limit(limit - len(keys)))
            keys += [ItemKey(row.item_key) for row in rows]
        return keys

    async def keys(self, ids: Collection[str]) -> Mapping[str, ItemKey]:
        """Keys of those of these items that can be analysed."""
        query = _permitted(select(items.c.id, items.c.key)).where(self._tx.among(items.c.id, findable(ids)))
        return {row.id: ItemKey(row.key) for row in await self._tx.rows(query)}

    async def words(self, keys: Sequence[ItemKey]) -> Sequence[Words]:
        """Words of those of these items that can be analysed, in key order."""
        columns = (items.c.key, analyses.c.digest, items.c.title, items.c.description, items.c.text)
        query = _permitted(select(*columns)).where(self._tx.among(items.c.key, keys)).order_by(items.c.key)
        return [Words(ItemKey(key), *rest) for key, *rest in map(tuple, await self._tx.rows(query))]

    async def land(self, findings: Sequence[tuple[Words, Findings]], made_by: str) -> int:
        """Store findings, but for items whose words changed meanwhile or that are gone; returns how many."""
        now = await self._digests([words.key for words, _ in findings])
        rows = [
            {"_key": int(words.key), "made_by": made_by, **findings_row(found)}
            for words, found in sorted(findings, key=lambda one: one[0].key)
            if now.get(words.key) == words.digest
        ]
        if rows:
            await self._tx.run(update(analyses).where(analyses.c.item_key == bindparam("_key")), rows)
            await announce(self._tx, ChangeKind.ITEM, [int(str(row["_key"])) for row in rows])
        return len(rows)

    async def counts(self) -> AnalysisCounts:
        """How far it is."""
        made = select(func.count(analyses.c.made_by).label("made"), func.max(analyses.c.analysed_at).label("last"))
        row = await self._tx.one(made)
        waiting = _permitted(select(func.count().label("due"))).where(analyses.c.made_by.is_(None))
        return AnalysisCounts(row.made, (await self._tx.one(waiting)).due, instant(row.last))

    async def _digests(self, keys: Sequence[int]) -> Mapping[int, str]:
        """What stands for the words of items now; nobody else changes them before this transaction ends."""
        query = select(analyses.c.item_key, analyses.c.digest).where(self._tx.among(analyses.c.item_key, keys))
        rows = await self._tx.rows(query.order_by(analyses.c.item_key).with_for_update())
        return {row.item_key: row.digest for row in rows}


def _permitted(query: Select[Any]) -> Select[Any]:
    """Of the items with words, those of nobody or of an author who permits analysis."""
    joined = query.select_from(analyses).join(items, items.c.key == analyses.c.item_key)
    return joined.outerjoin(users, users.c.key == items.c.author_key).where(PERMITTED)


def _digest(row: Values) -> str | None:
    """What stands for the words of an item's row; None where it has none."""
    words = [str(row[name]) for name in ("title", "description", "text")]
    return short_digest(*words).hex() if any(map(str.strip, words)) else None
