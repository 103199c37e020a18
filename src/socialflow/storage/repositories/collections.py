"""Checkpoints of collections from outside, and what only collectors ask of content."""

from collections.abc import Collection as SetOf
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import orjson
from sqlalchemy import and_, func, select

from socialflow.content.collection import Collection, CollectionCounts, CollectionState, Drift
from socialflow.content.records import ItemStats
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories import closed_names
from socialflow.storage.repositories.item_rows import stats_of
from socialflow.storage.repositories.rows import findable, instant, json_text, micros
from socialflow.storage.tables import collections, item_stats, items, users
from socialflow.storage.transaction import Record, Transaction


class Collections:
    """How far each endpoint of each outside API is."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def get(self, source: str, endpoint: str) -> Collection | None:
        """The last collection of an endpoint, or None."""
        query = select(collections).where(collections.c.source == source, collections.c.endpoint == endpoint)
        row = await self._tx.row(query)
        return None if row is None else _collection(row)

    async def of_source(self, source: str) -> Sequence[Collection]:
        """The last collection of each endpoint of a source."""
        query = select(collections).where(collections.c.source == source).order_by(collections.c.endpoint)
        return [_collection(row) for row in await self._tx.rows(query)]

    async def put(self, collection: Collection) -> None:
        """Store, in place of what is there."""
        checkpoint = {"job": collection.job, "page": collection.next_page, "page_size": collection.page_size}
        row = {
            "source": collection.source,
            "endpoint": collection.endpoint,
            "checkpoint": json_text(checkpoint, "checkpoint"),
            "counts": json_text(asdict(collection.counts), "counts"),
            "state": collection.state.value,
            "started_at": to_micros(collection.started_at),
            "updated_at": to_micros(collection.updated_at),
            "finished_at": micros(collection.finished_at),
            "error": None if collection.error is None else json_text(collection.error, "error"),
        }
        await self._tx.replace(collections, [row])

    async def totals(self, item_ids: SetOf[str]) -> Mapping[str, ItemStats]:
        """The newest running totals of those items that have any."""
        newest = (
            select(item_stats.c.item_key, func.max(item_stats.c.at).label("at"))
            .join(items, items.c.key == item_stats.c.item_key)
            .where(self._tx.among(items.c.id, findable(item_ids)))
            .group_by(item_stats.c.item_key)
            .subquery()
        )
        query = (
            select(items.c.id, item_stats)
            .join(newest, and_(newest.c.item_key == item_stats.c.item_key, newest.c.at == item_stats.c.at))
            .join(items, items.c.key == item_stats.c.item_key)
        )
        return {row.id: stats_of(row.id, row) for row in await self._tx.rows(query)}

    async def user_ids(self, usernames: SetOf[str]) -> Mapping[str, str]:
        """Ids of the users with these usernames, by username."""
        query = select(users.c.username, users.c.id).where(self._tx.among(users.c.username, findable(usernames)))
        return {row.username: row.id for row in await self._tx.rows(query)}

    async def closed(self, names: SetOf[str]) -> SetOf[str]:
        """Those of these ids and usernames that belonged to an erased person."""
        return await closed_names.closed(self._tx, findable(names))


def _collection(row: Record) -> Collection:
    checkpoint = orjson.loads(row.checkpoint)
    error = None if row.error is None else orjson.loads(row.error)
    return Collection(
        source=row.source,
        endpoint=row.endpoint,
        state=CollectionState(row.state),
        job=checkpoint["job"],
        next_page=checkpoint["page"],
        page_size=checkpoint["page_size"],
        started_at=from_micros(row.started_at),
        updated_at=from_micros(row.updated_at),
        finished_at=instant(row.finished_at),
        counts=_counts(orjson.loads(row.counts)),
        error=None if error is None else (error[0], error[1]),
    )


def _counts(stored: dict[str, object]) -> CollectionCounts:
    drift = stored.pop("drift")
    lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
    return CollectionCounts(**{**stored, **lists, "drift": Drift(**drift)})  # type: ignore[arg-type]
