"""A store in memory that behaves as `content.ports` says, as far as imports use it."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import datetime

from socialflow.content.records import Channel, Edge, Interaction, Item, ItemStats, RowOutcome, RowStatus, User


class _Nouns:
    def __init__(self) -> None:
        self.rows: dict = {}

    async def keys(self, ids: Collection[str]) -> Mapping[str, int]:
        return {one: place for place, one in enumerate(ids) if one in self.rows}

    async def upsert(self, rows: Sequence) -> Sequence[RowOutcome]:
        for row in rows:
            self.rows[row.id] = row
        return [RowOutcome(row.id, RowStatus.STORED) for row in rows]


class Users(_Nouns):
    rows: dict[str, User]


class Channels(_Nouns):
    rows: dict[str, Channel]


class Items(_Nouns):
    rows: dict[str, Item]

    def __init__(self, channels: Channels, users: Users) -> None:
        super().__init__()
        self._channels, self._users = channels, users
        self.totals: dict[tuple[str, object], ItemStats] = {}
        self.requests = 0
        """How often somebody asked for what came in to be analysed and moderated."""

    async def upsert(self, rows: Sequence[Item]) -> Sequence[RowOutcome]:
        return [self._one(row) for row in rows]

    async def request_work(self, now: datetime) -> None:
        self.requests += 1

    def _one(self, row: Item) -> RowOutcome:
        if row.channel and row.channel not in self._channels.rows:
            return RowOutcome(row.id, RowStatus.REJECTED, "channel_not_found", "no such channel", "channel")
        if row.author and row.author not in self._users.rows:
            return RowOutcome(row.id, RowStatus.REJECTED, "user_not_found", "no such user", "author")
        self.rows[row.id] = row
        return RowOutcome(row.id, RowStatus.STORED)

    async def add_stats(self, rows: Sequence[ItemStats]) -> Sequence[RowOutcome]:
        for row in rows:
            self.totals[row.item, row.at] = row
        return [RowOutcome(row.item, RowStatus.STORED) for row in rows]


class Interactions:
    def __init__(self, users: Users, items: Items) -> None:
        self._users, self._items = users, items
        self.rows: dict[tuple[str, str], Interaction] = {}

    async def add(self, rows: Sequence[Interaction]) -> Sequence[RowOutcome]:
        return [self._one(row) for row in rows]

    def _one(self, row: Interaction) -> RowOutcome:
        if row.user not in self._users.rows:
            return RowOutcome(row.id, RowStatus.REJECTED, "user_not_found", f"no user {row.user}", "user")
        if row.item not in self._items.rows:
            return RowOutcome(row.id, RowStatus.REJECTED, "item_not_found", f"no item {row.item}", "item")
        if (row.user, row.id) in self.rows:
            return RowOutcome(row.id, RowStatus.DUPLICATE)
        self.rows[row.user, row.id] = row
        return RowOutcome(row.id, RowStatus.STORED)


class Graph:
    def __init__(self, users: Users, channels: Channels) -> None:
        self._users, self._channels = users, channels
        self.rows: dict[tuple[str, str, str], Edge] = {}

    async def add(self, edges: Sequence[Edge]) -> Sequence[RowOutcome]:
        return [self._one(edge) for edge in edges]

    def _one(self, edge: Edge) -> RowOutcome:
        name = f"{edge.source}->{edge.target}"
        ends = self._users.rows if edge.kind == "follow" else self._channels.rows
        if edge.source not in self._users.rows or edge.target not in ends:
            return RowOutcome(name, RowStatus.REJECTED, "not_found", "no such end", "target")
        key = (edge.kind, edge.source, edge.target)
        status = RowStatus.DUPLICATE if key in self.rows else RowStatus.STORED
        self.rows[key] = edge
        return RowOutcome(name, status)


class FakeStore:
    """`fail_at` names the write (from 1) whose commit fails and rolls back."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.users, self.channels = Users(), Channels()
        self.items = Items(self.channels, self.users)
        self.interactions = Interactions(self.users, self.items)
        self.graph = Graph(self.users, self.channels)
        self.fail_at = fail_at
        self.writes = 0

    @asynccontextmanager
    async def read(self) -> AsyncIterator["FakeStore"]:
        yield self

    @asynccontextmanager
    async def write(self) -> AsyncIterator["FakeStore"]:
        self.writes += 1
        places = (self.users, self.channels, self.items, self.interactions, self.graph)
        before = [deepcopy(place.rows) for place in places] if self.fail_at == self.writes else []
        yield self
        if self.fail_at == self.writes:
            for place, rows in zip(places, before, strict=True):
                place.rows = rows
            raise ConnectionError("the database went away")
