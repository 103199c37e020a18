"""One run of one job: claim, work, heartbeat, end by compare-and-set."""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random
from time import monotonic
from typing import Any

import structlog

from socialflow.errors import (
    Conflict,
    Erased,
    InvalidInput,
    ModelUnavailable,
    NotFound,
    Overloaded,
    PermissionDenied,
    SocialflowError,
    SourceNotConfigured,
    StoreUnavailable,
)
from socialflow.jobs.observer import JobObserver, Unobserved
from socialflow.jobs.ports import JobStore
from socialflow.jobs.records import Job, JobError, JobState, Lease, PipelineType
from socialflow.jobs.work import KINDS, Handler, Kind, Outcome
from socialflow.kit.clock import Clock

_log = structlog.get_logger("socialflow.jobs")

PERMANENT = (InvalidInput, NotFound, Conflict, Erased, ModelUnavailable, PermissionDenied, SourceNotConfigured)
"""Errors that another try would meet again."""
LONGEST_BEAT = 1.5
"""Seconds between heartbeats at most, so that a request to cancel is seen within 2 s."""
LONGEST_DELAY = 3600.0
STUBBORN = 10.0
"""Seconds a cancelled handler has to end; then the run ends without it."""
_AGAIN = 0.25


class _Stop(Enum):
    """Why a handler must stop."""

    CANCELLED = auto()
    TIMED_OUT = auto()
    LEAVING = auto()
    LOST = auto()


class _Run:
    """One claimed run (satisfies `work.Run`). `progress` and `check` may be called on any thread."""

    def __init__(self, job: Job, lease: Lease) -> None:
        self._job = job
        self.token = lease.token
        self.until = lease.until
        self.percent: int | None = None
        self.reason: _Stop | None = None
        self.stopped = asyncio.Event()

    @property
    def job(self) -> Job:
        return self._job

    def progress(self, done: int, total: int) -> None:
        """Keep it for the next heartbeat: below 100, which only an end gives, and never backwards."""
        percent = min(99, 100 * max(done, 0) // total) if total > 0 else 0
        self.percent = max(percent, self.percent or 0)

    def check(self) -> None:
        if self.reason is not None:
            raise asyncio.CancelledError

    def stop(self, reason: _Stop) -> None:
        """Say why. The first reason stays, but for a lost lease: then nothing may be written."""
        if self.reason is None or reason is _Stop.LOST:
            self.reason = reason
        self.stopped.set()


@dataclass(frozen=True, slots=True)
class _End:
    """What to write at the end of a run."""

    state: JobState
    outcome: Outcome = Outcome()
    error: JobError | None = None
    run_at: datetime | None = None


class Runner:
    """Runs jobs on one event loop; several at a time if asked to.

    Args:
        handlers: what this process can do. A job of another type fails for good with `model_unavailable`.
        worker_id: who holds the leases; for people.
        retry_delay: seconds before the first retry; doubles each time up to an hour, times a random 0.5 to 1.
        lease_seconds: how long a job stays with a worker that fell silent.
    """

    def __init__(
        self,
        store: JobStore,
        handlers: Mapping[PipelineType, Handler],
        clock: Clock,
        *,
        worker_id: str,
        retry_delay: float = 60.0,
        lease_seconds: float = 15.0,
        kinds: Mapping[PipelineType, Kind] = KINDS,
        random: Random | None = None,
        observer: JobObserver | None = None,
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._worker_id = worker_id
        self._retry_delay = retry_delay
        self._lease = timedelta(seconds=lease_seconds)
        self._beat = min(lease_seconds / 3, LONGEST_BEAT)
        self._kinds = kinds
        self._limits = {kind: rules.at_once for kind, rules in kinds.items()}
        self._random = random or Random()  # noqa: S311 - spreads retries, guards nothing
        self._observer = observer or Unobserved()
        self._runs: set[_Run] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, job_id: str) -> Job | None:
        """Claim the job and do its work; the job as it was claimed, or None where it was not to be had.

        Never raises for what the handler did. Raises StoreUnavailable where the store cannot be asked for the job. A
        cancelled call gives the job back to the queue.
        """
        now = self._clock.now()
        lease = Lease(secrets.token_hex(16), self._worker_id, now + self._lease)
        async with self._store.write() as unit:
            job = await unit.jobs.claim(job_id, lease, now, self._limits)
        if job is None:
            return None
        run = _Run(job, lease)
        work = asyncio.create_task(self._carry_out(run))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            run.stop(_Stop.LEAVING)
            await work
            raise
        return job

    async def drain(self) -> None:
        """Give every running job back to the queue, no attempt counted; returns when that is written."""
        for run in self._runs:
            run.stop(_Stop.LEAVING)
        await self._idle.wait()

    async def _carry_out(self, run: _Run) -> None:
        self._runs.add(run)
        self._idle.clear()
        began = monotonic()
        beats = asyncio.create_task(self._keep_alive(run))
        self._observer.started(run.job)
        try:
            end = await self._work(run)
            written = end is not None and await self._write(run, end)
        finally:
            beats.cancel()
            with suppress(asyncio.CancelledError):
                await beats
            self._runs.discard(run)
            if not self._runs:
                self._idle.set()
        if end is None or not written:
            _log.warning("job_lost", job=run.job.id, pipeline_type=run.job.pipeline_type)
            return
        self._observer.ended(run.job, end.state, monotonic() - began)

    async def _work(self, run: _Run) -> _End | None:
        """Run the handler; what to write then, or None where the job is another's by now."""
        kind = run.job.pipeline_type
        handler = self._handlers.get(kind)
        if handler is None:
            lacking = f"this version has nothing that does {kind}: it needs models that are not part of it yet"
            return _End(JobState.FAILED, error=JobError(ModelUnavailable.code, lacking))
        work = asyncio.ensure_future(handler(run))
        return self._ended(run, work) if await self._watch(run, work) else self._stopped(run)

    async def _watch(self, run: _Run, work: "asyncio.Future[Outcome]") -> bool:
        """Wait for the handler, or for a reason to stop it and then, for a while, for its stopping.

        True where it ended by itself: that counts, whatever is asked of it at the same instant.
        """
        stopped = asyncio.ensure_future(run.stopped.wait())
        either: set[asyncio.Future[Any]] = {work, stopped}
        limit = self._kinds[run.job.pipeline_type].time_limit
        await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if work.done():
            return True
        run.stop(_Stop.TIMED_OUT)
        work.cancel()
        await asyncio.wait({work}, timeout=STUBBORN)
        if not work.done():
            _log.warning("job_stubborn", job=run.job.id, pipeline_type=run.job.pipeline_type)
        elif not work.cancelled() and (error := work.exception()) is not None:
            _log.info("job_failed_while_stopping", job=run.job.id, error=type(error).__name__)
        return False

    def _ended(self, run: _Run, work: "asyncio.Future[Outcome]") -> _End:
        if work.cancelled():
            return self._failed(run, asyncio.CancelledError())
        if (error := work.exception()) is not None:
            return self._failed(run, error)
        outcome = work.result()
        return _End(JobState.PARTIAL if outcome.partial else JobState.SUCCEEDED, outcome)

    def _stopped(self, run: _Run) -> _End | None:
        if run.reason is _Stop.CANCELLED:
            return _End(JobState.CANCELLED)
        if run.reason is _Stop.LEAVING:
            return _End(JobState.QUEUED)
        if run.reason is _Stop.TIMED_OUT:
            limit = self._kinds[run.job.pipeline_type].time_limit
            return self._again(run, JobError("time_limit_exceeded", f"the run took longer than {limit:g} s"))
        return None

    def _failed(self, run: _Run, error: BaseException) -> _End:
        told = error.code if isinstance(error, SocialflowError) else SocialflowError.code
        detail = str(error) if isinstance(error, SocialflowError) else f"{type(error).__name__}; the log says where"
        place = {"job": run.job.id, "pipeline_type": run.job.pipeline_type, "attempt": run.job.attempts + 1}
        _log.warning("job_attempt_failed", code=told, exc_info=error, **place)
        if isinstance(error, PERMANENT):
            return _End(JobState.FAILED, error=JobError(told, detail))
        return self._again(run, JobError(told, detail))

    def _again(self, run: _Run, error: JobError) -> _End:
        """Another attempt, later, where the job has one left."""
        failed = run.job.attempts + 1
        if failed >= self._kinds[run.job.pipeline_type].attempts:
            return _End(JobState.FAILED, error=error)
        delay = min(self._retry_delay * 2 ** (failed - 1), LONGEST_DELAY) * self._random.uniform(0.5, 1.0)
        return _End(JobState.QUEUED, error=error, run_at=self._clock.now() + timedelta(seconds=delay))

    async def _write(self, run: _Run, end: _End) -> bool:
        """Write the end, trying again while the store is away and the lease still ours. False where it was lost."""
        while True:
            try:
                return await self._write_once(run, end)
            except (StoreUnavailable, Overloaded):
                if self._clock.now() >= run.until:
                    return False
                await asyncio.sleep(_AGAIN)
            except Exception as error:  # the effect failed, or the result is not JSON: so did the run
                if end.error is not None or end.state in {JobState.CANCELLED, JobState.QUEUED}:
                    raise
                end = self._failed(run, error)

    async def _write_once(self, run: _Run, end: _End) -> bool:
        job_id, token = run.job.id, run.token
        try:
            async with self._store.write() as unit:
                outcome, now = end.outcome, self._clock.now()
                if end.run_at is not None and end.error is not None:
                    return await unit.jobs.retry_later(job_id, token, now, end.run_at, end.error)
                if end.state is JobState.QUEUED:
                    return await unit.jobs.release(job_id, token, now)
                result = dict(outcome.result) or None
                if not await unit.jobs.finish(job_id, token, end.state, now, result=result, error=end.error):
                    raise _LeaseLost
                if outcome.effect is not None:
                    await outcome.effect(unit)
        except _LeaseLost:
            return False
        return True

    async def _keep_alive(self, run: _Run) -> None:
        """Extend the lease, store the progress, hear of requests to cancel."""
        while True:
            await asyncio.sleep(self._beat)
            now = self._clock.now()
            try:
                async with self._store.write() as unit:
                    job = await unit.jobs.renew(run.job.id, run.token, now + self._lease, run.percent)
            except (StoreUnavailable, Overloaded):
                if self._clock.now() >= run.until:
                    run.stop(_Stop.LOST)
                    return
                continue
            if job is None:
                run.stop(_Stop.LOST)
                return
            run.until = now + self._lease
            if job.cancel_requested:
                run.stop(_Stop.CANCELLED)


class _LeaseLost(Exception):
    """Rolls the last transaction back."""
