"""What jobs need from outside: a store, a transport, and somebody who does the work."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialflow.jobs.records import (
    Job,
    JobError,
    JobState,
    JsonObject,
    Lease,
    NewJob,
    PipelineType,
    QueueStatus,
    RecentRuns,
    Schedule,
    Worker,
)


class JobRepository(Protocol):
    """Jobs. Every change is a compare-and-set and says whether it took place."""

    async def add(self, jobs: Sequence[NewJob], now: datetime) -> Sequence[Job]:
        """Store jobs, queued; one job back for each, in order. A taken dedup key gives the job that has it."""
        ...

    async def get(self, job_id: str) -> Job:
        """Return the job. Raises JobNotFound."""
        ...

    async def page(
        self,
        *,
        states: Collection[JobState] = (),
        pipeline_types: Collection[PipelineType] = (),
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Job]:
        """Jobs, newest first, older than the job `before`; empty collections mean all."""
        ...

    async def sendable(self, now: datetime, limit: int, *, without: Collection[PipelineType] = ()) -> Sequence[Job]:
        """Queued jobs that are due and unsent, or whose message must be given up for lost, best first.

        Best: by priority, then by age; types in `without` are left out. A message is given up 15 s x 2^(sends - 1)
        after it was sent, at most an hour.
        """
        ...

    async def in_transit(self, now: datetime) -> int:
        """Queued jobs whose message is under way and not given up."""
        ...

    async def mark_sent(self, job_ids: Collection[str], now: datetime) -> Sequence[str]:
        """Note that the transport is told of these, where they are still `sendable`; the ids of those that were."""
        ...

    async def unsend(self, job_ids: Collection[str]) -> None:
        """Take the note back: the transport could not be reached."""
        ...

    async def claim(self, job_id: str, lease: Lease, now: datetime, limits: Mapping[PipelineType, int]) -> Job | None:
        """Take a due, queued job: running, under `lease`. None where it is not to be had.

        Where its type runs `limits[type]` times already it stays queued, is due again a second later and unsent.
        """
        ...

    async def renew(self, job_id: str, token: str, until: datetime, progress: int | None = None) -> Job | None:
        """Extend the lease and keep the progress. None where another holds the job, or nobody."""
        ...

    async def finish(
        self,
        job_id: str,
        token: str,
        state: JobState,
        now: datetime,
        *,
        result: JsonObject | None = None,
        error: JobError | None = None,
    ) -> bool:
        """End the run, in one transaction with what the work itself wrote. False where the lease was lost.

        Ending as succeeded or partial sets progress to 100; every end counts one attempt.
        """
        ...

    async def retry_later(self, job_id: str, token: str, now: datetime, run_at: datetime, error: JobError) -> bool:
        """Put a failed run back into the queue until `run_at`, counting one attempt. False where the lease was lost.

        Where somebody asked for its cancelling meanwhile, it is cancelled; so it is by `release` and `lose`.
        """
        ...

    async def release(self, job_id: str, token: str, now: datetime) -> bool:
        """Put a job back into the queue, due at once, unsent, no attempt counted: its worker is leaving."""
        ...

    async def expired(self, now: datetime, limit: int) -> Sequence[Job]:
        """Running jobs whose lease ran out."""
        ...

    async def lose(self, job: Job, to: JobState, now: datetime, error: JobError | None = None) -> bool:
        """Take an expired job from its dead worker: back to queued (one loss more), failed or cancelled."""
        ...

    async def request_cancel(self, job_id: str, now: datetime) -> Job:
        """Cancel a queued job at once, ask a running one's worker to stop. Raises JobNotFound, Conflict if it ended."""
        ...

    async def requeue(self, job_id: str, now: datetime) -> Job:
        """Run a failed, partial or cancelled job again, its attempts at 0. Raises JobNotFound, Conflict."""
        ...

    async def counts(self, now: datetime) -> QueueStatus:
        """The queue in figures; `workers` are those seen within 30 s."""
        ...

    async def hold(self, since: datetime | None) -> None:
        """Start no job of this installation from now on, noting since when; None: go on."""
        ...

    async def recent_runs(self, now: datetime) -> Sequence[RecentRuns]:
        """What ended in the last five minutes, by type and state."""
        ...

    async def running_by_type(self) -> Mapping[PipelineType, int]:
        """How many of each type run now; types that do not run are left out."""
        ...

    async def clear_finished(self, before: datetime, limit: int = 10_000) -> int:
        """Delete jobs that ended before an instant; returns how many."""
        ...


class ScheduleRepository(Protocol):
    """Schedules."""

    async def add(self, schedule: Schedule) -> Schedule:
        """Store a schedule. Raises Conflict where its id is taken."""
        ...

    async def ensure(self, schedules: Sequence[Schedule]) -> None:
        """Store those built-in ones that never existed; leave every other, and the deleted ones, alone."""
        ...

    async def get(self, schedule_id: str) -> Schedule:
        """Return the schedule. Raises ScheduleNotFound."""
        ...

    async def all(self) -> Sequence[Schedule]:
        """All schedules, by id."""
        ...

    async def due(self, now: datetime) -> Sequence[Schedule]:
        """Schedules that are not paused and whose `next_run_at` has come."""
        ...

    async def fire(self, schedule: Schedule, next_run_at: datetime | None, now: datetime, job_id: str) -> bool:
        """Note that it fired, by compare-and-set on `fired`, `next_run_at` and not paused. False: another did."""
        ...

    async def pause(self, schedule_id: str) -> Schedule:
        """Stop it from firing. Raises ScheduleNotFound."""
        ...

    async def resume(self, schedule_id: str, next_run_at: datetime | None) -> Schedule:
        """Let it fire again, next at `next_run_at`. Raises ScheduleNotFound."""
        ...

    async def delete(self, schedule_id: str) -> None:
        """Delete it; a built-in one stays deleted. Raises ScheduleNotFound."""
        ...


class WorkerRepository(Protocol):
    """Workers, as they tell of themselves."""

    async def seen(self, worker: Worker) -> None:
        """Note a sign of life; forgets those silent for a day."""
        ...

    async def left(self, worker_id: str) -> None:
        """Forget a worker that ended."""
        ...

    async def alive(self, now: datetime) -> Sequence[Worker]:
        """Workers seen within 30 s."""
        ...


class JobUnit(Protocol):
    """The repositories of one unit of work."""

    @property
    def jobs(self) -> JobRepository: ...
    @property
    def schedules(self) -> ScheduleRepository: ...
    @property
    def workers(self) -> WorkerRepository: ...


class JobStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[JobUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[JobUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...


class Transport(Protocol):
    """Tells workers which job to claim. It may lose, repeat and reorder messages; the store knows better."""

    async def send(self, jobs: Sequence[Job]) -> None:
        """Send one message a job, in order. Raises TransportUnavailable."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
