"""What the domains need from a store. `storage` satisfies these structurally; nothing here knows SQL.

Repositories live inside one unit of work (one request or task, one transaction); what they write is durable only
after the unit commits.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from socialflow.content.findings import AnalysisCounts, Words
from socialflow.content.log import ItemFacts, ItemText, LogCursor, LogDelta
from socialflow.content.records import (
    Channel,
    Edge,
    EdgeKind,
    ErasureReceipt,
    Findings,
    Interaction,
    Item,
    ItemStats,
    Relations,
    RowOutcome,
    User,
)
from socialflow.ids import ChannelKey, ItemKey, UserKey


class UserRepository(Protocol):
    """Users by id, username or key."""

    async def get(self, user_id: str) -> User:
        """Return the user. Raises UserNotFound, Erased."""
        ...

    async def by_username(self, username: str) -> User:
        """Return the user with this username. Raises UserNotFound, Erased."""
        ...

    async def keys(self, ids: Collection[str]) -> Mapping[str, UserKey]:
        """Keys of those ids that exist."""
        ...

    async def by_keys(self, keys: Collection[UserKey]) -> Mapping[UserKey, User]:
        """Users by key, for those that exist."""
        ...

    async def upsert(self, users: Sequence[User]) -> Sequence[RowOutcome]:
        """Create or replace. One outcome a user, in order: a taken username or an erased id is a rejected row."""
        ...

    async def page(self, after: str | None, limit: int) -> Sequence[User]:
        """Users in id order after `after`."""
        ...

    async def untrainable(self) -> Collection[UserKey]:
        """Keys of users whose privacy bars training on their interactions."""
        ...


class ChannelRepository(Protocol):
    """Channels by id."""

    async def get(self, channel_id: str) -> Channel:
        """Return the channel. Raises ChannelNotFound."""
        ...

    async def keys(self, ids: Collection[str]) -> Mapping[str, ChannelKey]:
        """Keys of those ids that exist."""
        ...

    async def by_keys(self, keys: Collection[ChannelKey]) -> Mapping[ChannelKey, Channel]:
        """Channels by key, for those that exist."""
        ...

    async def upsert(self, channels: Sequence[Channel]) -> Sequence[RowOutcome]:
        """Create or replace, one outcome a channel, in order."""
        ...

    async def delete(self, channel_id: str) -> None:
        """Delete the channel and its subscriptions and mutes; its items stay. Raises ChannelNotFound."""
        ...


class ItemRepository(Protocol):
    """Items by id or key, and their statistics over time."""

    async def get(self, item_id: str) -> Item:
        """Return the item. Raises ItemNotFound."""
        ...

    async def by_keys(self, keys: Sequence[ItemKey]) -> Mapping[ItemKey, Item]:
        """Items by key, for those that exist."""
        ...

    async def keys(self, ids: Collection[str]) -> Mapping[str, ItemKey]:
        """Keys of those ids that exist."""
        ...

    async def upsert(self, items: Sequence[Item]) -> Sequence[RowOutcome]:
        """Create or replace, one outcome an item, in order; unknown channel or author ids become rejected rows.

        Moderation fields of an existing item are kept: only a decision changes them. But one whose content changed, and
        that comes without another status than `pending`, waits to be judged again.
        """
        ...

    async def request_work(self, now: datetime) -> None:
        """Queue the analysis of words and the moderation of content that are new in this transaction, so that it begins
        once they are stored; where there are none, nothing."""
        ...

    async def set_sentiment(self, key: ItemKey, sentiment: str, score: float) -> bool:
        """Keep an item's sentiment, -1 to 1, beside it; whether there is such an item."""
        ...

    async def delete(self, item_id: str) -> None:
        """Delete the item with its interactions, statistics and comments. Raises ItemNotFound."""
        ...

    def facts(self, keys: Sequence[ItemKey] | None = None) -> AsyncIterator[Sequence[ItemFacts]]:
        """Facts of the given items, or of all, in batches in key order."""
        ...

    def texts(self, keys: Sequence[ItemKey] | None = None) -> AsyncIterator[Sequence[ItemText]]:
        """Words of the given items, or of all, in batches in key order."""
        ...

    async def add_stats(self, rows: Sequence[ItemStats]) -> Sequence[RowOutcome]:
        """Store running totals; a second row for the same item and instant replaces the first."""
        ...

    async def stats(self, item_id: str, since: datetime | None = None) -> Sequence[ItemStats]:
        """The item's totals in time order."""
        ...


class AnalysisRepository(Protocol):
    """What analysis found in the words of items, and which of them wait for it."""

    async def request(self, now: datetime) -> None:
        """Queue the analysis of items whose words are new in this transaction, so that it begins once they are stored;
        where there are none, nothing."""
        ...

    async def pending(self, limit: int, made_by: str | None = None) -> Sequence[ItemKey]:
        """Items that wait, the newest first; then, with `made_by`, those whose findings something else made.

        Items without words, and those of authors who do not permit analysis, never wait.
        """
        ...

    async def keys(self, ids: Collection[str]) -> Mapping[str, ItemKey]:
        """Keys of those of these items that can be analysed."""
        ...

    async def words(self, keys: Sequence[ItemKey]) -> Sequence[Words]:
        """Words of those of these items that can be analysed, in key order."""
        ...

    async def land(self, findings: Sequence[tuple[Words, Findings]], made_by: str) -> int:
        """Store findings, but for items whose words changed meanwhile or that are gone; returns how many."""
        ...

    async def counts(self) -> AnalysisCounts:
        """How far it is."""
        ...


class InteractionRepository(Protocol):
    """The append-only interaction log."""

    async def add(self, rows: Sequence[Interaction]) -> Sequence[RowOutcome]:
        """Store each row once; `row.user` is a username or a user id.

        A row whose id this user has used before is a DUPLICATE; an unknown or erased user, or an unknown item, is
        REJECTED with code and field. Never raises for a row.
        """
        ...

    async def poll(self, cursor: LogCursor, limit: int = 500_000) -> LogDelta:
        """What became visible since `cursor`: interactions in storage order and other changes."""
        ...

    async def count(self) -> int:
        """Number of stored interactions."""
        ...


class GraphRepository(Protocol):
    """Follows, subscriptions, blocks and mutes."""

    async def relations(self, user: UserKey) -> Relations:
        """The user's edges, one round trip."""
        ...

    async def relations_many(self, users: Collection[UserKey]) -> Mapping[UserKey, Relations]:
        """The edges of each of these users, one round trip."""
        ...

    async def edges(self, kind: EdgeKind, *, open_only: bool = False) -> npt.NDArray[np.int64]:
        """All edges of a kind as keys (n, 2), source and target, in key order.

        With `open_only`, those whose source, and target where it is a user, permit analysis.
        """
        ...

    async def add(self, edges: Sequence[Edge]) -> Sequence[RowOutcome]:
        """Store edges, idempotent; the outcome's id is "source->target". A self-edge or unknown end is rejected."""
        ...

    async def remove(self, kind: EdgeKind, source: str, target: str) -> bool:
        """Remove an edge; False if there was none."""
        ...

    async def targets(self, kind: EdgeKind, source: str, after: str | None, limit: int) -> Sequence[Edge]:
        """Edges of one kind from `source`, in target order."""
        ...


class ErasureRepository(Protocol):
    """Forgetting a person for good."""

    async def erase_user(self, user_id: str, at: datetime, files: int = 0) -> ErasureReceipt:
        """Delete every row that names the user and close the id by a keyed digest. Raises UserNotFound, Erased.

        `files` is what was taken out of files before, for the receipt.
        """
        ...

    async def receipt(self, receipt_id: str) -> ErasureReceipt:
        """Return a stored receipt. Raises NotFound."""
        ...


class ContentUnit(Protocol):
    """The content repositories of one unit of work."""

    @property
    def users(self) -> UserRepository: ...
    @property
    def channels(self) -> ChannelRepository: ...
    @property
    def items(self) -> ItemRepository: ...
    @property
    def analyses(self) -> AnalysisRepository: ...
    @property
    def interactions(self) -> InteractionRepository: ...
    @property
    def graph(self) -> GraphRepository: ...
    @property
    def erasures(self) -> ErasureRepository: ...


class ContentStore(Protocol):
    """Opens units of work over content."""

    def read(self) -> AbstractAsyncContextManager[ContentUnit]:
        """A unit that may only read; never waits for a writer on SQLite."""
        ...

    def write(self) -> AbstractAsyncContextManager[ContentUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...
