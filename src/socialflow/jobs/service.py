"""The use cases of jobs: submit, look, cancel, run again."""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import orjson

from socialflow.errors import InvalidInput, TooLarge
from socialflow.jobs.ports import JobStore, JobUnit
from socialflow.jobs.records import MAX_PRIORITY, Job, JobState, NewJob, PipelineType, QueueStatus, RecentRuns
from socialflow.kit.clock import Clock

MAX_CONFIG_BYTES = 256 * 1024
MAX_NAME = 200
MAX_PAGE = 200


def nobody() -> None:
    """Nobody to tell."""


class JobService:
    """Jobs as callers see them. What was submitted survives whatever happens next.

    Args:
        kick: tells this process's dispatcher that there is something to send; without one, another process's
            dispatcher finds the job within a second.
    """

    def __init__(self, store: JobStore, clock: Clock, kick: Callable[[], None] = nobody) -> None:
        self._store = store
        self._clock = clock
        self.kick = kick

    async def submit(self, job: NewJob) -> Job:
        """Store a job in a transaction of its own. Raises InvalidInput, StoreUnavailable."""
        return (await self.submit_many([job]))[0]

    async def submit_many(self, jobs: Sequence[NewJob]) -> Sequence[Job]:
        """Store jobs, all or none. Raises InvalidInput, StoreUnavailable."""
        async with self._store.write() as unit:
            stored = await self.submit_in(unit, jobs)
        self.kick()
        return stored

    async def submit_in(self, unit: JobUnit, jobs: Sequence[NewJob]) -> Sequence[Job]:
        """Store jobs in the caller's transaction; `kick` once it is committed. Raises InvalidInput."""
        for job in jobs:
            check_new(job)
        return await unit.jobs.add(jobs, self._clock.now())

    async def get(self, job_id: str) -> Job:
        """Return the job. Raises JobNotFound."""
        async with self._store.read() as unit:
            return await unit.jobs.get(job_id)

    async def page(
        self,
        *,
        states: Collection[JobState] = (),
        pipeline_types: Collection[PipelineType] = (),
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Job]:
        """Jobs, newest first, older than the job `before`. Raises InvalidInput, JobNotFound."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidInput(f"limit must be 1 to {MAX_PAGE}, not {limit}", field="limit")
        async with self._store.read() as unit:
            return await unit.jobs.page(states=states, pipeline_types=pipeline_types, before=before, limit=limit)

    async def cancel(self, job_id: str) -> Job:
        """Cancel a queued job, ask the worker of a running one to stop (it does within 2 s).

        Raises JobNotFound, Conflict where the job has ended.
        """
        async with self._store.write() as unit:
            return await unit.jobs.request_cancel(job_id, self._clock.now())

    async def retry(self, job_id: str) -> Job:
        """Run a failed, partial or cancelled job again. Raises JobNotFound, Conflict."""
        async with self._store.write() as unit:
            job = await unit.jobs.requeue(job_id, self._clock.now())
        self.kick()
        return job

    async def hold(self) -> QueueStatus:
        """Start no more jobs, on any worker, until `resume`: what runs goes on to its end, what comes waits.

        Holds through restarts.
        """
        return await self._held_since(self._clock.now())

    async def resume(self) -> QueueStatus:
        """Start jobs again."""
        status = await self._held_since(None)
        self.kick()
        return status

    async def _held_since(self, since: datetime | None) -> QueueStatus:
        async with self._store.write() as unit:
            if since is None or (await unit.jobs.counts(since)).held_since is None:
                await unit.jobs.hold(since)
            return await unit.jobs.counts(self._clock.now())

    async def recent_runs(self) -> Sequence[RecentRuns]:
        """What ended in the last five minutes, by type and state."""
        async with self._store.read() as unit:
            return await unit.jobs.recent_runs(self._clock.now())

    async def status(self) -> QueueStatus:
        """The queue in figures."""
        async with self._store.read() as unit:
            return await unit.jobs.counts(self._clock.now())


def check_new(job: NewJob) -> None:
    """Raise InvalidInput (TooLarge), naming the field, unless the job can be stored."""
    if not 1 <= len(job.name) <= MAX_NAME:
        raise InvalidInput(f"name must have 1 to {MAX_NAME} characters, not {len(job.name)}", field="name")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in job.name):
        raise InvalidInput("name must not contain control characters", field="name")
    if not 0 <= job.priority <= MAX_PRIORITY:
        raise InvalidInput(f"priority must be 0 to {MAX_PRIORITY}, not {job.priority}", field="priority")
    try:
        size = len(orjson.dumps(job.config))
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"config must be what JSON can carry: {error}", field="config") from error
    if size > MAX_CONFIG_BYTES:
        raise TooLarge(f"config has {size} bytes; at most {MAX_CONFIG_BYTES} are kept", field="config")
