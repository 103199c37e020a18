"""Runs that something comes between: a cancellation, a lost lease, a database that is away, a worker that leaves."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from socialflow.jobs import runner as module
from socialflow.jobs.records import Job, JobState
from socialflow.jobs.runner import Runner
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW
from tests.storage.work import (
    LEASE_SECONDS,
    Heard,
    Unsteady,
    add,
    at,
    done,
    forever,
    get,
    new,
    until,
)

BRISK = 0.03
"""Seconds of a lease whose heartbeats a test waits for: one every 10 ms."""


class TestHeartbeats:
    async def test_keep_the_lease_and_the_progress(
        self, store: Store, make: Callable[..., Runner], clock: FixedClock
    ) -> None:
        seen: list[Job] = []

        async def handle(run: Run) -> Outcome:
            for at_once, percent in ((40, 40), (20, 40), (100, 99)):  # never backwards, and whole only at the end
                clock.at += timedelta(seconds=1)
                run.progress(at_once, 100)

                async def stored(percent: int = percent) -> bool:
                    now = await get(store, run.job)
                    seen.append(now)
                    assert now.lease is not None
                    return now.progress == percent and now.lease.until == clock.at + timedelta(seconds=BRISK)

                await until(stored)
            run.progress(1, 0)
            return Outcome()

        (job,) = await add(store, new())
        await make(handle, lease_seconds=BRISK).run(job.id)
        assert (await get(store, job)).state is JobState.SUCCEEDED
        assert [one.progress for one in seen] == sorted(one.progress for one in seen)

    async def test_that_fail_are_made_up_for_within_the_lease(self, store: Store, make: Callable[..., Runner]) -> None:
        unsteady = Unsteady(store)

        async def handle(run: Run) -> Outcome:
            unsteady.failures = 3

            async def back() -> bool:
                return unsteady.failures == 0

            await until(back)
            return Outcome()

        (job,) = await add(store, new())
        await make(handle, within=unsteady, lease_seconds=BRISK).run(job.id)
        assert (await get(store, job)).state is JobState.SUCCEEDED

    async def test_that_fail_beyond_the_lease_end_the_run(
        self, store: Store, make: Callable[..., Runner], clock: FixedClock, heard: Heard
    ) -> None:
        unsteady = Unsteady(store)

        async def handle(run: Run) -> Outcome:
            unsteady.down = True
            clock.at = at(1)
            return await forever(run)

        (job,) = await add(store, new())
        await make(handle, within=unsteady, lease_seconds=BRISK).run(job.id)
        assert (await get(store, job)).state is JobState.RUNNING  # for whoever finds it expired
        assert heard.ends == []

    async def test_find_the_lease_lost(self, store: Store, make: Callable[..., Runner], heard: Heard) -> None:
        async def handle(run: Run) -> Outcome:
            async with store.write() as unit:
                await unit.jobs.lose(run.job, JobState.QUEUED, at(60))
            return await forever(run)

        (job,) = await add(store, new())
        await make(handle, lease_seconds=BRISK).run(job.id)
        after = await get(store, job)
        assert (after.state, after.losses, after.attempts, heard.ends) == (JobState.QUEUED, 1, 0, [])


class TestCancelling:
    @staticmethod
    async def cancel_while_running(store: Store, runner: Runner, running: asyncio.Event) -> Job:
        (job,) = await add(store, new())
        work = asyncio.create_task(runner.run(job.id))
        await running.wait()
        async with store.write() as unit:
            await unit.jobs.request_cancel(job.id, NOW)
        await work
        return await get(store, job)

    async def test_reaches_a_handler_that_awaits(self, store: Store, make: Callable[..., Runner]) -> None:
        running, told = asyncio.Event(), asyncio.Event()

        async def handle(run: Run) -> Outcome:
            running.set()
            try:
                return await forever(run)
            finally:
                told.set()

        after = await self.cancel_while_running(store, make(handle, lease_seconds=BRISK), running)
        assert (after.state, after.error) == (JobState.CANCELLED, None)
        assert told.is_set()

    async def test_reaches_a_handler_in_a_thread(self, store: Store, make: Callable[..., Runner]) -> None:
        running, left = asyncio.Event(), threading.Event()

        async def handle(run: Run) -> Outcome:
            def compute() -> None:
                try:
                    for done in count():
                        run.progress(done, 10**9)
                        run.check()
                finally:
                    left.set()

            running.set()
            await asyncio.to_thread(compute)
            raise AssertionError

        after = await self.cancel_while_running(store, make(handle, lease_seconds=BRISK), running)
        assert after.state is JobState.CANCELLED
        assert await asyncio.to_thread(left.wait, 30)

    async def test_does_not_wait_forever_for_a_stubborn_one(
        self, store: Store, make: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "STUBBORN", 0.01)
        running, free, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def handle(run: Run) -> Outcome:
            running.set()
            try:
                await forever(run)
            except asyncio.CancelledError:
                await free.wait()
            over.set()
            return Outcome({"too": "late"})

        after = await self.cancel_while_running(store, make(handle, lease_seconds=BRISK), running)
        assert (after.state, after.result, over.is_set()) == (JobState.CANCELLED, None, False)
        free.set()
        await over.wait()
        assert await get(store, after) == after

    async def test_counts_what_ended_at_the_same_instant(self, store: Store, make: Callable[..., Runner]) -> None:
        async def handle(run: Run) -> Outcome:
            async with store.write() as unit:
                await unit.jobs.request_cancel(run.job.id, NOW)
            return Outcome({"n": 1})

        (job,) = await add(store, new())
        await make(handle).run(job.id)
        assert (await get(store, job)).state is JobState.SUCCEEDED

    async def test_of_a_run_that_fails_keeps_it_from_another_try(
        self, store: Store, make: Callable[..., Runner]
    ) -> None:
        async def handle(run: Run) -> Outcome:
            async with store.write() as unit:
                await unit.jobs.request_cancel(run.job.id, NOW)
            raise ValueError

        (job,) = await add(store, new())
        await make(handle).run(job.id)
        assert (await get(store, job)).state is JobState.CANCELLED


class TestEndsWithoutAStore:
    async def test_are_written_once_it_is_back(
        self, store: Store, make: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_AGAIN", 0.0)
        unsteady = Unsteady(store)

        async def handle(run: Run) -> Outcome:
            unsteady.failures = 5
            return Outcome({"n": 1})

        (job,) = await add(store, new())
        await make(handle, within=unsteady).run(job.id)
        after = await get(store, job)
        assert (after.state, after.attempts, unsteady.refused) == (JobState.SUCCEEDED, 1, 5)

    async def test_are_given_up_when_the_lease_is_over(
        self, store: Store, make: Callable[..., Runner], clock: FixedClock, heard: Heard
    ) -> None:
        unsteady = Unsteady(store)

        async def handle(run: Run) -> Outcome:
            unsteady.down = True
            clock.at = at(LEASE_SECONDS)
            return Outcome()

        (job,) = await add(store, new())
        await make(handle, within=unsteady).run(job.id)
        assert ((await get(store, job)).state, heard.ends) == (JobState.RUNNING, [])


class TestLeaving:
    async def test_gives_back_what_runs(self, store: Store, make: Callable[..., Runner], heard: Heard) -> None:
        running = asyncio.Semaphore(0)

        async def handle(run: Run) -> Outcome:
            running.release()
            return await forever(run)

        jobs = await add(store, new("one"), new("two"))
        runner = make(handle)
        work = [asyncio.create_task(runner.run(job.id)) for job in jobs]
        for _ in jobs:
            await running.acquire()
        await runner.drain()
        assert [await get(store, job) for job in jobs] == [replace(job, started_at=NOW) for job in jobs]
        assert sorted(heard.ends) == [("one", JobState.QUEUED), ("two", JobState.QUEUED)]
        await asyncio.gather(*work)

    async def test_without_work_is_done_at_once(self, make: Callable[..., Runner]) -> None:
        runner = make(done)
        await asyncio.wait_for(runner.drain(), 1)
        assert not runner._runs

    async def test_a_cancelled_call_gives_its_job_back(self, store: Store, make: Callable[..., Runner]) -> None:
        running = asyncio.Event()

        async def handle(run: Run) -> Outcome:
            running.set()
            return await forever(run)

        (job,) = await add(store, new())
        work = asyncio.create_task(make(handle).run(job.id))
        await running.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        after = await get(store, job)
        assert (after.state, after.attempts, after.lease) == (JobState.QUEUED, 0, None)
