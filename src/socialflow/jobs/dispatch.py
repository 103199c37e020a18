"""Telling workers what to claim, best first, and taking jobs back from the dead.

The store is the queue; the transport carries ids and keeps no order that matters. Few messages are under way at a time
(the window), and each next one is for the best job of that instant: so priority holds on every transport.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from socialflow.errors import Overloaded, StoreUnavailable, TransportUnavailable
from socialflow.jobs.ports import JobStore, JobUnit, Transport
from socialflow.jobs.records import Job, JobError, JobState, PipelineType
from socialflow.jobs.work import KINDS, Kind
from socialflow.kit.clock import Clock

_log = structlog.get_logger("socialflow.jobs")

LEAST_WINDOW = 16
AT_LEISURE, BUSY, LONGEST_PAUSE = 1.0, 0.1, 5.0
"""Seconds between ticks: with nothing left to send, with more than the window takes, while store or broker is away."""
MAX_LOSSES = 5
"""A job whose worker died as often is taken for the cause."""
RECOVERED_AT_ONCE = 200
KEPT = timedelta(days=7)
"""How long ended jobs stay."""
CLEARED_AT_ONCE = 5_000
_CLEARED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _View:
    """What one tick goes by."""

    expired: Sequence[Job]
    in_transit: int
    concurrency: int
    running: Mapping[PipelineType, int]


class Dispatcher:
    """Sends due jobs and recovers lost ones. Any number of processes may have one: every step is a compare-and-set."""

    def __init__(
        self, store: JobStore, transport: Transport, clock: Clock, *, kinds: Mapping[PipelineType, Kind] = KINDS
    ) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock
        self._kinds = kinds
        self._kicked = asyncio.Event()
        self._left_in_transit = 0
        self._more = False
        self._cleared: datetime | None = None

    def kick(self) -> None:
        """There is something to send. Call on the dispatcher's event loop."""
        self._kicked.set()

    async def run(self) -> None:
        """Tick until cancelled, through every outage of the store or the broker."""
        pause = AT_LEISURE
        while True:
            try:
                sent = await self.tick()
            except (StoreUnavailable, TransportUnavailable, Overloaded) as error:
                _log.warning("dispatch_waits", code=error.code, reason=error.message)
                pause = min(2 * pause, LONGEST_PAUSE)
                await asyncio.sleep(pause)
                continue
            pause = self._pause(pause, sent)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._kicked.wait(), pause)
            self._kicked.clear()

    def _pause(self, last: float, sent: int) -> float:
        """Seconds until the next tick: longer and longer while jobs wait and workers take none."""
        if not self._more:
            return AT_LEISURE
        return BUSY if sent else min(2 * max(last, BUSY), AT_LEISURE)

    async def tick(self) -> int:
        """Recover what dead workers held, then send what the window has room for; returns how many were sent.

        Raises StoreUnavailable, and TransportUnavailable after taking back the note that the jobs were sent.
        """
        now = self._clock.now()
        view = await self._look(now)
        if view.expired:
            async with self._store.write() as unit:
                for job in view.expired:
                    await self._recover(unit, job, now)
        await self._clear(now)
        consumed = max(0, self._left_in_transit - view.in_transit)
        window = max(LEAST_WINDOW, 2 * view.concurrency, 3 * consumed)
        sent = await self._send(window - view.in_transit, view.running, now)
        self._left_in_transit = view.in_transit + sent
        return sent

    async def _look(self, now: datetime) -> _View:
        async with self._store.read() as unit:
            return _View(
                expired=await unit.jobs.expired(now, RECOVERED_AT_ONCE),
                in_transit=await unit.jobs.in_transit(now),
                concurrency=sum(worker.concurrency for worker in await unit.workers.alive(now)),
                running=await unit.jobs.running_by_type(),
            )

    async def _recover(self, unit: JobUnit, job: Job, now: datetime) -> None:
        """Take an expired job back: to be run again, unless it was cancelled, hung, or kills its workers."""
        limit = self._kinds[job.pipeline_type].time_limit
        error: JobError | None = None
        to = JobState.QUEUED
        if job.cancel_requested:
            to = JobState.CANCELLED
        elif job.started_at is not None and now - job.started_at > timedelta(seconds=2 * limit):
            to = JobState.FAILED
            error = JobError("time_limit_exceeded", f"the run hung far beyond its {limit:g} s and its worker died")
        elif job.losses + 1 >= MAX_LOSSES:
            to = JobState.FAILED
            error = JobError("worker_lost", f"the worker died in {MAX_LOSSES} runs of this job")
        if await unit.jobs.lose(job, to, now, error):
            _log.warning("job_recovered", job=job.id, pipeline_type=job.pipeline_type, state=to, losses=job.losses + 1)

    async def _send(self, room: int, running: Mapping[PipelineType, int], now: datetime) -> int:
        chosen = await self._choose(room, running, now)
        if not chosen:
            return 0
        async with self._store.write() as unit:
            marked = set(await unit.jobs.mark_sent([job.id for job in chosen], now))
        ours = [job for job in chosen if job.id in marked]  # another dispatcher sends the others
        try:
            await self._transport.send(ours)
        except TransportUnavailable:
            async with self._store.write() as unit:
                await unit.jobs.unsend(marked)
            raise
        return len(ours)

    async def _choose(self, room: int, running: Mapping[PipelineType, int], now: datetime) -> list[Job]:
        """The best jobs that may run now: those of a type that runs as often as it may are passed over."""
        counts = Counter(running)
        full = {kind for kind, rules in self._kinds.items() if counts[kind] >= rules.at_once}
        chosen: dict[str, Job] = {}
        async with self._store.read() as unit:
            while len(chosen) < room:
                found = await unit.jobs.sendable(now, room, without=full)
                before = len(full)
                for job in found:
                    if len(chosen) == room:
                        break
                    if job.id in chosen or job.pipeline_type in full:
                        continue
                    chosen[job.id] = job
                    counts[job.pipeline_type] += 1
                    if counts[job.pipeline_type] >= self._kinds[job.pipeline_type].at_once:
                        full.add(job.pipeline_type)
                if len(full) == before:  # nothing was passed over
                    break
            self._more = len(await unit.jobs.sendable(now, len(chosen) + 1)) > len(chosen)
        return list(chosen.values())

    async def _clear(self, now: datetime) -> None:
        """Now and then delete jobs that ended long ago, some at each tick until none is left."""
        if self._cleared is None or now - self._cleared >= _CLEARED_EVERY:
            async with self._store.write() as unit:
                cleared = await unit.jobs.clear_finished(now - KEPT, CLEARED_AT_ONCE)
            self._cleared = now if cleared < CLEARED_AT_ONCE else None
