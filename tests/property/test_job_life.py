"""Whatever workers, dispatchers and callers do to jobs, in any order: none is lost, and none takes effect twice."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.engines import SqliteFiles

from socialflow.errors import Conflict
from socialflow.jobs.dispatch import MAX_LOSSES, Dispatcher
from socialflow.jobs.records import Job, JobError, JobState, Lease, NewJob, PipelineType
from socialflow.jobs.states import FINISHED
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store

T = TypeVar("T")
KIND = PipelineType.MODERATE_POST
LEASE = timedelta(seconds=15)
LIMITS = {KIND: 2}
ENDS = [JobState.SUCCEEDED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED]
Hold = tuple[str, str]
"""A job's id and a token that once was, or still is, the one that holds it."""


class Wire:
    """A transport that loses everything: who claims what is up to the machine."""

    async def send(self, jobs: Sequence[Job]) -> None:
        """Lose it."""

    async def close(self) -> None:
        """Nothing is open."""


class JobLife(RuleBasedStateMachine):
    """Jobs in SQLite, beside what must have become of them."""

    databases: SqliteFiles
    jobs: Bundle[str] = Bundle("jobs")
    holds: Bundle[Hold] = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.clock = FixedClock(datetime(2026, 3, 14, 12, tzinfo=UTC))
        self.store = Store(self.databases.fresh())
        self.dispatcher = Dispatcher(self.store, Wire(), self.clock)
        self.holder: dict[str, str] = {}
        """Who may write the end of a running job."""
        self.effects: Counter[str] = Counter()
        self.known: dict[str, Job] = {}
        self.tokens = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    # What may happen ----------------------------------------------------------------------------------------------

    @rule(target=jobs, priority=st.integers(0, 10))
    def submit(self, priority: int) -> str:
        async def work() -> Job:
            async with self.store.write() as unit:
                return (await unit.jobs.add([NewJob(KIND, "work", priority=priority)], self.clock.at))[0]

        job = self.do(work())
        self.known[job.id] = job
        return job.id

    @rule(target=holds, job=jobs)
    def claim(self, job: str) -> Any:
        self.tokens += 1
        token = f"token-{self.tokens}"

        async def work() -> Job | None:
            async with self.store.write() as unit:
                lease = Lease(token, "worker", self.clock.at + LEASE)
                return await unit.jobs.claim(job, lease, self.clock.at, LIMITS)

        before = self.known[job]
        claimed = self.do(work())
        if claimed is None:
            due = before.state is JobState.QUEUED and before.run_at <= self.clock.at
            assert not due or len(self.holder) >= LIMITS[KIND]
            return multiple()
        assert before.state is JobState.QUEUED
        assert before.run_at <= self.clock.at
        assert len(self.holder) < LIMITS[KIND]
        self.holder[job] = token
        return job, token

    @rule(hold=holds, progress=st.none() | st.integers(0, 99))
    def renew(self, hold: Hold, progress: int | None) -> None:
        async def work() -> Job | None:
            async with self.store.write() as unit:
                return await unit.jobs.renew(*hold, self.clock.at + LEASE, progress)

        assert (self.do(work()) is not None) is self.may_write(hold)

    @rule(hold=holds, state=st.sampled_from(ENDS))
    def finish(self, hold: Hold, state: JobState) -> None:
        """The runner's way: the effect is written with the end, or not at all."""

        async def work() -> bool:
            async with self.store.write() as unit:
                ended = await unit.jobs.finish(*hold, state, self.clock.at)
                if ended:
                    await unit.jobs.add([NewJob(PipelineType.CACHE_WARM, f"effect of {hold[0]}")], self.clock.at)
                return ended

        assert self.do(work()) is self.may_write(hold)
        if self.may_write(hold):
            del self.holder[hold[0]]
            self.effects[hold[0]] += 1

    @rule(hold=holds, seconds=st.integers(0, 90))
    def try_again(self, hold: Hold, seconds: int) -> None:
        async def work() -> bool:
            async with self.store.write() as unit:
                run_at = self.clock.at + timedelta(seconds=seconds)
                return await unit.jobs.retry_later(*hold, self.clock.at, run_at, JobError("x", "y"))

        self.give_back(hold, self.do(work()))

    @rule(hold=holds)
    def release(self, hold: Hold) -> None:
        async def work() -> bool:
            async with self.store.write() as unit:
                return await unit.jobs.release(*hold, self.clock.at)

        self.give_back(hold, self.do(work()))

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        async def work() -> Job:
            async with self.store.write() as unit:
                return await unit.jobs.request_cancel(job, self.clock.at)

        if self.known[job].state in FINISHED:
            with pytest.raises(Conflict):
                self.do(work())
        else:
            assert self.do(work()).cancel_requested

    @rule(job=jobs)
    def requeue(self, job: str) -> None:
        async def work() -> Job:
            async with self.store.write() as unit:
                return await unit.jobs.requeue(job, self.clock.at)

        if self.known[job].state in {JobState.FAILED, JobState.PARTIAL, JobState.CANCELLED}:
            self.do(work())
        else:
            with pytest.raises(Conflict):
                self.do(work())

    @rule()
    def dispatch(self) -> None:
        """Send into the void, and recover what fell silent."""
        self.do(self.dispatcher.tick())
        for job_id in list(self.holder):
            lease = self.known[job_id].lease
            assert lease is not None
            if lease.until <= self.clock.at:
                del self.holder[job_id]

    @rule(seconds=st.sampled_from([1, 5, 15, 60, 3600]))
    def wait(self, seconds: int) -> None:
        self.clock.at += timedelta(seconds=seconds)

    # What must hold -----------------------------------------------------------------------------------------------

    def may_write(self, hold: Hold) -> bool:
        return self.holder.get(hold[0]) == hold[1]

    def give_back(self, hold: Hold, written: bool) -> None:
        assert written is self.may_write(hold)
        if written:
            del self.holder[hold[0]]

    def look(self) -> tuple[dict[str, Job], Counter[str]]:
        async def work() -> Sequence[Job]:
            async with self.store.read() as unit:
                return await unit.jobs.page(limit=10_000)

        found = self.do(work())
        effects = Counter(job.name.removeprefix("effect of ") for job in found if job.name != "work")
        return {job.id: job for job in found if job.name == "work"}, effects

    @invariant()
    def everything_is_accounted_for(self) -> None:
        found, effects = self.look()
        assert set(found) == set(self.known)
        assert effects == self.effects
        for job_id, job in found.items():
            assert (job.state is JobState.RUNNING) is (job_id in self.holder) is (job.lease is not None)
            assert (job.finished_at is not None) is (job.state in FINISHED)
            assert job.state is not JobState.QUEUED or not job.cancel_requested
            assert job.losses <= MAX_LOSSES
            if self.known[job_id].state is JobState.SUCCEEDED:
                assert job == self.known[job_id]
        self.known = found

    @precondition(lambda self: bool(self.known))
    @rule()
    def whatever_is_open_can_be_brought_to_an_end(self) -> None:
        """Workers that do their duty from here on finish every job."""
        for _ in range(len(self.known)):
            self.wait(3600)
            self.dispatch()
            self.everything_is_accounted_for()
            for job in list(self.known.values()):
                if job.state is JobState.QUEUED and isinstance(hold := self.claim(job.id), tuple):
                    self.finish(hold, JobState.SUCCEEDED)
                self.everything_is_accounted_for()
        assert {job.state for job in self.known.values()} <= FINISHED

    def teardown(self) -> None:
        self.do(self.store.close())
        self.loop.close()


def test_no_order_of_events_loses_a_job_or_repeats_its_effect() -> None:
    with tempfile.TemporaryDirectory() as folder:
        machine = type("Machine", (JobLife,), {"databases": SqliteFiles(Path(folder))})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
