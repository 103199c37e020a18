"""Small jobs for tests, and the steps of their lives as a worker takes them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from socialflow.errors import StoreUnavailable
from socialflow.jobs.records import Job, JobState, Lease, NewJob, PipelineType
from socialflow.jobs.work import Outcome, Run
from socialflow.storage.unit_of_work import Store, Unit
from tests.storage.nouns import NOW

POST, WARM, TRAIN = PipelineType.MODERATE_POST, PipelineType.CACHE_WARM, PipelineType.TRAIN_MODEL
TOKEN = "token"
LEASE_SECONDS = 15.0


def new(name: str = "job", kind: PipelineType = POST, **fields: Any) -> NewJob:
    return NewJob(kind, name, **fields)


def at(seconds: float) -> datetime:
    """So many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def lease(token: str = TOKEN, now: datetime = NOW) -> Lease:
    return Lease(token, "worker", now + timedelta(seconds=LEASE_SECONDS))


async def add(store: Store, *jobs: NewJob, now: datetime = NOW) -> list[Job]:
    async with store.write() as unit:
        return list(await unit.jobs.add(jobs, now))


async def get(store: Store, job: Job) -> Job:
    async with store.read() as unit:
        return await unit.jobs.get(job.id)


async def claim(
    store: Store,
    job: Job,
    token: str = TOKEN,
    now: datetime = NOW,
    limits: Mapping[PipelineType, int] | None = None,
) -> Job | None:
    async with store.write() as unit:
        return await unit.jobs.claim(job.id, lease(token, now), now, limits or {})


async def running(store: Store, name: str = "job", token: str = TOKEN, **fields: Any) -> Job:
    """A job that a worker has begun."""
    (job,) = await add(store, new(name, **fields))
    claimed = await claim(store, job, token)
    assert claimed is not None
    return claimed


async def ended(store: Store, state: JobState, name: str = "job", now: datetime = NOW, **fields: Any) -> Job:
    """A job that ended so."""
    job = await running(store, name, token=name, **fields)
    async with store.write() as unit:
        assert await unit.jobs.finish(job.id, name, state, now)
    return await get(store, job)


async def sendable(store: Store, now: datetime = NOW, limit: int = 100, **which: Any) -> list[str]:
    """The names of those to be sent, best first."""
    async with store.read() as unit:
        return [job.name for job in await unit.jobs.sendable(now, limit, **which)]


async def send(store: Store, *jobs: Job, now: datetime = NOW) -> set[str]:
    """The ids of those that were still to be sent."""
    async with store.write() as unit:
        return set(await unit.jobs.mark_sent([job.id for job in jobs], now))


async def in_transit(store: Store, now: datetime = NOW) -> int:
    async with store.read() as unit:
        return await unit.jobs.in_transit(now)


class Unsteady:
    """A store whose database comes and goes for those who write: while `down`, and for the next `failures` times."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.down = False
        self.failures = 0
        self.refused = 0

    def read(self) -> AbstractAsyncContextManager[Unit]:
        return self._store.read()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Unit]:
        if self.down or self.failures > 0:
            self.failures -= 1
            self.refused += 1
            raise StoreUnavailable("the database cannot be reached")
        async with self._store.write() as unit:
            yield unit


class Heard:
    """An observer that keeps what it heard."""

    def __init__(self) -> None:
        self.begun: list[Job] = []
        self.ends: list[tuple[str, JobState]] = []

    def started(self, job: Job) -> None:
        self.begun.append(job)

    def ended(self, job: Job, state: JobState, seconds: float) -> None:
        assert seconds >= 0.0
        self.ends.append((job.name, state))


async def done(run: Run) -> Outcome:
    return Outcome({"n": 1})


async def forever(run: Run) -> Outcome:
    await asyncio.Event().wait()
    raise AssertionError


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again."""
    while not await true():  # noqa: ASYNC110 - a database tells nobody
        await asyncio.sleep(0)
