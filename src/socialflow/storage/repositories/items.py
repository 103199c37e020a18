"""Items and their statistics over time."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.sql import Select

from socialflow.content.log import ChangeKind, ItemFacts, ItemText
from socialflow.content.records import Item, ItemStats, ModerationStatus, RowOutcome
from socialflow.errors import ChannelNotFound, ItemNotFound, UserNotFound
from socialflow.ids import ItemKey
from socialflow.kit.clock import to_micros
from socialflow.storage.repositories.analyses import Analyses
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.channels import Channels
from socialflow.storage.repositories.item_rows import (
    FACTS,
    TEXTS,
    WHOLE,
    facts_of,
    item_of,
    row_of,
    stats_of,
    stats_row,
    words_of,
)
from socialflow.storage.repositories.removal import remove_items
from socialflow.storage.repositories.rows import Outcomes, checked_row, findable
from socialflow.storage.repositories.unmoderated import Unmoderated
from socialflow.storage.repositories.upserts import store_rows
from socialflow.storage.repositories.users import Users
from socialflow.storage.tables import MODERATION, item_stats, items
from socialflow.storage.transaction import Record, Transaction, Values

BATCH = 5_000
"""Rows that a stream of facts or words holds at a time."""


class Items:
    """Items by id or key."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def get(self, item_id: str) -> Item:
        """Return the item. Raises ItemNotFound."""
        for row in await self._tx.rows(WHOLE.where(self._tx.among(items.c.id, findable([item_id])))):
            return item_of(row)
        raise ItemNotFound("no item has this id", field="id")

    async def by_keys(self, keys: Sequence[ItemKey]) -> Mapping[ItemKey, Item]:
        """Items by key, for those that exist."""
        rows = await self._tx.rows(WHOLE.where(self._tx.among(items.c.key, keys)))
        return {ItemKey(row.key): item_of(row) for row in rows}

    async def keys(self, ids: Collection[str]) -> Mapping[str, ItemKey]:
        """Keys of those ids that exist."""
        query = select(items.c.id, items.c.key).where(self._tx.among(items.c.id, findable(ids)))
        return {row.id: ItemKey(row.key) for row in await self._tx.rows(query)}

    async def upsert(self, batch: Sequence[Item]) -> Sequence[RowOutcome]:
        """Create or replace, one outcome an item, in order; of several rows with one id the last wins.

        An unknown channel, author or parent is a rejected row; a parent may stand anywhere in the same batch.
        Moderation fields of an existing item are kept, but for one whose content changed and that nobody vouches for:
        it waits to be judged again. What was found in words that changed goes.
        """
        outcomes = Outcomes([item.id for item in batch])
        channels = await Channels(self._tx).keys({item.channel for item in batch if item.channel is not None})
        authors = await Users(self._tx).keys({item.author for item in batch if item.author is not None})
        accepted: dict[str, Values] = {}
        for index, item in enumerate(batch):
            if item.channel is not None and item.channel not in channels:
                outcomes.reject(index, ChannelNotFound.code, "no channel has this id", "channel")
            elif item.author is not None and item.author not in authors:
                outcomes.reject(index, UserNotFound.code, "no user has this id", "author")
            elif (row := checked_row(row_of, item, index, outcomes)) is not None:
                channel_key = None if item.channel is None else channels[item.channel]
                author_key = None if item.author is None else authors[item.author]
                accepted[item.id] = {**row, "channel_key": channel_key, "author_key": author_key}
        above = await self.keys({item.parent for item in batch if item.parent is not None})
        _drop_orphans(batch, above, accepted, outcomes)
        known = await self.keys(accepted)
        altered = await Unmoderated(self._tx).altered(accepted, known)
        keys = await store_rows(self._tx, items, accepted, known, frozen=MODERATION)
        await Unmoderated(self._tx).wait(altered, _kinds(accepted, known, altered))
        parents = {item.id: item.parent for item in batch if item.id in accepted}
        await self._link(keys, {child: parent for child, parent in parents.items() if parent is not None}, above)
        await Analyses(self._tx).renew({keys[item_id]: row for item_id, row in accepted.items() if item_id in keys})
        await announce(self._tx, ChangeKind.ITEM, sorted(keys.values()))
        return outcomes.answers()

    async def _link(self, keys: Mapping[str, int], parents: Mapping[str, str], above: Mapping[str, int]) -> None:
        """Set the parents, which have keys only now that the whole batch is stored."""
        links = [
            {"_child": keys[child], "_above": above[parent] if parent in above else keys[parent]}
            for child, parent in parents.items()
        ]
        if links:
            statement = update(items).where(items.c.key == bindparam("_child")).values(parent_key=bindparam("_above"))
            await self._tx.run(statement, links)

    async def request_work(self, now: datetime) -> None:
        """Queue the analysis of words and the moderation of content that are new in this transaction."""
        await Analyses(self._tx).request(now)
        await Unmoderated(self._tx).request(now)

    async def set_sentiment(self, key: ItemKey, sentiment: str, score: float) -> bool:
        """Keep a sentiment, -1 to 1, of an item that has none; whether it was kept."""
        bare = (items.c.key == key) & items.c.sentiment.is_(None)
        kept = update(items).where(bare).values(sentiment=sentiment, sentiment_score=score)
        return await self._tx.run(kept) > 0

    async def delete(self, item_id: str) -> None:
        """Delete the item with its interactions, statistics and comments. Raises ItemNotFound."""
        key = (await self.keys([item_id])).get(item_id)
        if key is None:
            raise ItemNotFound("no item has this id", field="id")
        await remove_items(self._tx, [key])

    async def facts(self, keys: Sequence[ItemKey] | None = None) -> AsyncIterator[Sequence[ItemFacts]]:
        """Facts of the given items, or of all, in batches in key order."""
        async for rows in self._stream(FACTS, keys):
            yield [facts_of(row) for row in rows]

    async def texts(self, keys: Sequence[ItemKey] | None = None) -> AsyncIterator[Sequence[ItemText]]:
        """Words of the given items, or of all, in batches in key order. `channel` is the channel's name."""
        async for rows in self._stream(TEXTS, keys):
            yield [words_of(row) for row in rows]

    async def _stream(self, query: Select[Any], keys: Sequence[ItemKey] | None) -> AsyncIterator[Sequence[Record]]:
        ordered = query.order_by(items.c.key)
        if keys is not None:
            wanted = sorted(set(keys))
            for start in range(0, len(wanted), BATCH):
                yield await self._tx.rows(ordered.where(self._tx.among(items.c.key, wanted[start : start + BATCH])))
            return
        after = 0
        while rows := await self._tx.rows(ordered.where(items.c.key > after).limit(BATCH)):
            yield rows
            after = rows[-1].key

    async def add_stats(self, rows: Sequence[ItemStats]) -> Sequence[RowOutcome]:
        """Store running totals; a second row for the same item and instant replaces the first."""
        outcomes = Outcomes([row.item for row in rows])
        keys = await self.keys({row.item for row in rows})
        totals: dict[tuple[int, int], Values] = {}
        for index, row in enumerate(rows):
            key = keys.get(row.item)
            if key is None:
                outcomes.reject(index, ItemNotFound.code, "no item has this id", "item")
            else:
                totals[key, to_micros(row.at)] = stats_row(key, row)
        if totals:
            await self._tx.replace(item_stats, list(totals.values()))
        return outcomes.answers()

    async def stats(self, item_id: str, since: datetime | None = None) -> Sequence[ItemStats]:
        """The item's totals in time order."""
        query = select(item_stats).join(items, items.c.key == item_stats.c.item_key).order_by(item_stats.c.at)
        query = query.where(self._tx.among(items.c.id, findable([item_id])))
        if since is not None:
            query = query.where(item_stats.c.at >= to_micros(since))
        return [stats_of(item_id, row) for row in await self._tx.rows(query)]


def _kinds(rows: Mapping[str, Values], known: Mapping[str, ItemKey], altered: Collection[ItemKey]) -> set[str]:
    """Kinds of those rows that are to be judged: new ones without a status, and altered ones."""
    waiting = set(altered)
    return {
        str(row["kind"])
        for one, row in rows.items()
        if (known[one] in waiting if one in known else row["moderation_status"] == ModerationStatus.PENDING.value)
    }


def _drop_orphans(
    batch: Sequence[Item], above: Mapping[str, int], accepted: dict[str, Values], outcomes: Outcomes
) -> None:
    """Reject items whose parent is neither stored nor accepted with the batch, and in turn what hangs on those."""
    children = defaultdict(list)
    falling = []
    for item in batch:
        if item.parent is None or item.parent in above:
            continue
        children[item.parent].append(item.id)
        if item.parent not in accepted or item.parent == item.id:
            falling.append(item.id)
    fallen: set[str] = set()
    while falling:
        item_id = falling.pop()
        if item_id not in fallen:
            fallen.add(item_id)
            falling.extend(children[item_id])
    for index, item in enumerate(batch):
        if item.id in fallen and outcomes.stored(index):
            outcomes.reject(index, ItemNotFound.code, "no item has this id", "parent")
    for item_id in fallen:
        accepted.pop(item_id, None)
