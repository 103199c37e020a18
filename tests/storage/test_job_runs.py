"""Runs of jobs on real databases: how they end, and that they end once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from socialflow.errors import SocialflowError, SourceUnavailable
from socialflow.jobs.ports import JobUnit
from socialflow.jobs.records import JobError, JobState
from socialflow.jobs.runner import PERMANENT, Runner
from socialflow.jobs.work import Handler, Kind, Outcome, Run
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW
from tests.storage.work import (
    LEASE_SECONDS,
    POST,
    WARM,
    Heard,
    add,
    at,
    claim,
    done,
    forever,
    get,
    lease,
    new,
)


def failing(error: BaseException) -> Handler:
    async def fail(run: Run) -> Outcome:
        raise error

    return fail


class TestRunning:
    async def test_ends_with_the_result(self, store: Store, make: Callable[..., Runner], heard: Heard) -> None:
        (job,) = await add(store, new())
        claimed = await make(done).run(job.id)
        after = await get(store, job)
        assert claimed is not None
        assert claimed.state is JobState.RUNNING
        assert (after.state, after.progress, after.attempts) == (JobState.SUCCEEDED, 100, 1)
        assert (after.result, after.error, after.lease) == ({"n": 1}, None, None)
        assert (heard.begun, heard.ends) == ([claimed], [("job", JobState.SUCCEEDED)])

    async def test_can_end_in_parts(self, store: Store, make: Callable[..., Runner]) -> None:
        async def some(run: Run) -> Outcome:
            return Outcome({"failed": ["x"]}, partial=True)

        (job,) = await add(store, new())
        await make(some).run(job.id)
        after = await get(store, job)
        assert (after.state, after.result) == (JobState.PARTIAL, {"failed": ["x"]})

    async def test_what_is_not_to_be_had_is_left_alone(
        self, store: Store, make: Callable[..., Runner], heard: Heard
    ) -> None:
        (early,) = await add(store, new(not_before=at(60)))
        (taken,) = await add(store, new())
        await claim(store, taken)
        for job in (early, taken):
            assert await make(done).run(job.id) is None
        assert await make(done).run("unknown") is None
        assert heard.begun == []

    async def test_a_message_that_came_twice_runs_once(
        self, store: Store, make: Callable[..., Runner], heard: Heard
    ) -> None:
        (job,) = await add(store, new())
        runner = make(done)
        ran = await asyncio.gather(*(runner.run(job.id) for _ in range(4)))
        assert [one is None for one in ran].count(False) == 1
        assert len(heard.ends) == 1

    async def test_a_type_that_nothing_does_fails_for_good(self, store: Store, make: Callable[..., Runner]) -> None:
        (job,) = await add(store, new("warm", WARM))
        await make(done).run(job.id)
        after = await get(store, job)
        assert (after.state, after.attempts) == (JobState.FAILED, 1)
        assert after.error is not None
        assert after.error.code == "model_unavailable"
        assert "cache_warm" in after.error.detail

    async def test_no_more_run_than_may(self, store: Store, make: Callable[..., Runner]) -> None:
        running, free = asyncio.Event(), asyncio.Event()

        async def wait(run: Run) -> Outcome:
            running.set()
            await free.wait()
            return Outcome()

        first, second = await add(store, new("first"), new("second"))
        runner = make(wait, kinds={POST: Kind("x", at_once=1)})
        work = asyncio.create_task(runner.run(first.id))
        await running.wait()
        assert await runner.run(second.id) is None
        free.set()
        await work
        assert (await get(store, second)).run_at == at(1)


class TestEffects:
    @staticmethod
    def following(job: str) -> Handler:
        async def follow(unit: JobUnit) -> None:
            await unit.jobs.add([new(job)], NOW)

        async def handle(run: Run) -> Outcome:
            return Outcome(effect=follow)

        return handle

    async def test_are_written_with_the_end(self, store: Store, make: Callable[..., Runner]) -> None:
        (job,) = await add(store, new())
        await make(self.following("next")).run(job.id)
        async with store.read() as unit:
            assert [(job.name, job.state) for job in await unit.jobs.page()] == [
                ("next", JobState.QUEUED),
                ("job", JobState.SUCCEEDED),
            ]

    async def test_are_not_written_where_the_lease_was_lost(
        self, store: Store, make: Callable[..., Runner], heard: Heard
    ) -> None:
        handle = self.following("next")

        async def late(run: Run) -> Outcome:
            async with store.write() as unit:
                assert await unit.jobs.lose(run.job, JobState.QUEUED, at(LEASE_SECONDS))
            assert await claim(store, job, "another", at(LEASE_SECONDS)) is not None
            return await handle(run)

        (job,) = await add(store, new())
        await make(late).run(job.id)
        async with store.read() as unit:
            (after,) = await unit.jobs.page()
        assert after.lease == lease("another", at(LEASE_SECONDS))
        assert (after.state, after.attempts, heard.ends) == (JobState.RUNNING, 0, [])

    async def test_that_fail_leave_nothing_and_count_as_a_failed_run(
        self, store: Store, make: Callable[..., Runner]
    ) -> None:
        async def half(unit: JobUnit) -> None:
            await unit.jobs.add([new("next")], NOW)
            raise ValueError

        async def handle(run: Run) -> Outcome:
            return Outcome({"n": 1}, effect=half)

        (job,) = await add(store, new())
        await make(handle).run(job.id)
        async with store.read() as unit:
            (after,) = await unit.jobs.page()
        assert (after.state, after.attempts, after.result) == (JobState.QUEUED, 1, None)
        assert after.error == JobError("internal_error", "ValueError; the log says where")

    async def test_a_result_that_json_cannot_say_fails_for_good(
        self, store: Store, make: Callable[..., Runner]
    ) -> None:
        async def handle(run: Run) -> Outcome:
            return Outcome({"x": object()})

        (job,) = await add(store, new())
        await make(handle).run(job.id)
        after = await get(store, job)
        assert after.state is JobState.FAILED
        assert after.error is not None
        assert after.error.code == "invalid_input"


class TestFailing:
    @pytest.mark.parametrize("error", PERMANENT)
    async def test_what_would_fail_again_fails_for_good(
        self, store: Store, make: Callable[..., Runner], error: type[SocialflowError]
    ) -> None:
        (job,) = await add(store, new())
        await make(failing(error("no such thing"))).run(job.id)
        after = await get(store, job)
        assert (after.state, after.attempts) == (JobState.FAILED, 1)
        assert after.error == JobError(error.code, "no such thing")

    async def test_the_detail_tells_no_secrets(self, store: Store, make: Callable[..., Runner]) -> None:
        (job,) = await add(store, new())
        await make(failing(RuntimeError("password=hunter2"))).run(job.id)
        assert (await get(store, job)).error == JobError("internal_error", "RuntimeError; the log says where")

    @pytest.mark.parametrize(("delay", "steps"), [(60.0, [60, 120, 240]), (1500.0, [1500, 3000, 3600])])
    async def test_is_tried_again_ever_later_then_given_up(
        self, store: Store, make: Callable[..., Runner], clock: FixedClock, delay: float, steps: list[float]
    ) -> None:
        (job,) = await add(store, new())
        runner = make(failing(SourceUnavailable("gone")), retry_delay=delay, random=Random(7))
        jitter = Random(7)
        for attempt, step in enumerate(steps, start=1):
            await runner.run(job.id)
            after = await get(store, job)
            assert (after.state, after.attempts) == (JobState.QUEUED, attempt)
            assert after.error == JobError("source_unavailable", "gone")
            expected = clock.at + timedelta(seconds=step * jitter.uniform(0.5, 1.0))
            assert after.run_at == expected
            assert await runner.run(job.id) is None
            clock.at = expected
        await runner.run(job.id)
        after = await get(store, job)
        assert (after.state, after.attempts) == (JobState.FAILED, 4)
        assert after.error == JobError("source_unavailable", "gone")

    async def test_a_handler_that_cancels_itself_is_tried_again(
        self, store: Store, make: Callable[..., Runner]
    ) -> None:
        (job,) = await add(store, new())
        await make(failing(asyncio.CancelledError())).run(job.id)
        assert (await get(store, job)).error == JobError("internal_error", "CancelledError; the log says where")


class TestTimeLimit:
    async def test_counts_an_attempt(self, store: Store, make: Callable[..., Runner], clock: FixedClock) -> None:
        (job,) = await add(store, new())
        runner = make(forever, kinds={POST: Kind("x", time_limit=0.01, attempts=2)})
        told = JobError("time_limit_exceeded", "the run took longer than 0.01 s")
        for attempt, state in enumerate((JobState.QUEUED, JobState.FAILED), start=1):
            await runner.run(job.id)
            after = await get(store, job)
            assert (after.state, after.attempts, after.error) == (state, attempt, told)
            clock.at = at(60)
