"""The platform's present state in memory, brought up to date with the store before every answer."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from socialflow.content.log import ChangeKind, InteractionBlock, ItemText, LogCursor, LogDelta
from socialflow.errors import Overloaded, StoreUnavailable
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.inference.lane import Lane
from socialflow.kit.clock import Clock, to_micros
from socialflow.recommendation.activity import Activity
from socialflow.recommendation.charts import Charts
from socialflow.recommendation.content_space import ContentModel, ContentSpace
from socialflow.recommendation.context import FeedSettings, World
from socialflow.recommendation.corpus import NONE, Corpus
from socialflow.recommendation.interactions import ItemTable
from socialflow.recommendation.log import MICROS, Base, InteractionLog, Snapshot, merge
from socialflow.recommendation.ports import RecommendationStore, RecommendationUnit
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.rulebook import NO_RULES, resolve
from socialflow.recommendation.shelf import Loaded
from socialflow.recommendation.value_model import Weigher, default_value_model

BULK = 20_000
"""Rows of one poll from which they are sorted in at once, in the background lane, instead of appended."""
ENCODED_AT_ONCE = 500
"""Changed items whose words a sync encodes before it returns; a longer list is encoded aside."""
ENCODED_ASIDE = 5_000
"""Items encoded between two looks at what is left."""
CHANNELS_AT_ONCE = 5_000
"""Channels read by one query."""
LONG_TAIL = 100_000
"""Appended rows after which the log is merged."""


class LiveState:
    """Interaction log, item facts, activity counts and content vectors, current as of the last `sync`.

    Every process polls the store's change counter before every answer, so a commit anywhere is in the next answer
    everywhere. All state is changed on the event loop, and each poll's result in one go, without awaiting in between.
    """

    def __init__(self, store: RecommendationStore, clock: Clock, *, lane: Lane, aside: Lane) -> None:
        """`lane` does what a sync waits for, `aside` what no request waits for."""
        self._store = store
        self._lane = lane
        self._aside = aside
        self._clock = clock
        self._cursor = LogCursor()
        self._lock = asyncio.Lock()
        self._started = 0
        self._completed = 0
        self._backlog = False
        """Whether items wait to be encoded aside."""
        self._merging: asyncio.Task[None] | None = None
        self._meeting: asyncio.Task[None] | None = None
        self.log = InteractionLog()
        self.corpus = Corpus()
        self.activity = Activity(now=self._now())
        self.weigh = Weigher(default_value_model())
        self.rules = NO_RULES
        self._charts = Charts(self.corpus, self.activity)
        self.content: ContentSpace | None = None
        """Vectors of the content model in use; set through `adopt`."""
        self.heard: set[int] = set()
        """People of whom something came, or who were erased, since `take_heard`."""

    async def close(self) -> None:
        """Give up work aside."""
        tasks = [task for task in (self._merging, self._meeting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def sync(self) -> None:
        """Return once the state holds every commit that was there when this was called.

        Concurrent callers share polls: who arrives while one is running may have committed after it began, and so
        waits for the next one, which all who arrived meanwhile share.

        Raises:
            StoreUnavailable: the store could not be read; the state is as of the last successful poll.
        """
        arrived = self._started
        async with self._lock:
            if self._completed > arrived:
                return
            self._started += 1
            await self._catch_up()
            self._completed = self._started

    async def settle(self) -> None:
        """Wait for work aside: a merge of the log, items being encoded."""
        for task in (self._merging, self._meeting):
            if task is not None:
                await task

    def take_heard(self) -> set[int]:
        """Who is in `heard`, which is empty then."""
        taken, self.heard = self.heard, set()
        return taken

    def charts(self) -> Charts:
        """Orders of the catalogue as it is now; the same object until something changes."""
        if not self._charts.hold(self.corpus, self.activity):
            self._charts = Charts(self.corpus, self.activity, self._charts)
        return self._charts

    def world(self, models: Mapping[str, Loaded], settings: FeedSettings) -> World:
        """What one request sees: this state as it is now, with the models in use."""
        return World(
            corpus=self.corpus,
            activity=self.activity,
            models=models,
            weigh=self.weigh,
            settings=settings,
            charts=self.charts(),
            now=self._now(),
            rules=self.rules,
        )

    async def adopt(self, model: Recommender) -> ContentSpace | None:
        """Make a freshly loaded content model know every item; None for any other model."""
        if not isinstance(model, ContentModel):
            return None
        space = ContentSpace(model)
        await self._acquaint(space)
        self.content = space
        return space

    async def _catch_up(self) -> None:
        more = True
        while more:
            async with self._store.read() as unit:
                delta = await unit.interactions.poll(self._cursor)
                await self._apply(unit, delta)
            more = delta.more
        self._tend()

    async def _apply(self, unit: RecommendationUnit, delta: LogDelta) -> None:
        """Read what the delta speaks of, then take it in without awaiting, so that a cancelled call leaves no half."""
        named = {kind: {change.key for change in delta.changes if change.kind is kind} for kind in ChangeKind}
        first = self._cursor == LogCursor()
        gone = named[ChangeKind.ITEM_ERASED]
        changed = sorted(named[ChangeKind.ITEM] - gone)
        channels: set[int] = set()
        if first or changed:
            wanted = None if first else [ItemKey(key) for key in changed]
            found: set[int] = set()
            async for batch in unit.items.facts(wanted):
                self.corpus.put(batch)  # taken in at once: reading facts again does no harm
                found.update(int(row.key) for row in batch)
                channels.update(int(row.channel_key) for row in batch if row.channel_key is not None)
            gone |= set() if first else set(changed) - found
        await self._read_owners(unit, named[ChangeKind.CHANNEL] | channels)
        weigh, activity = self.weigh, self.activity
        if first or named[ChangeKind.VALUE_MODEL]:
            weigh = Weigher(await unit.value_models.active())
            if weigh.version != self.weigh.version:
                activity = await self._lane.run(recounted, self.log.snapshot(), weigh, self._now())
        rules = self.rules
        if first or named[ChangeKind.RULES]:
            rules = await resolve(unit, await unit.rules.active())
        if 0 < len(changed) <= ENCODED_AT_ONCE:
            await self._encode(unit, np.array(changed, np.int64))
        elif changed:
            self._backlog = True
        bulk = await self._sorted_in(delta.block) if len(delta.block) >= BULK else None
        # Nothing is awaited from here on.
        self._cursor, self.weigh, self.activity, self.rules = delta.cursor, weigh, activity, rules
        if bulk is None:
            self.log.append(delta.block)
        else:
            merged, snapshot = bulk
            self.log.install(merged, snapshot, tail_rows=self.log.tail_length)
        self._count(delta.block)
        if not first:
            self.heard.update(np.unique(delta.block.users).tolist(), named[ChangeKind.USER_ERASED])
        self._forget(users=named[ChangeKind.USER_ERASED], items=gone)

    async def _read_owners(self, unit: RecommendationUnit, channels: set[int]) -> None:
        """Read who owns these channels now."""
        wanted = sorted(channels)
        for start in range(0, len(wanted), CHANNELS_AT_ONCE):
            keys = [ChannelKey(key) for key in wanted[start : start + CHANNELS_AT_ONCE]]
            found = await unit.channels.by_keys(keys)
            people = await unit.users.keys({channel.owner for channel in found.values() if channel.owner is not None})
            owners = {key: found[key].owner if key in found else None for key in keys}
            self.corpus.own({key: people.get(owner or "", NONE) for key, owner in owners.items()})

    def _count(self, block: InteractionBlock) -> None:
        self.activity.reach(self.corpus.size)
        weights = self.weigh(block.types, block.values)
        self.activity.add(block.items, block.at / MICROS, weights, now=self._now())

    def _forget(self, users: Collection[int], items: Collection[int]) -> None:
        for user in users:
            rows = self.log.rows(UserKey(user))
            weights = self.weigh(rows.types, rows.values)
            self.activity.add(rows.items, rows.at / MICROS, weights, now=self._now(), sign=-1)
            self.log.forget_user(UserKey(user))
            self.corpus.forget_author(user)
        for item in items:
            self.log.forget_item(item)
            self.corpus.forget(ItemKey(item))
            self.activity.forget(item)
            if self.content is not None:
                self.content.forget(item)

    def _tend(self) -> None:
        """Start what no request waits for: merging a long tail or erased rows, encoding a backlog of items."""
        if (self.log.has_dead or self.log.tail_length > LONG_TAIL) and _over(self._merging):
            self._merging = asyncio.create_task(self._merge())
        if self._backlog and self.content is not None and _over(self._meeting):
            self._backlog = False
            self._meeting = asyncio.create_task(self._meet(self.content))

    async def _merge(self) -> None:
        with suppress(Overloaded):  # the next sync starts it again
            snapshot = self.log.snapshot()
            merged = await self._aside.run(merge, snapshot)
            self.log.install(merged, snapshot, tail_rows=len(snapshot.tail))

    async def _meet(self, space: ContentSpace) -> None:
        try:
            await self._acquaint(space)
        except (Overloaded, StoreUnavailable):
            self._backlog = True  # the next sync starts it again

    async def _sorted_in(self, block: InteractionBlock) -> tuple[Base, Snapshot]:
        """The log and `block` as one base. A running merge is waited for: two would undo each other."""
        if self._merging is not None:
            await asyncio.shield(self._merging)
        snapshot = self.log.snapshot()
        return await self._lane.run(merge, snapshot.extended(block)), snapshot

    async def _encode(self, unit: RecommendationUnit, keys: npt.NDArray[np.int64]) -> None:
        """Give changed items vectors of their present words."""
        if (space := self.content) is not None:
            table = await read_texts(unit, keys, self.corpus)
            space.put(table.ids, await self._lane.run(space.encode, table))

    async def _acquaint(self, space: ContentSpace) -> None:
        """Give every item that has no vector one, a stretch at a time."""
        while len(unknown := np.sort(space.unknown(self.corpus.newest_first())[:ENCODED_ASIDE])):
            async with self._store.read() as unit:
                table = await read_texts(unit, unknown, self.corpus)
            vectors = await self._aside.run(space.encode, table)
            space.put(table.ids, vectors)
            erased = np.setdiff1d(unknown, table.ids)  # gone since; not to be asked for again
            space.put(erased, np.zeros((len(erased), vectors.shape[1]), np.float32))

    def _now(self) -> float:
        return to_micros(self._clock.now()) / MICROS


def _over(task: asyncio.Task[None] | None) -> bool:
    return task is None or task.done()


def recounted(snapshot: Snapshot, weigh: Weigher, now: float) -> Activity:
    """Activity counted anew, under another value model."""
    activity = Activity(now=now)
    rows = merge(snapshot).rows
    activity.add(rows.items, rows.at / MICROS, weigh(rows.types, rows.values), now=now)
    return activity


async def read_texts(unit: RecommendationUnit, keys: npt.NDArray[np.int64], corpus: Corpus) -> ItemTable:
    """Words of those of the ascending `keys` that exist, as content models take them."""
    rows: list[ItemText] = []
    async for batch in unit.items.texts([ItemKey(key) for key in keys.tolist()]):
        rows.extend(batch)
    ids = np.array([row.key for row in rows], np.int64)
    return ItemTable(
        ids=ids,
        titles=[row.title for row in rows],
        descriptions=[f"{row.description} {row.text}".strip() for row in rows],
        tags=[row.tags for row in rows],
        categories=[row.category for row in rows],
        channels=corpus.channel[ids].astype(np.int64),
        created_at=corpus.created_at[ids] / MICROS,
    )
