"""Storing a chunk of records in one unit of work, first making what they name and the store lacks, if wanted."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from socialflow.content.ports import ContentUnit
from socialflow.content.records import (
    Channel,
    Edge,
    EdgeKind,
    Interaction,
    Item,
    ItemKind,
    RowOutcome,
    User,
)
from socialflow.intake.records import ImportOptions

R = TypeVar("R")
Write = Callable[[ContentUnit, Sequence[R]], Awaitable[Sequence[RowOutcome]]]

_REMEMBERED = 500_000


class Shells:
    """Makes bare users, items and channels for ids that are named but not known."""

    def __init__(self, options: ImportOptions) -> None:
        self._options = options
        self._known: dict[str, set[str]] = {"users": set(), "items": set(), "channels": set()}

    async def users(self, unit: ContentUnit, ids: Iterable[str], at: datetime) -> None:
        """Make the users among `ids` that are missing; their username is their id."""
        wanted = self._unseen("users", ids)
        missing = wanted - (await unit.users.keys(wanted)).keys() if wanted else set()
        if missing:
            await unit.users.upsert([User(id=one, username=one, created_at=at) for one in sorted(missing)])

    async def items(self, unit: ContentUnit, ids: Iterable[str], at: datetime) -> None:
        """Make the items among `ids` that are missing: videos without words."""
        wanted = self._unseen("items", ids)
        missing = wanted - (await unit.items.keys(wanted)).keys() if wanted else set()
        status = self._options.moderation.status
        if missing:
            await unit.items.upsert(
                [Item(id=one, kind=ItemKind.VIDEO, created_at=at, moderation_status=status) for one in sorted(missing)]
            )

    async def channels(self, unit: ContentUnit, ids: Iterable[str], at: datetime) -> None:
        """Make the channels among `ids` that are missing; their name is their id."""
        wanted = self._unseen("channels", ids)
        missing = wanted - (await unit.channels.keys(wanted)).keys() if wanted else set()
        if missing:
            await unit.channels.upsert([Channel(id=one, name=one, created_at=at) for one in sorted(missing)])

    def _unseen(self, noun: str, ids: Iterable[str]) -> set[str]:
        known = self._known[noun]
        unseen = set(ids) - known
        if len(known) > _REMEMBERED:
            known.clear()
        known |= unseen
        return unseen


class Writer:
    """Writes chunks of each kind of record; with `create_missing` after making what they name."""

    def __init__(self, options: ImportOptions) -> None:
        self._create = options.create_missing
        self._shells = Shells(options)
        self._at = options.clock.now()

    async def users(self, unit: ContentUnit, rows: Sequence[User]) -> Sequence[RowOutcome]:
        """Create or replace users."""
        return await unit.users.upsert(rows)

    async def channels(self, unit: ContentUnit, rows: Sequence[Channel]) -> Sequence[RowOutcome]:
        """Create or replace channels, making their owners where wanted."""
        if self._create:
            await self._shells.users(unit, (row.owner for row in rows if row.owner), self._at)
        return await unit.channels.upsert(rows)

    async def items(self, unit: ContentUnit, rows: Sequence[Item]) -> Sequence[RowOutcome]:
        """Create or replace items, making their channels and authors where wanted."""
        if self._create:
            await self._shells.channels(unit, (row.channel for row in rows if row.channel), self._at)
            await self._shells.users(unit, (row.author for row in rows if row.author), self._at)
        return await unit.items.upsert(rows)

    async def interactions(self, unit: ContentUnit, rows: Sequence[Interaction]) -> Sequence[RowOutcome]:
        """Add interactions, making their users and items where wanted."""
        if self._create:
            await self._shells.users(unit, (row.user for row in rows), self._at)
            await self._shells.items(unit, (row.item for row in rows), self._at)
        return await unit.interactions.add(rows)

    async def edges(self, unit: ContentUnit, rows: Sequence[Edge]) -> Sequence[RowOutcome]:
        """Add follows or subscriptions, making their ends where wanted."""
        if self._create:
            follows = [row for row in rows if row.kind is EdgeKind.FOLLOW]
            await self._shells.users(unit, [row.source for row in rows] + [row.target for row in follows], self._at)
            others = (row.target for row in rows if row.kind is EdgeKind.SUBSCRIPTION)
            await self._shells.channels(unit, others, self._at)
        return await unit.graph.add(rows)
