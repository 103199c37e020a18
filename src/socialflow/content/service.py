"""What can be done to the nouns, one transaction each: record interactions, upsert, relate, count, erase.

Who may do it is decided above (`access.matrix`); where that depends on what is stored, the caller hands in a check
that runs inside the same transaction.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, TypeVar

from socialflow.content.group_commit import GroupCommit
from socialflow.content.ports import ContentStore
from socialflow.content.records import (
    CLOCK_SKEW,
    VALUE_RANGES,
    Channel,
    Edge,
    EdgeKind,
    ErasureReceipt,
    Interaction,
    InteractionContext,
    InteractionType,
    Item,
    ItemStats,
    ModerationStatus,
    RowOutcome,
    RowStatus,
    User,
)
from socialflow.errors import (
    ChannelNotFound,
    Conflict,
    Erased,
    FutureEvent,
    InvalidInput,
    ItemNotFound,
    NotFound,
    SocialflowError,
    UserNotFound,
)
from socialflow.kit.clock import Clock, to_micros

SEEN_BY_EVERYONE = frozenset({ModerationStatus.APPROVED, ModerationStatus.FLAGGED})
_OTHER_RANGE = (-1.0, 1.0)
_VALUE_REQUIRED = frozenset({InteractionType.WATCH_TIME, InteractionType.RATING})
_ROW_ERRORS: Mapping[str, type[SocialflowError]] = {
    error.code: error
    for error in (InvalidInput, FutureEvent, UserNotFound, ItemNotFound, ChannelNotFound, NotFound, Erased, Conflict)
}


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """An interaction as it comes in; what is None is filled in: a made id, the type's default value, now."""

    user: str
    item: str
    type: InteractionType
    value: float | None = None
    id: str | None = None
    at: datetime | None = None
    context: InteractionContext = InteractionContext()


def is_public(item: Item) -> bool:
    """Whether everyone may see the item; otherwise its author alone (and moderators)."""
    return item.moderation_status in SEEN_BY_EVERYONE and not (item.hidden or item.withheld)


def check_value(kind: InteractionType, value: float | None) -> float:
    """Return the value to store for an interaction of this type; `None` becomes 1 where the type has that default.

    Raises:
        InvalidInput: outside the range of the type (`VALUE_RANGES`, else [-1, 1]), or missing where there is no
            natural default (`watch_time` in seconds, `rating` in stars).

    >>> check_value(InteractionType.LIKE, None)
    1.0
    """
    low, high = VALUE_RANGES.get(kind, _OTHER_RANGE)
    if value is None:
        if kind in _VALUE_REQUIRED:
            raise InvalidInput(f"{kind} needs a value from {low:g} to {high:g}", field="interaction_value")
        return 1.0
    if not low <= value <= high:
        raise InvalidInput(f"the value of {kind} must be from {low:g} to {high:g}", field="interaction_value")
    return value


def require_stored(outcome: RowOutcome) -> RowOutcome:
    """Return the outcome of a single row, or raise what it was rejected for."""
    if outcome.status is not RowStatus.REJECTED:
        return outcome
    error = _ROW_ERRORS.get(outcome.code or "", InvalidInput)
    raise error(outcome.detail or "the row was rejected", field=outcome.field)


def accept_any(_stored: object) -> None:
    """The check of a caller who may change anybody's things."""


Noun = TypeVar("Noun", User, Item, Channel)
Keep: TypeAlias = Mapping[str, Collection[str]]
"""Field name -> ids of rows that left it out: there the stored value stays."""
NOTHING_KEPT: Keep = {}


def _ids(keep: Keep) -> set[str]:
    return set().union(*keep.values())


def _keeping(rows: Sequence[Noun], stored: Iterable[Noun], keep: Keep) -> list[Noun]:
    before = {row.id: row for row in stored}
    kept = []
    for row in rows:
        names = [name for name, ids in keep.items() if row.id in ids and row.id in before]
        kept.append(replace(row, **{name: getattr(before[row.id], name) for name in names}) if names else row)
    return kept


class ContentService:
    """Use cases of the nouns over a store; one per store, as single interactions share commits through it."""

    def __init__(self, store: ContentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._log = GroupCommit(store)

    async def record(self, rows: Sequence[NewInteraction]) -> Sequence[RowOutcome]:
        """Store interactions, durable on return; one outcome a row, in order.

        A row whose id its user has used before is a duplicate and changes nothing. Never raises for a row.
        """
        now = self._clock.now()
        prefix = f"{to_micros(self._clock.now()) // 1000:012x}{secrets.token_hex(10)}"  # in order of time
        good: list[Interaction] = []
        outcomes: list[RowOutcome | None] = []
        latest = now + CLOCK_SKEW
        for number, row in enumerate(rows):
            made_id = row.id or f"{prefix}-{number}"
            at = row.at or now
            try:
                value = check_value(row.type, row.value)
                if at > latest:
                    raise FutureEvent("the event is dated more than five minutes ahead", field="at")
            except InvalidInput as error:
                outcomes.append(RowOutcome(made_id, RowStatus.REJECTED, error.code, error.message, error.field))
                continue
            good.append(Interaction(made_id, row.user, row.item, row.type, value, at, now, row.context))
            outcomes.append(None)
        stored = iter(await self._log.add(good) if good else ())
        return [outcome or next(stored) for outcome in outcomes]

    async def user(self, user_id: str) -> User:
        """The user. Raises UserNotFound, Erased."""
        async with self._store.read() as unit:
            return await unit.users.get(user_id)

    async def put_user(self, user_id: str, revise: Callable[[User | None], User]) -> User:
        """Create or replace; `revise` turns what is stored (None: nothing) into what shall be, or forbids it.

        Returns it as stored. Raises Conflict, Erased, InvalidInput and what `revise` raises.
        """
        async with self._store.write() as unit:
            try:
                stored = await unit.users.get(user_id)
            except UserNotFound:
                stored = None
            require_stored((await unit.users.upsert([revise(stored)]))[0])
            return await unit.users.get(user_id)

    async def put_users(self, users: Sequence[User], keep: Keep = NOTHING_KEPT) -> Sequence[RowOutcome]:
        """Create or replace, one outcome a row, but for what `keep` says."""
        async with self._store.write() as unit:
            keys = await unit.users.keys(_ids(keep))
            stored = await unit.users.by_keys(keys.values())
            return await unit.users.upsert(_keeping(users, stored.values(), keep))

    async def receipt(self, receipt_id: str) -> ErasureReceipt:
        """What an erasure removed. Raises NotFound."""
        async with self._store.read() as unit:
            return await unit.erasures.receipt(receipt_id)

    async def item(self, item_id: str) -> Item:
        """The item, whatever its visibility. Raises ItemNotFound."""
        async with self._store.read() as unit:
            return await unit.items.get(item_id)

    async def put_item(self, item_id: str, revise: Callable[[Item | None], Item]) -> Item:
        """Create or replace; `revise` turns what is stored (None: nothing) into what shall be, or forbids it.

        Returns it as stored. Raises Conflict, Erased, InvalidInput and what `revise` raises.
        """
        async with self._store.write() as unit:
            try:
                stored = await unit.items.get(item_id)
            except ItemNotFound:
                stored = None
            require_stored((await unit.items.upsert([revise(stored)]))[0])
            await unit.items.request_work(self._clock.now())
            return await unit.items.get(item_id)

    async def put_items(self, items: Sequence[Item], keep: Keep = NOTHING_KEPT) -> Sequence[RowOutcome]:
        """Create or replace, one outcome a row, but for what `keep` says."""
        async with self._store.write() as unit:
            keys = await unit.items.keys(_ids(keep))
            stored = await unit.items.by_keys(list(keys.values()))
            outcomes = await unit.items.upsert(_keeping(items, stored.values(), keep))
            await unit.items.request_work(self._clock.now())
            return outcomes

    async def delete_item(self, item_id: str, check: Callable[[Item], None] = accept_any) -> None:
        """Delete an item with all that hangs on it; `check` may forbid it. Raises ItemNotFound."""
        async with self._store.write() as unit:
            check(await unit.items.get(item_id))
            await unit.items.delete(item_id)

    async def add_stats(self, rows: Sequence[ItemStats]) -> Sequence[RowOutcome]:
        """Store running totals, one outcome a row."""
        async with self._store.write() as unit:
            return await unit.items.add_stats(rows)

    async def stats(self, item_id: str, since: datetime | None) -> Sequence[ItemStats]:
        """An item's totals in time order. Raises ItemNotFound."""
        async with self._store.read() as unit:
            await unit.items.get(item_id)
            return await unit.items.stats(item_id, since)

    async def channel(self, channel_id: str) -> Channel:
        """The channel. Raises ChannelNotFound."""
        async with self._store.read() as unit:
            return await unit.channels.get(channel_id)

    async def put_channel(self, channel_id: str, revise: Callable[[Channel | None], Channel]) -> Channel:
        """Create or replace; `revise` turns what is stored (None: nothing) into what shall be, or forbids it.

        Returns it as stored. Raises Conflict, Erased, InvalidInput and what `revise` raises.
        """
        async with self._store.write() as unit:
            try:
                stored = await unit.channels.get(channel_id)
            except ChannelNotFound:
                stored = None
            require_stored((await unit.channels.upsert([revise(stored)]))[0])
            return await unit.channels.get(channel_id)

    async def put_channels(self, channels: Sequence[Channel], keep: Keep = NOTHING_KEPT) -> Sequence[RowOutcome]:
        """Create or replace, one outcome a row, but for what `keep` says."""
        async with self._store.write() as unit:
            keys = await unit.channels.keys(_ids(keep))
            stored = await unit.channels.by_keys(keys.values())
            return await unit.channels.upsert(_keeping(channels, stored.values(), keep))

    async def delete_channel(self, channel_id: str, check: Callable[[Channel], None] = accept_any) -> None:
        """Delete a channel; its items stay. `check` may forbid it. Raises ChannelNotFound."""
        async with self._store.write() as unit:
            check(await unit.channels.get(channel_id))
            await unit.channels.delete(channel_id)

    async def connect(self, kind: EdgeKind, source: str, target: str) -> None:
        """Add an edge; a second time changes nothing. Raises UserNotFound, ChannelNotFound, InvalidInput."""
        async with self._store.write() as unit:
            outcomes = await unit.graph.add([Edge(kind, source, target, self._clock.now())])
        require_stored(outcomes[0])

    async def disconnect(self, kind: EdgeKind, source: str, target: str) -> bool:
        """Remove an edge; False if there was none."""
        async with self._store.write() as unit:
            return await unit.graph.remove(kind, source, target)

    async def edges(self, kind: EdgeKind, source: str, after: str | None, limit: int) -> Sequence[Edge]:
        """Edges of one kind in target order, from after `after`. Raises UserNotFound, Erased."""
        async with self._store.read() as unit:
            await unit.users.get(source)
            return await unit.graph.targets(kind, source, after, limit)
