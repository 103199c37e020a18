"""Writes a simulated platform into a store, and its ground truth beside it."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from socialflow.content.ports import ContentStore, ContentUnit
from socialflow.content.records import (
    INTERACTION_TYPES,
    Channel,
    Edge,
    EdgeKind,
    Interaction,
    InteractionContext,
    Item,
    ItemKind,
    ModerationStatus,
    RowOutcome,
    RowStatus,
    User,
)
from socialflow.errors import ArtefactError, Conflict
from socialflow.kit.clock import from_micros
from socialflow.kit.progress import Progress, no_progress
from socialflow.kit.roles import Role
from socialflow.simulation.behaviour import Behaviour
from socialflow.simulation.config import SimulationConfig
from socialflow.simulation.sessions import BY_SHARE, DayLog, Sessions
from socialflow.simulation.truth import load_parameters, save_parameters, save_truth
from socialflow.simulation.vocabulary import TOPICS
from socialflow.simulation.wording import Writer, username
from socialflow.simulation.world import World, build_world

R = TypeVar("R")
_CHUNK = 10_000
_DEVICES = ("phone", "phone", "phone", "tablet", "web")
_REGIONS = ("DE", "FR", "GB", "IN", "US", "BR", "JP", "PL")
_PROJECTS = 3


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What was written. `stored` and `duplicates` count interactions (duplicates: an equal simulation was there)."""

    users: int
    channels: int
    items: int
    follows: int
    subscriptions: int
    stored: int
    duplicates: int
    rejected: int
    by_type: Mapping[str, int]
    seconds: float
    generation_seconds: float
    truth_path: Path


async def simulate_into(
    store: ContentStore, config: SimulationConfig, truth_path: Path, progress: Progress = no_progress
) -> SimulationReport:
    """Simulate a platform into a store; items arrive approved and marked as simulated. Repeating it changes nothing.

    Raises:
        Conflict: the store holds another simulation of this seed.
        StoreUnavailable: the database went away; the same call may be repeated.
    """
    run = _Run(store, config, truth_path, progress)
    return await run.execute()


class _Run:
    def __init__(self, store: ContentStore, config: SimulationConfig, truth_path: Path, progress: Progress) -> None:
        self._store = store
        self._config = config
        self._truth_path = truth_path
        self._progress = progress
        self._behaviour = Behaviour()
        self._statuses: Counter[RowStatus] = Counter()
        self._refused = 0
        self._generation = 0.0

    async def execute(self) -> SimulationReport:
        started = time.perf_counter()
        config = self._config
        await self._check_free()
        await asyncio.to_thread(save_parameters, self._truth_path, config, self._behaviour)
        draws, words = (np.random.default_rng([config.seed, stream]) for stream in (0, 1))
        world = await self._timed(lambda: build_world(config, draws))
        await self._write_nouns(world, Writer(words))
        by_type = await self._write_days(world, draws)
        return SimulationReport(
            users=config.users,
            channels=config.channels,
            items=config.items,
            follows=len(world.followers),
            subscriptions=len(world.subscribed),
            stored=self._statuses[RowStatus.STORED],
            duplicates=self._statuses[RowStatus.DUPLICATE],
            rejected=self._refused + self._statuses[RowStatus.REJECTED],
            by_type={kind.value: int(by_type[code]) for code, kind in enumerate(INTERACTION_TYPES) if by_type[code]},
            seconds=time.perf_counter() - started,
            generation_seconds=self._generation,
            truth_path=self._truth_path,
        )

    async def _check_free(self) -> None:
        """Two simulations must not mix under the same ids."""
        async with self._store.read() as unit:
            if not await unit.users.keys([self._config.user_id(0)]):
                return
        try:
            there, _ = await asyncio.to_thread(load_parameters, self._truth_path)
        except ArtefactError:
            there = None
        if there != self._config:
            raise Conflict(
                f"the store holds another simulation of seed {self._config.seed}; choose another seed or a fresh store",
                field="seed",
            )

    async def _timed(self, make: Callable[[], R]) -> R:
        started = time.perf_counter()
        made = await asyncio.to_thread(make)
        self._generation += time.perf_counter() - started
        return made

    async def _write_nouns(self, world: World, words: Writer) -> None:
        config = self._config
        people = await self._timed(lambda: list(users_of(config, world)))
        await self._write("users", people, lambda unit, rows: unit.users.upsert(rows))
        channels = await self._timed(lambda: list(channels_of(config, world, words)))
        await self._write("channels", channels, lambda unit, rows: unit.channels.upsert(rows))
        items = await self._timed(lambda: list(items_of(config, world, words)))
        await self._write("items", items, lambda unit, rows: unit.items.upsert(rows))
        edges = await self._timed(lambda: list(edges_of(config, world)))
        await self._write("graph", edges, lambda unit, rows: unit.graph.add(rows))

    async def _write(
        self,
        stage: str,
        rows: Sequence[R],
        write: Callable[[ContentUnit, Sequence[R]], Awaitable[Sequence[RowOutcome]]],
    ) -> None:
        for start in range(0, len(rows), _CHUNK):
            async with self._store.write() as unit:
                outcomes = await write(unit, rows[start : start + _CHUNK])
            self._refused += sum(outcome.status is RowStatus.REJECTED for outcome in outcomes)
            self._progress(stage, min(start + _CHUNK, len(rows)), len(rows))

    async def _write_days(self, world: World, draws: np.random.Generator) -> np.ndarray:
        config = self._config
        days = Sessions(config, world, self._behaviour, draws).days()
        by_type = np.zeros(len(INTERACTION_TYPES), np.int64)
        exposures = []
        written = 0
        for day in range(config.days):
            log, shown = await self._timed(lambda: next(days))
            exposures.append(shown)
            by_type += np.bincount(log.types, minlength=len(by_type))
            for start in range(0, len(log), _CHUNK):
                rows = await asyncio.to_thread(interactions_of, config, log, start, written)
                async with self._store.write() as unit:
                    outcomes = await unit.interactions.add(rows)
                self._statuses.update(outcome.status for outcome in outcomes)
            written += len(log)
            self._progress("days", day + 1, config.days)
        await asyncio.to_thread(save_truth, self._truth_path, world, exposures)
        return by_type


def users_of(config: SimulationConfig, world: World) -> Iterator[User]:
    """The users as records; owners of channels are creators. Interests are the topics that dominate the taste."""
    owners = set(world.channel_owner.tolist())
    best = np.argsort(-world.taste_start, axis=1)[:, :2]
    for number, (joined, interests) in enumerate(zip(world.joined_at.tolist(), best.tolist(), strict=True)):
        yield User(
            id=config.user_id(number),
            username=username(number, config.seed),
            created_at=from_micros(joined),
            locale="en",
            region=_REGIONS[number % len(_REGIONS)],
            role=Role.CREATOR if number in owners else Role.USER,
            profile={"simulated": True},
            interests=tuple(TOPICS[topic].name for topic in interests),
        )


def channels_of(config: SimulationConfig, world: World, words: Writer) -> Iterator[Channel]:
    """The channels as records, named after their main topic."""
    main = world.channel_topics.argmax(axis=1).tolist()
    subscribers = np.bincount(world.subscribed, minlength=config.channels).tolist()
    for number, owner in enumerate(world.channel_owner.tolist()):
        name, description = words.channel(main[number], number)
        yield Channel(
            id=config.channel_id(number),
            name=name,
            description=description,
            created_at=from_micros(int(world.joined_at[owner])),
            subscriber_count=subscribers[number],
            owner=config.user_id(owner),
            categories=(TOPICS[main[number]].category,),
        )


def items_of(config: SimulationConfig, world: World, words: Writer) -> Iterator[Item]:
    """The items as records: approved, marked as simulated, with words of their topics."""
    owners = world.channel_owner.tolist()
    for number, channel in enumerate(world.item_channel.tolist()):
        main, second = int(world.item_main[number]), int(world.item_second[number])
        said = words.item(main, second if second >= 0 else None)
        post = bool(world.item_is_post[number])
        yield Item(
            id=config.item_id(number),
            kind=ItemKind.POST if post else ItemKind.VIDEO,
            created_at=from_micros(int(world.created_at[number])),
            channel=config.channel_id(channel),
            author=config.user_id(owners[channel]),
            title=said.title,
            description="" if post else said.description,
            text=said.description if post else "",
            tags=said.tags,
            category=TOPICS[main].category,
            topics=tuple(TOPICS[topic].name for topic in (main, second) if topic >= 0),
            project_code=f"project-{channel % _PROJECTS}",
            mood=said.mood,
            language="en",
            duration=None if post else round(float(world.item_seconds[number]), 1),
            moderation_status=ModerationStatus.APPROVED,
            simulated=True,
        )


def edges_of(config: SimulationConfig, world: World) -> Iterator[Edge]:
    """Follows and subscriptions as records, each from when both ends were there."""
    followed = np.repeat(np.arange(config.users), np.diff(world.follow_starts))
    since = np.maximum(world.joined_at[world.followers], world.joined_at[followed]).tolist()
    for source, target, at in zip(world.followers.tolist(), followed.tolist(), since, strict=True):
        yield Edge(EdgeKind.FOLLOW, config.user_id(source), config.user_id(target), from_micros(at))
    joined = world.joined_at[world.subscribers].tolist()
    for source, target, at in zip(world.subscribers.tolist(), world.subscribed.tolist(), joined, strict=True):
        yield Edge(EdgeKind.SUBSCRIPTION, config.user_id(source), config.channel_id(target), from_micros(at))


def interactions_of(config: SimulationConfig, log: DayLog, start: int, written: int) -> list[Interaction]:
    """A chunk of a day's log as records; `written` interactions were made on the days before."""
    part = slice(start, start + _CHUNK)
    users, items = log.users[part].tolist(), log.items[part].tolist()
    columns = zip(
        users, items, log.types[part].tolist(), log.values[part].tolist(), log.at[part].tolist(),
        log.positions[part].tolist(), strict=True,
    )  # fmt: skip
    rows = []
    for number, (user, item, code, value, micros, position) in enumerate(columns, written + start):
        at = from_micros(micros)
        rows.append(
            Interaction(
                id=f"sim{config.seed}-{number}",
                user=config.user_id(user),
                item=config.item_id(item),
                type=INTERACTION_TYPES[code],
                value=value,
                at=at,
                received_at=at,
                context=_context(position, user % len(_DEVICES)),
            )
        )
    return rows


@cache
def _context(position: int, device: int) -> InteractionContext:
    if position == BY_SHARE:
        return InteractionContext(surface="share", device=_DEVICES[device])
    return InteractionContext(surface="feed", device=_DEVICES[device], position=position)
