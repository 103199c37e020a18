"""What becomes of a running job: kept alive, ended, tried again, lost, cancelled, and run once more."""

import pytest

from socialflow.errors import Conflict, JobNotFound
from socialflow.jobs.records import Job, JobError, JobState
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW
from tests.storage.work import (
    POST,
    TOKEN,
    add,
    at,
    claim,
    ended,
    get,
    new,
    running,
    sendable,
)

ERROR = JobError("internal_error", "ValueError; the log says where")


class TestRenewing:
    async def test_extends_the_lease_and_keeps_the_progress(self, store: Store) -> None:
        job = await running(store)
        async with store.write() as unit:
            renewed = await unit.jobs.renew(job.id, TOKEN, at(100), 40)
        assert renewed == await get(store, job)
        assert renewed is not None
        assert renewed.lease is not None
        assert (renewed.lease.until, renewed.progress) == (at(100), 40)
        async with store.write() as unit:
            renewed = await unit.jobs.renew(job.id, TOKEN, at(200))
        assert renewed is not None
        assert renewed.progress == 40

    async def test_is_none_for_whom_does_not_hold_it(self, store: Store) -> None:
        job = await running(store)
        over = await ended(store, JobState.FAILED, "over")
        async with store.write() as unit:
            assert await unit.jobs.renew(job.id, "another", at(100)) is None
            assert await unit.jobs.renew(over.id, "over", at(100)) is None
            assert await unit.jobs.renew("unknown", TOKEN, at(100)) is None
        assert await get(store, job) == job


class TestFinishing:
    @pytest.mark.parametrize(
        ("state", "progress"),
        [(JobState.SUCCEEDED, 100), (JobState.PARTIAL, 100), (JobState.FAILED, 30), (JobState.CANCELLED, 30)],
    )
    async def test_ends_the_run_and_counts_it(self, store: Store, state: JobState, progress: int) -> None:
        job = await running(store)
        async with store.write() as unit:
            await unit.jobs.renew(job.id, TOKEN, at(100), 30)
            assert await unit.jobs.finish(job.id, TOKEN, state, at(5), result={"n": 1}, error=ERROR)
        done = await get(store, job)
        assert (done.state, done.progress, done.attempts, done.finished_at) == (state, progress, 1, at(5))
        assert (done.result, done.error, done.lease) == ({"n": 1}, ERROR, None)

    async def test_changes_nothing_for_whom_does_not_hold_it(self, store: Store) -> None:
        job = await running(store)
        over = await ended(store, JobState.SUCCEEDED, "over")
        async with store.write() as unit:
            assert not await unit.jobs.finish(job.id, "another", JobState.FAILED, NOW)
            assert not await unit.jobs.retry_later(job.id, "another", NOW, at(9), ERROR)
            assert not await unit.jobs.release(job.id, "another", NOW)
            assert not await unit.jobs.finish(over.id, "over", JobState.FAILED, NOW)
        assert (await get(store, job), await get(store, over)) == (job, over)


class TestTryingAgain:
    async def test_counts_the_attempt_and_waits(self, store: Store) -> None:
        job = await running(store)
        async with store.write() as unit:
            assert await unit.jobs.retry_later(job.id, TOKEN, at(1), at(61), ERROR)
        waiting = await get(store, job)
        assert (waiting.state, waiting.run_at, waiting.attempts) == (JobState.QUEUED, at(61), 1)
        assert (waiting.error, waiting.lease, waiting.finished_at) == (ERROR, None, None)
        assert await sendable(store, at(60)) == []
        assert await sendable(store, at(61)) == ["job"]

    async def test_a_later_success_takes_the_error_away(self, store: Store) -> None:
        job = await running(store)
        async with store.write() as unit:
            await unit.jobs.retry_later(job.id, TOKEN, NOW, NOW, ERROR)
        await claim(store, job, "second")
        async with store.write() as unit:
            await unit.jobs.finish(job.id, "second", JobState.SUCCEEDED, NOW)
        assert (await get(store, job)).error is None

    async def test_a_released_job_is_due_at_once_and_counts_nothing(self, store: Store) -> None:
        job = await running(store)
        async with store.write() as unit:
            assert await unit.jobs.release(job.id, TOKEN, at(1))
        free = await get(store, job)
        assert (free.state, free.run_at, free.attempts, free.losses) == (JobState.QUEUED, NOW, 0, 0)
        assert await sendable(store) == ["job"]


class TestLosing:
    async def test_only_what_fell_silent_is_expired(self, store: Store) -> None:
        job = await running(store)
        await add(store, new("queued"))
        async with store.write() as unit:
            assert await unit.jobs.expired(at(14), 10) == []
            assert await unit.jobs.expired(at(15), 10) == [job]
            assert not await unit.jobs.lose(job, JobState.QUEUED, at(14))
            assert await unit.jobs.lose(job, JobState.QUEUED, at(15))
            assert not await unit.jobs.lose(job, JobState.QUEUED, at(15))
        lost = await get(store, job)
        assert (lost.state, lost.losses, lost.attempts, lost.run_at) == (JobState.QUEUED, 1, 0, at(15))
        async with store.write() as unit:
            assert not await unit.jobs.lose(lost, JobState.QUEUED, at(15))

    async def test_can_be_for_good(self, store: Store) -> None:
        job = await running(store)
        async with store.write() as unit:
            assert await unit.jobs.lose(job, JobState.FAILED, at(20), JobError("worker_lost", "five times"))
        lost = await get(store, job)
        assert (lost.state, lost.finished_at, lost.error) == (
            JobState.FAILED,
            at(20),
            JobError("worker_lost", "five times"),
        )

    async def test_a_heartbeat_in_between_saves_it(self, store: Store) -> None:
        job = await running(store)
        async with store.write() as unit:
            (seen,) = await unit.jobs.expired(at(20), 10)
            await unit.jobs.renew(job.id, TOKEN, at(30))
            assert not await unit.jobs.lose(seen, JobState.QUEUED, at(20))
        assert (await get(store, job)).state is JobState.RUNNING


class TestCancelling:
    async def test_a_queued_job_at_once(self, store: Store) -> None:
        (job,) = await add(store, new())
        async with store.write() as unit:
            cancelled = await unit.jobs.request_cancel(job.id, at(2))
        assert cancelled == await get(store, job)
        assert (cancelled.state, cancelled.finished_at) == (JobState.CANCELLED, at(2))
        assert await claim(store, job) is None

    async def test_a_running_job_by_its_worker(self, store: Store) -> None:
        job = await running(store)
        async with store.write() as unit:
            asked = await unit.jobs.request_cancel(job.id, at(2))
            told = await unit.jobs.renew(job.id, TOKEN, at(30))
        assert (asked.state, asked.cancel_requested) == (JobState.RUNNING, True)
        assert told is not None
        assert told.cancel_requested

    @pytest.mark.parametrize("how", ["retry_later", "release", "lose"])
    async def test_a_job_that_goes_back_to_the_queue_first(self, store: Store, how: str) -> None:
        job = await running(store)
        async with store.write() as unit:
            await unit.jobs.request_cancel(job.id, at(2))
            if how == "retry_later":
                assert await unit.jobs.retry_later(job.id, TOKEN, at(30), at(90), ERROR)
            elif how == "release":
                assert await unit.jobs.release(job.id, TOKEN, at(30))
            else:
                assert await unit.jobs.lose(job, JobState.QUEUED, at(30))
        over = await get(store, job)
        assert (over.state, over.finished_at, over.lease) == (JobState.CANCELLED, at(30), None)

    @pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED])
    async def test_an_ended_job_is_a_conflict(self, store: Store, state: JobState) -> None:
        job = await ended(store, state)
        async with store.write() as unit:
            with pytest.raises(Conflict):
                await unit.jobs.request_cancel(job.id, NOW)
            with pytest.raises(JobNotFound):
                await unit.jobs.request_cancel("unknown\0", NOW)
        assert await get(store, job) == job


class TestRunningAgain:
    @pytest.mark.parametrize("state", [JobState.FAILED, JobState.PARTIAL, JobState.CANCELLED])
    async def test_begins_afresh(self, store: Store, state: JobState) -> None:
        job = await ended(store, state, config={"a": 1}, priority=7)
        async with store.write() as unit:
            again = await unit.jobs.requeue(job.id, at(50))
        assert again == Job(job.id, POST, "job", {"a": 1}, 7, JobState.QUEUED, 0, 0, 0, NOW, at(50))
        assert again == await get(store, job)
        assert await claim(store, job, "again", at(50)) is not None

    async def test_after_a_cancellation_is_not_cancelled_again(self, store: Store) -> None:
        (job,) = await add(store, new())
        async with store.write() as unit:
            await unit.jobs.request_cancel(job.id, NOW)
            assert not (await unit.jobs.requeue(job.id, NOW)).cancel_requested

    async def test_what_succeeded_or_goes_on_is_a_conflict(self, store: Store) -> None:
        done = await ended(store, JobState.SUCCEEDED, "done")
        (queued,) = await add(store, new())
        for job in (done, queued, await running(store, "runs")):
            async with store.write() as unit:
                with pytest.raises(Conflict):
                    await unit.jobs.requeue(job.id, NOW)
            assert await get(store, job) == job

    async def test_an_unfinished_twin_is_a_conflict(self, store: Store) -> None:
        job = await ended(store, JobState.FAILED, dedup_key="k")
        (twin,) = await add(store, new("twin", dedup_key="k"))
        async with store.write() as unit:
            with pytest.raises(Conflict, match=twin.id):
                await unit.jobs.requeue(job.id, NOW)
