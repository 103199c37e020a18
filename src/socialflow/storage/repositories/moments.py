"""Moments of videos beside their items, and their vectors."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime

import numpy as np
import orjson
from sqlalchemy import Select, and_, delete, select

from socialflow.content.log import ChangeKind, LogCursor
from socialflow.ids import ItemKey
from socialflow.kit.clock import to_micros
from socialflow.storage.repositories import log_postgres, log_sqlite
from socialflow.storage.repositories.analyses import PERMITTED
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.log_rows import Log
from socialflow.storage.repositories.rows import json_text
from socialflow.storage.tables import items, moment_vectors, moments, users
from socialflow.storage.transaction import Record, Transaction
from socialflow.video.search.file import heard, told
from socialflow.video.search.records import Changed, Clip, Floats, Kept

_BATCH = 500
"""Videos that are read at a time."""
_CHANGES = 50_000
_NOTICED = frozenset({ChangeKind.ITEM, ChangeKind.ITEM_ERASED})


class Moments:
    """Moments of videos, and who may be told what changed in them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._log: Log = log_postgres if tx.dialect == "postgresql" else log_sqlite

    async def permitted(self, key: ItemKey) -> bool:
        """Whether an item is there and its author, if it has one, permits analysis; a writer keeps it there."""
        query = select(items.c.key).outerjoin(users, users.c.key == items.c.author_key)
        query = query.where(items.c.key == key, PERMITTED)
        if self._tx.dialect == "postgresql" and not self._tx.readonly:
            query = query.with_for_update(read=True, key_share=True, of=items)
        return await self._tx.row(query) is not None

    async def put(self, key: ItemKey, clip: Clip, vectors: Mapping[str, Floats], now: datetime) -> bool:
        """Store the moments of an item, and vectors by space (phrases, width), those of frames (frames, width), in
        place of what was there; False where it is gone or may not be analysed."""
        if not await self.permitted(key):
            return False
        row = {"item_key": key, "indexed_at": to_micros(now), "clip": json_text(told(clip), "clip")}
        await self._tx.replace(moments, [row])
        await self._tx.run(delete(moment_vectors).where(moment_vectors.c.item_key == key))
        for space, rows in vectors.items():
            await self.keep(key, space, rows)
        await announce(self._tx, ChangeKind.ITEM, [key])
        return True

    async def keep(self, key: ItemKey, space: str, vectors: Floats) -> None:
        """Store vectors (phrases, width) of moments that are there, of another space."""
        row = {"item_key": key, "space": space, "vectors": vectors.astype("<f2").tobytes()}
        await self._tx.replace(moment_vectors, [row])

    async def drop(self, keys: Collection[int]) -> int:
        """Forget the moments of items; how many had some."""
        await self._tx.run(delete(moment_vectors).where(self._tx.among(moment_vectors.c.item_key, keys)))
        count = await self._tx.run(delete(moments).where(self._tx.among(moments.c.item_key, keys)))
        if count:
            await announce(self._tx, ChangeKind.ITEM, sorted(keys))
        return count

    async def withdraw(self, authors: Collection[int]) -> None:
        """Forget the moments of items of people, who do not permit analysis (any more)."""
        theirs = select(items.c.key).where(self._tx.among(items.c.author_key, authors))
        rows = await self._tx.rows(select(moments.c.item_key).where(moments.c.item_key.in_(theirs)))
        if rows:
            await self.drop([row.item_key for row in rows])

    async def kept(
        self, space: str, keys: Collection[ItemKey] | None = None, *, frames: str = ""
    ) -> AsyncIterator[Sequence[Kept]]:
        """Moments of these items, or of all, with their vectors in a space, and those of their frames in another, in
        batches in key order."""
        query = _query(space, frames).order_by(moments.c.item_key)
        if keys is not None:
            wanted = sorted(set(keys))
            for first in range(0, len(wanted), _BATCH):
                among = self._tx.among(moments.c.item_key, wanted[first : first + _BATCH])
                yield [_kept(row, frames) for row in await self._tx.rows(query.where(among))]
            return
        after = 0
        while rows := await self._tx.rows(query.where(moments.c.item_key > after).limit(_BATCH)):
            yield [_kept(row, frames) for row in rows]
            after = rows[-1].item_key

    async def newest(self) -> LogCursor:
        """The cursor of who has read everything."""
        return await self._log.newest(self._tx)

    async def changed(self, cursor: LogCursor) -> Changed:
        """Items that changed since a cursor, or went, and the next cursor."""
        delta = await self._log.changed(self._tx, cursor, _CHANGES)
        keys = {ItemKey(one.key) for one in delta.changes if one.kind in _NOTICED}
        return Changed(frozenset(keys), delta.cursor, delta.more)


def _query(space: str, frames: str) -> Select[tuple[object, ...]]:
    columns = (moments.c.item_key, moments.c.clip, items.c.id, items.c.title, items.c.description)
    seen = moment_vectors.alias("seen")
    told = select(*columns, moment_vectors.c.vectors, seen.c.vectors.label("seen"))
    joined = told.join(items, items.c.key == moments.c.item_key)
    for table, name in ((moment_vectors, space), (seen, frames)):
        joined = joined.outerjoin(table, and_(table.c.item_key == moments.c.item_key, table.c.space == name))
    return joined


def _kept(row: Record, frames: str) -> Kept:
    clip = heard(row.id, orjson.loads(row.clip))
    seen = _rows(row.seen, len(clip.frames.spans)) if clip.frames.space == frames else None
    return Kept(ItemKey(row.item_key), clip, row.title, row.description, _rows(row.vectors, len(clip.phrases)), seen)


def _rows(halves: bytes | None, count: int) -> Floats | None:
    """So many vectors; None where there are none, or another number."""
    if halves is None or not count:
        return None
    rows = np.frombuffer(bytes(halves), "<f2").astype(np.float32)
    return rows.reshape(count, -1) if len(rows) % count == 0 else None
