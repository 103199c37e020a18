"""Jobs in real databases: what each step of a job's life leaves in its row."""

import pytest

from socialflow.errors import InvalidInput, JobNotFound
from socialflow.jobs.records import Job, JobState, Worker
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later
from tests.storage.work import (
    POST,
    TOKEN,
    TRAIN,
    WARM,
    add,
    at,
    claim,
    ended,
    get,
    in_transit,
    lease,
    new,
    running,
    send,
    sendable,
)


class TestAdding:
    async def test_keeps_what_it_was_given(self, store: Store) -> None:
        given = new("a job", config={"content_id": "ü", "deep": [1, {"x": None}]}, priority=9, not_before=at(60))
        (job,) = await add(store, given)
        assert job == Job(
            job.id,
            POST,
            "a job",
            {"content_id": "ü", "deep": [1, {"x": None}]},
            9,
            JobState.QUEUED,
            0,
            0,
            0,
            NOW,
            at(60),
        )
        assert await get(store, job) == job
        assert job.task_id == job.id

    async def test_answers_in_order(self, store: Store) -> None:
        jobs = await add(store, *(new(name) for name in "cab"))
        assert [job.name for job in jobs] == ["c", "a", "b"]
        assert len({job.id for job in jobs}) == 3
        assert await add(store) == []

    async def test_what_json_cannot_say_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidInput) as caught:
            await add(store, new(config={"x": object()}))
        assert caught.value.field == "config"

    async def test_an_unknown_id_is_told_so(self, store: Store) -> None:
        for unknown in ("nothing", "a\0b", "\ud800"):
            async with store.read() as unit:
                with pytest.raises(JobNotFound):
                    await unit.jobs.get(unknown)


class TestDedupKeys:
    async def test_an_unfinished_job_takes_the_place_of_its_twin(self, store: Store) -> None:
        (first,) = await add(store, new("first", dedup_key="k"))
        other, twin, plain = await add(store, new("x", dedup_key="l"), new("y", dedup_key="k"), new("z"))
        assert twin == first
        assert (other.name, plain.name) == ("x", "z")
        await claim(store, first)
        assert (await add(store, new("y", dedup_key="k")))[0].id == first.id

    async def test_of_twins_in_one_batch_there_is_one(self, store: Store) -> None:
        one, two = await add(store, new("one", dedup_key="k"), new("two", dedup_key="k"))
        assert one == two

    @pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.PARTIAL])
    async def test_an_ended_job_makes_room(self, store: Store, state: JobState) -> None:
        first = await ended(store, state, dedup_key="k")
        (second,) = await add(store, new("again", dedup_key="k"))
        assert second.id != first.id


class TestSending:
    async def test_goes_by_priority_then_by_age(self, store: Store) -> None:
        await add(store, new("old"), new("urgent", priority=10), new("idle", priority=0), new("young"))
        assert await sendable(store) == ["urgent", "old", "young", "idle"]
        assert await sendable(store, limit=2) == ["urgent", "old"]

    async def test_leaves_out_types_and_what_is_not_due(self, store: Store) -> None:
        await add(store, new("post"), new("warm", WARM), new("tomorrow", not_before=later(1440)))
        assert await sendable(store, without=[WARM]) == ["post"]
        assert await sendable(store, without=[WARM, POST]) == []
        assert await sendable(store, later(1440)) == ["post", "warm", "tomorrow"]

    async def test_a_message_under_way_is_not_sent_again(self, store: Store) -> None:
        (job,) = await add(store, new())
        assert await send(store, job) == {job.id}
        assert await send(store, job) == set()
        assert await sendable(store) == []
        assert await in_transit(store) == 1
        assert (await get(store, job)).sent_at == NOW

    async def test_a_message_is_given_up_later_each_time_but_within_the_hour(self, store: Store) -> None:
        (job,) = await add(store, new())
        sent = 0.0
        for wait in (15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600):
            assert await send(store, job, now=at(sent)) == {job.id}
            assert await sendable(store, at(sent + wait - 0.001)) == []
            assert await in_transit(store, at(sent + wait - 0.001)) == 1
            sent += wait
            assert await sendable(store, at(sent)) == ["job"]
            assert await in_transit(store, at(sent)) == 0

    async def test_can_be_taken_back(self, store: Store) -> None:
        (job,) = await add(store, new())
        await send(store, job)
        async with store.write() as unit:
            await unit.jobs.unsend([job.id])
        assert await get(store, job) == job
        assert await sendable(store) == ["job"]

    async def test_what_runs_by_now_is_not_sent(self, store: Store) -> None:
        job = await running(store)
        assert await send(store, job) == set()


class TestClaiming:
    async def test_takes_the_job_under_a_lease(self, store: Store) -> None:
        (job,) = await add(store, new())
        await send(store, job)
        claimed = await claim(store, job, now=at(3))
        assert claimed == await get(store, job)
        assert claimed is not None
        assert (claimed.state, claimed.started_at, claimed.lease) == (JobState.RUNNING, at(3), lease(now=at(3)))
        assert (claimed.sent_at, claimed.sends, await in_transit(store)) == (None, 0, 0)

    async def test_what_is_not_to_be_had_is_none(self, store: Store) -> None:
        taken = await running(store)
        over = await ended(store, JobState.SUCCEEDED, "over")
        (early,) = await add(store, new(not_before=at(1)))
        for job in (taken, over, early):
            assert await claim(store, job, "another") is None
            assert await get(store, job) == job
        async with store.write() as unit:
            assert await unit.jobs.claim("unknown", lease(), NOW, {}) is None

    async def test_a_full_type_waits_a_second_and_is_sent_again(self, store: Store) -> None:
        first, second, other = await add(store, new("one", TRAIN), new("two", TRAIN), new("post"))
        limits = {TRAIN: 1, POST: 1}
        assert await claim(store, first, limits=limits) is not None
        await send(store, second)
        assert await claim(store, second, "second", limits=limits) is None
        assert await claim(store, other, "other", limits=limits) is not None
        waiting = await get(store, second)
        assert (waiting.state, waiting.run_at, waiting.sent_at) == (JobState.QUEUED, at(1), None)
        async with store.write() as unit:
            assert dict(await unit.jobs.running_by_type()) == {TRAIN: 1, POST: 1}
            assert await unit.jobs.finish(first.id, TOKEN, JobState.SUCCEEDED, at(1))
        assert await claim(store, second, "second", at(1), limits) is not None


class TestPaging:
    async def test_newest_first_from_anywhere(self, store: Store) -> None:
        jobs = await add(store, *(new(name) for name in "abcde"))
        async with store.read() as unit:
            first = await unit.jobs.page(limit=2)
            second = await unit.jobs.page(limit=2, before=first[-1].id)
            assert [job.name for job in [*first, *second]] == ["e", "d", "c", "b"]
            assert await unit.jobs.page(before=jobs[0].id) == []
            with pytest.raises(JobNotFound):
                await unit.jobs.page(before="unknown")

    async def test_by_state_and_type(self, store: Store) -> None:
        await add(store, new("queued"), new("warm", WARM))
        await running(store, "runs")
        await ended(store, JobState.FAILED, "failed")
        async with store.read() as unit:
            some = await unit.jobs.page(states=[JobState.RUNNING, JobState.QUEUED], pipeline_types=[POST])
            assert [job.name for job in some] == ["runs", "queued"]


class TestFigures:
    async def test_of_an_empty_queue_are_zero(self, store: Store) -> None:
        async with store.read() as unit:
            status = await unit.jobs.counts(NOW)
        assert (status.queued, status.running, status.workers, status.oldest_seconds) == (0, 0, (), 0.0)
        assert (status.throughput_per_minute, set(status.finished.values())) == (0.0, {0})

    async def test_count_every_state(self, store: Store) -> None:
        await add(store, new(), new(not_before=later(60)))
        await add(store, new("older"), now=at(-30))
        await running(store, "runs")
        await ended(store, JobState.SUCCEEDED, "long ago", now=later(-6))
        for state in (JobState.SUCCEEDED, JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.PARTIAL):
            await ended(store, state, state)
        worker = Worker("w", "host", 1, 2, NOW, NOW)
        async with store.write() as unit:
            await unit.workers.seen(worker)
        async with store.read() as unit:
            status = await unit.jobs.counts(NOW)
        assert (status.queued, status.running, status.workers, status.oldest_seconds) == (3, 1, (worker,), 30.0)
        assert status.finished == {
            JobState.SUCCEEDED: 3,
            JobState.FAILED: 1,
            JobState.CANCELLED: 1,
            JobState.PARTIAL: 1,
        }
        assert status.throughput_per_minute == 1.0


class TestClearing:
    async def test_takes_what_ended_before_and_nothing_else(self, store: Store) -> None:
        for number in range(3):
            await ended(store, JobState.SUCCEEDED, f"old-{number}")
        kept = await ended(store, JobState.FAILED, "young", now=at(60))
        goes_on = await running(store, "runs")
        async with store.write() as unit:
            assert await unit.jobs.clear_finished(at(30), 2) == 2
            assert await unit.jobs.clear_finished(at(30)) == 1
            assert await unit.jobs.clear_finished(at(30)) == 0
            assert await unit.jobs.page() == [goes_on, kept]
