"""Moderation of items as batch work: what came in, and what somebody names."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import Field

from socialflow.content.ports import ContentUnit
from socialflow.content.records import Item, ItemKind
from socialflow.errors import InvalidInput, ItemNotFound
from socialflow.ids import ExternalId, ItemKey
from socialflow.jobs.ports import JobUnit
from socialflow.jobs.records import Job, NewJob
from socialflow.jobs.work import Effect, Outcome, Run
from socialflow.kit.clock import Clock
from socialflow.moderation.created import PIPELINES, PRIORITY, created_job
from socialflow.moderation.records import Decision
from socialflow.pipelines.batch import BatchProcessor, BatchReport
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.watching import watched

CHUNK = 256
"""Items that are judged together and decided about in one transaction."""
ABREAST = 2
"""Chunks at the same time: while one is stored, the next is judged."""
MOST = 20_000
"""Items of one run; another job goes on where there are more."""

Ids = Annotated[list[ExternalId], Field(max_length=10_000)]


class ModerateConfig(JobConfig):
    """Configuration of `moderate_video`, `moderate_post` and `moderate_comment`; naming nothing: all that wait."""

    item_ids: Ids | None = None
    video_id: ExternalId | None = None
    post_id: ExternalId | None = None
    comment_id: ExternalId | None = None

    @property
    def named(self) -> Sequence[str] | None:
        """The items that are named; None where none is."""
        single = [one for one in (self.video_id, self.post_id, self.comment_id) if one is not None]
        return None if not single and self.item_ids is None else [*(self.item_ids or ()), *single]


class Waiting(Protocol):
    """Items that nobody has judged."""

    async def pending(self, kind: ItemKind, limit: int, after: int = 0) -> Sequence[ItemKey]:
        """Items of a kind that wait, in the order in which they came, from after the key `after`."""
        ...


class JobsBehind(Protocol):
    """Jobs that begin once a transaction has committed."""

    async def add_behind(self, job: NewJob, now: datetime) -> Job:
        """Queue one; where one with its key runs already, behind that."""
        ...


class WaitingUnit(ContentUnit, Protocol):
    """What one unit of work needs to find what waits."""

    @property
    def unmoderated(self) -> Waiting:
        """Items that wait."""
        ...

    @property
    def jobs(self) -> JobsBehind:
        """Work."""
        ...


class WaitingStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[WaitingUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[WaitingUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...


class Deciding(Protocol):
    """Judges items and decides about them (`moderation.moderator.Moderator`)."""

    async def decide(self, keys: Sequence[ItemKey], *, again: bool = False) -> Sequence[Decision]:
        """Decide about these; `again`: also about those that do not wait."""
        ...


class ModerateItems:
    """Does the moderation of one kind of items.

    Decisions land chunk by chunk, each only on the content it was judged for, so that a run that was cut short, or met
    another, loses nothing and decides nothing twice. Of items that nobody names, each film to be watched gets a job of
    its own, so that many workers can watch; words alone are judged by the hundred.
    """

    def __init__(self, kind: ItemKind, store: WaitingStore, moderator: Deciding, clock: Clock) -> None:
        self._kind = kind
        self._store = store
        self._moderator = moderator
        self._clock = clock

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, ItemNotFound, Overloaded, StoreUnavailable."""
        named = read_config(ModerateConfig, run.job.config).named
        statuses: Counter[str] = Counter()
        watched_apart = 0

        async def work(chunk: Sequence[ItemKey]) -> None:
            nonlocal watched_apart
            films = await self._films(chunk) if named is None else ()
            watched_apart += len(films)
            here = [key for key in chunk if key not in films]
            decided = await self._moderator.decide(here, again=named is not None) if here else ()
            statuses.update(one.verdict.status.value for one in decided)

        keys = await self._waiting() if named is None else await self._named(named)
        report: BatchReport = await BatchProcessor[ItemKey](chunk_size=CHUNK, concurrency=ABREAST).run(
            keys, work, progress=watched(run)
        )
        report.raise_if_all_failed()
        told = {**report.as_json(), "decided": statuses.total(), "statuses": dict(statuses), "queued": watched_apart}
        more = named is None and len(keys) == MOST
        return Outcome(told, partial=report.partial, effect=self._go_on() if more else None)

    async def _waiting(self) -> Sequence[ItemKey]:
        async with self._store.read() as unit:
            return await unit.unmoderated.pending(self._kind, MOST)

    async def _named(self, ids: Sequence[str]) -> Sequence[ItemKey]:
        async with self._store.read() as unit:
            keys = await unit.items.keys(ids)
            items = await unit.items.by_keys(list(keys.values()))
        if not items:
            raise ItemNotFound("none of these items exists", field="config")
        self._refuse_others(items)
        return sorted(items)

    def _refuse_others(self, items: Mapping[ItemKey, Item]) -> None:
        for item in items.values():
            if item.kind is not self._kind:
                right = PIPELINES[item.kind].value
                raise InvalidInput(f"{item.id!r} is a {item.kind.value}: use {right}", field="config")

    async def _films(self, keys: Sequence[ItemKey]) -> Collection[ItemKey]:
        """Queue a job for each video that has a film; returns their keys."""
        if self._kind is not ItemKind.VIDEO:
            return ()
        async with self._store.write() as unit:
            items = await unit.items.by_keys(keys)
            films = {key: item for key, item in items.items() if item.media_url is not None}
            for item in films.values():
                await unit.jobs.add_behind(film_job(item.id), self._clock.now())
        return films.keys()

    def _go_on(self) -> Effect:
        async def queue(unit: JobUnit) -> None:
            await unit.jobs.add([created_job(self._kind)], self._clock.now())

        return queue


def film_job(item_id: str) -> NewJob:
    """Watches one film and decides about it."""
    name = f"moderate video {item_id}"
    return NewJob(PIPELINES[ItemKind.VIDEO], name, {"video_id": item_id}, priority=PRIORITY, dedup_key=name)
