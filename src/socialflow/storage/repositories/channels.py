"""Channels."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.sql import Select

from socialflow.content.log import ChangeKind
from socialflow.content.records import Channel, RowOutcome
from socialflow.errors import ChannelNotFound, UserNotFound
from socialflow.ids import ChannelKey
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.rows import Outcomes, checked_row, findable, json_text, texts
from socialflow.storage.repositories.upserts import store_rows
from socialflow.storage.repositories.users import Users
from socialflow.storage.tables import channel_mutes, channels, items, subscriptions, users
from socialflow.storage.transaction import Record, Transaction, Values


class Channels:
    """Channels by id or key."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def get(self, channel_id: str) -> Channel:
        """Return the channel. Raises ChannelNotFound."""
        for row in await self._tx.rows(_query().where(self._tx.among(channels.c.id, findable([channel_id])))):
            return _channel(row)
        raise ChannelNotFound("no channel has this id", field="id")

    async def keys(self, ids: Collection[str]) -> Mapping[str, ChannelKey]:
        """Keys of those ids that exist."""
        query = select(channels.c.id, channels.c.key).where(self._tx.among(channels.c.id, findable(ids)))
        return {row.id: ChannelKey(row.key) for row in await self._tx.rows(query)}

    async def by_keys(self, keys: Collection[ChannelKey]) -> Mapping[ChannelKey, Channel]:
        """Channels by key, for those that exist."""
        rows = await self._tx.rows(_query().where(self._tx.among(channels.c.key, keys)))
        return {ChannelKey(row.key): _channel(row) for row in rows}

    async def upsert(self, batch: Sequence[Channel]) -> Sequence[RowOutcome]:
        """Create or replace, one outcome a channel, in order; an unknown owner is a rejected row."""
        outcomes = Outcomes([channel.id for channel in batch])
        owners = await Users(self._tx).keys({channel.owner for channel in batch if channel.owner is not None})
        accepted: dict[str, Values] = {}
        for index, channel in enumerate(batch):
            if channel.owner is not None and channel.owner not in owners:
                outcomes.reject(index, UserNotFound.code, "no user has this id", "owner")
            elif (row := checked_row(_row, channel, index, outcomes)) is not None:
                owner_key = None if channel.owner is None else owners[channel.owner]
                accepted[channel.id] = {**row, "owner_key": owner_key}
        stored = await store_rows(self._tx, channels, accepted, await self.keys(accepted))
        await announce(self._tx, ChangeKind.CHANNEL, sorted(stored.values()))
        return outcomes.answers()

    async def delete(self, channel_id: str) -> None:
        """Delete the channel and its subscriptions and mutes; its items stay. Raises ChannelNotFound."""
        key = (await self.keys([channel_id])).get(channel_id)
        if key is None:
            raise ChannelNotFound("no channel has this id", field="id")
        orphans = [row.key for row in await self._tx.rows(select(items.c.key).where(items.c.channel_key == key))]
        await self._tx.run(update(items).where(items.c.channel_key == key).values(channel_key=None))
        for edges in (subscriptions, channel_mutes):
            await self._tx.run(delete(edges).where(edges.c.target_key == key))
        await self._tx.run(delete(channels).where(channels.c.key == key))
        await announce(self._tx, ChangeKind.CHANNEL, [key])
        await announce(self._tx, ChangeKind.ITEM, orphans)


def _query() -> "Select[Record]":
    return select(channels, users.c.id.label("owner")).outerjoin(users, users.c.key == channels.c.owner_key)


def _row(channel: Channel) -> Values:
    return {
        "id": channel.id,
        "name": channel.name,
        "created_at": to_micros(channel.created_at),
        "description": channel.description,
        "subscriber_count": channel.subscriber_count,
        "categories": json_text(channel.categories, "categories"),
    }


def _channel(row: Record) -> Channel:
    return Channel(
        id=row.id,
        name=row.name,
        created_at=from_micros(row.created_at),
        description=row.description,
        subscriber_count=row.subscriber_count,
        owner=row.owner,
        categories=texts(row.categories),
        key=ChannelKey(row.key),
    )
