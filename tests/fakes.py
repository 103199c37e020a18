"""In-memory stands-ins for the ports of recommendation: a store with snapshots, and a source of models."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from socialflow.content.log import Change, ChangeKind, InteractionBlock, ItemFacts, ItemText, LogCursor, LogDelta
from socialflow.content.records import (
    INTERACTION_CODES,
    Channel,
    InteractionType,
    ItemKind,
    ModerationStatus,
    Relations,
    User,
)
from socialflow.errors import Conflict, ModelNotFound, StoreUnavailable, UserNotFound
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.clock import to_micros
from socialflow.recommendation.person_rewards import Person
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.records import Impression, ValueModel
from socialflow.recommendation.rewards import Due, Reaction
from socialflow.recommendation.rules import Rule, RuleSet
from socialflow.recommendation.value_model import default_value_model

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(**span: float) -> datetime:
    """An instant before NOW."""
    return NOW - timedelta(**span)


@dataclass
class FakeData:
    users: dict[int, User] = field(default_factory=dict)
    items: dict[int, ItemFacts] = field(default_factory=dict)
    texts: dict[int, ItemText] = field(default_factory=dict)
    relations: dict[int, Relations] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    rows: list[tuple[int, int, int, float, int]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    impressions: dict[tuple[str, int], Impression] = field(default_factory=dict)
    value_model: ValueModel = field(default_factory=default_value_model)
    rules: RuleSet = RuleSet(1, (), NOW)
    bandit: tuple[int, Mapping[str, Any]] = (0, {})
    people: dict[UserKey, Person] = field(default_factory=dict)


class FakeStore:
    """One committed state; a unit sees the log as it was when the unit was opened."""

    def __init__(self) -> None:
        self.data = FakeData()
        self.polls = 0
        self.before_poll: Callable[[], object] | None = None
        """Awaited inside the next polls, after the unit took its snapshot (to hold a poll open)."""
        self.down = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator["FakeUnit"]:
        if self.down:
            raise StoreUnavailable("the database cannot be reached")
        yield FakeUnit(self)

    @asynccontextmanager
    async def write(self) -> AsyncIterator["FakeUnit"]:
        if self.down:
            raise StoreUnavailable("the database cannot be reached")
        yield FakeUnit(self)

    # What a test commits -----------------------------------------------------------------------------------------

    def user(self, key: int, **facts: object) -> User:
        user = replace(User(f"u{key}", f"name{key}", ago(days=400), key=UserKey(key)), **facts)
        self.data.users[key] = user
        return user

    def channel(self, key: int, owner: str | None) -> None:
        self.data.channels[key] = Channel(f"c{key}", f"channel {key}", ago(days=100), owner=owner, key=ChannelKey(key))
        self.data.changes.append(Change(ChangeKind.CHANNEL, key))

    def item(self, key: int, title: str = "", *, at: datetime | None = None, **facts: object) -> ItemFacts:
        row = ItemFacts(
            key=ItemKey(key),
            id=f"i{key}",
            kind=ItemKind.VIDEO,
            created_at=to_micros(at or ago(days=10)),
            status=ModerationStatus.APPROVED,
            hidden=False,
        )
        row = replace(row, **facts)
        self.data.items[key] = row
        self.data.texts[key] = ItemText(ItemKey(key), title, "", "", (), row.category, None)
        self.data.changes.append(Change(ChangeKind.ITEM, key))
        return row

    def act(
        self,
        user: int,
        item: int,
        kind: InteractionType = InteractionType.LIKE,
        value: float = 1.0,
        at: datetime | None = None,
    ) -> None:
        self.data.rows.append((user, item, INTERACTION_CODES[kind], value, to_micros(at or ago(hours=1))))

    def relate(self, user: int, **edges: object) -> None:
        self.data.relations[user] = replace(self.data.relations.get(user, Relations()), **edges)

    def announce_value_model(self) -> None:
        self.data.changes.append(Change(ChangeKind.VALUE_MODEL, self.data.value_model.version))

    def rule(self, *rules: Rule) -> None:
        self.data.rules = RuleSet(self.data.rules.version + 1, rules, NOW)
        self.data.changes.append(Change(ChangeKind.RULES, self.data.rules.version))

    def erase_user(self, key: int) -> None:
        del self.data.users[key]
        self.data.changes.append(Change(ChangeKind.USER_ERASED, key))

    def erase_item(self, key: int) -> None:
        del self.data.items[key]
        self.data.changes.append(Change(ChangeKind.ITEM_ERASED, key))


class FakeUnit:
    """All repositories of one unit in one object."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._data = store.data
        self._rows, self._changes = len(store.data.rows), len(store.data.changes)

    @property
    def users(self) -> "FakeUnit":
        return self

    items = interactions = graph = users

    @property
    def channels(self) -> "_Channels":
        return _Channels(self._data)

    @property
    def impressions(self) -> "_Impressions":
        return _Impressions(self._data)

    @property
    def value_models(self) -> "FakeUnit":
        return self

    @property
    def rules(self) -> "_Rules":
        return _Rules(self._data)

    @property
    def bandit(self) -> "_Bandit":
        return _Bandit(self._data)

    async def active(self) -> ValueModel:
        return self._data.value_model

    async def get(self, user_id: str) -> User:
        return self._person(lambda user: user.id == user_id)

    async def by_username(self, username: str) -> User:
        return self._person(lambda user: user.username == username)

    async def by_keys(self, keys: Collection[UserKey]) -> Mapping[UserKey, User]:
        return {key: self._data.users[key] for key in keys if key in self._data.users}

    async def untrainable(self) -> Collection[UserKey]:
        return [key for key, user in self._data.users.items() if not user.privacy.train]

    async def keys(self, ids: Collection[str]) -> Mapping[str, UserKey]:
        return {user.id: user.key for user in self._data.users.values() if user.id in ids}

    async def relations(self, user: UserKey) -> Relations:
        return self._data.relations.get(user, Relations())

    async def relations_many(self, users: Collection[UserKey]) -> Mapping[UserKey, Relations]:
        return {user: await self.relations(user) for user in users}

    async def facts(self, keys: Sequence[ItemKey] | None = None) -> AsyncIterator[Sequence[ItemFacts]]:
        wanted = sorted(self._data.items) if keys is None else keys
        yield [self._data.items[key] for key in wanted if key in self._data.items]

    async def texts(self, keys: Sequence[ItemKey] | None = None) -> AsyncIterator[Sequence[ItemText]]:
        wanted = sorted(self._data.texts) if keys is None else keys
        yield [self._data.texts[key] for key in wanted if key in self._data.items]

    async def poll(self, cursor: LogCursor, limit: int = 500_000) -> LogDelta:
        self._store.polls += 1
        await asyncio.sleep(0)  # as a real database would, let others run
        if self._store.before_poll is not None:
            await self._store.before_poll()
        stop = min(self._rows, cursor.interactions + limit)
        rows = self._data.rows[cursor.interactions : stop]
        users, items, types, values, at = (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 5
        block = InteractionBlock(
            np.array(users, np.int64),
            np.array(items, np.int64),
            np.array(types, np.uint8),
            np.array(values, np.float32),
            np.array(at, np.int64),
        )
        changes = tuple(self._data.changes[cursor.changes : self._changes])
        return LogDelta(block, changes, LogCursor(stop, self._changes), more=stop < self._rows)

    def _person(self, is_it: Callable[[User], bool]) -> User:
        for user in self._data.users.values():
            if is_it(user):
                return user
        raise UserNotFound("no such user")


class _Rules:
    def __init__(self, data: FakeData) -> None:
        self._data = data

    async def active(self) -> RuleSet:
        return self._data.rules


class _Channels:
    def __init__(self, data: FakeData) -> None:
        self._stored = data.channels

    async def keys(self, ids: Collection[str]) -> Mapping[str, ChannelKey]:
        return {channel.id: channel.key for channel in self._stored.values() if channel.id in ids}

    async def by_keys(self, keys: Collection[ChannelKey]) -> Mapping[ChannelKey, Channel]:
        return {key: self._stored[key] for key in keys if key in self._stored}


class _Impressions:
    def __init__(self, data: FakeData) -> None:
        self._stored = data.impressions

    async def add(self, impression: Impression) -> None:
        place = (impression.request_id, impression.page)
        if place in self._stored:
            raise Conflict("answered before", field="request_id")
        self._stored[place] = impression

    async def add_many(self, answers: Sequence[Impression]) -> None:
        for answer in answers:
            await self.add(answer)

    async def pages(self, request_id: str) -> Sequence[Impression]:
        return [page for (request, _), page in sorted(self._stored.items()) if request == request_id]


class _Bandit:
    """Beliefs; nothing is ever due here."""

    def __init__(self, data: FakeData) -> None:
        self._data = data

    async def revision(self) -> int:
        return self._data.bandit[0]

    async def population(self) -> tuple[int, Mapping[str, Any]]:
        return self._data.bandit

    async def people(self, keys: Collection[UserKey]) -> Mapping[UserKey, Person]:
        return {key: self._data.people[key] for key in keys if key in self._data.people}

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        return []

    async def reactions(self, due: Sequence[Due]) -> Mapping[str, Sequence[Reaction]]:
        return {}

    async def save(
        self,
        revision: int,
        state: Mapping[str, Any],
        people: Mapping[UserKey, Person],
        rewards: Mapping[tuple[str, int], float],
    ) -> None:
        if revision != self._data.bandit[0]:
            raise Conflict("the bandit learnt something else meanwhile")
        self._data.bandit = (revision + 1, state)
        self._data.people.update(people)


class FakeModels:
    """Models by name; `activate` makes a version the active one."""

    def __init__(self) -> None:
        self._active: dict[str, tuple[str, Recommender | Exception]] = {}
        self.loads: list[str] = []
        self.before_load: Callable[[], object] | None = None

    def activate(self, model: Recommender | Exception, version: str = "1", name: str | None = None) -> None:
        self._active[name or model.name] = (version, model)

    def deactivate(self, name: str) -> None:
        del self._active[name]

    def versions(self) -> dict[str, str]:
        return {name: version for name, (version, _) in self._active.items()}

    def load(self, name: str) -> tuple[Recommender, Provenance]:
        self.loads.append(name)
        if name not in self._active:
            raise ModelNotFound(f"no model {name}")
        version, model = self._active[name]
        if self.before_load is not None:
            self.before_load()
        if isinstance(model, Exception):
            raise model
        return model, Provenance(name, version, Tier.TRAINED)

    def fitted_at(self, name: str, version: str) -> datetime:
        return ago(days=2)
