"""Schedules on real databases: fired once, whoever looks after them, and never lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from socialflow.errors import Conflict, InvalidInput, ScheduleNotFound
from socialflow.jobs.records import JobState, Lease, PipelineType, Schedule, Trigger
from socialflow.jobs.service import JobService
from socialflow.kit.clock import FixedClock
from socialflow.pipelines.schedule import BUILT_IN, COLLECTION, Plan, Scheduler
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later

EVERY_HALF_HOUR = Trigger(interval_seconds=1800)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def jobs(store: Store, clock: FixedClock) -> JobService:
    return JobService(store, clock)


@pytest.fixture
def scheduler(store: Store, jobs: JobService, clock: FixedClock) -> Scheduler:
    return Scheduler(store, jobs, clock)


@pytest.fixture
async def elsewhere(url: str, clock: FixedClock) -> AsyncIterator[Scheduler]:
    """The scheduler of another process, with connections of its own."""
    store = Store(url)
    yield Scheduler(store, JobService(store, clock), clock)
    await store.close()


async def warming(scheduler: Scheduler, trigger: Trigger = EVERY_HALF_HOUR, name: str = "warm") -> Schedule:
    return await scheduler.add(
        name=name, pipeline_type=PipelineType.CACHE_WARM, trigger=trigger, config={"users": 5}, schedule_id=name
    )


async def finish(store: Store, job_id: str, clock: FixedClock) -> None:
    """As a worker would."""
    async with store.write() as unit:
        lease = Lease(f"token-{job_id}", "worker", clock.now() + timedelta(minutes=1))
        assert await unit.jobs.claim(job_id, lease, clock.now(), {}) is not None
        assert await unit.jobs.finish(job_id, lease.token, JobState.SUCCEEDED, clock.now())


class TestFiring:
    async def test_nothing_before_its_time(self, scheduler: Scheduler, clock: FixedClock, jobs: JobService) -> None:
        schedule = await warming(scheduler)
        assert schedule.next_run_at == later(30)
        clock.at = later(29.9)
        assert await scheduler.tick() == 0
        assert await jobs.page() == []

    async def test_starts_the_job_it_describes_and_waits_for_the_next_time(
        self, scheduler: Scheduler, clock: FixedClock, jobs: JobService
    ) -> None:
        await warming(scheduler)
        clock.at = later(30)
        assert await scheduler.tick() == 1
        assert await scheduler.tick() == 0
        (job,) = await jobs.page()
        assert (job.pipeline_type, job.name, job.config) == (PipelineType.CACHE_WARM, "warm", {"users": 5})
        schedule = await scheduler.get("warm")
        assert (schedule.fired, schedule.last_job, schedule.last_run_at) == (1, job.id, later(30))
        assert schedule.next_run_at == later(60)

    async def test_tells_the_dispatcher_once_jobs_are_committed(self, store: Store, clock: FixedClock) -> None:
        heard: list[int] = []
        service = JobService(store, clock, kick=lambda: heard.append(1))
        scheduler = Scheduler(store, service, clock)
        await warming(scheduler)
        await scheduler.tick()
        assert heard == []
        clock.at = later(30)
        await scheduler.tick()
        assert heard == [1]

    async def test_due_while_everything_was_down_fires_once(
        self, scheduler: Scheduler, elsewhere: Scheduler, clock: FixedClock, jobs: JobService
    ) -> None:
        await warming(scheduler)
        clock.at = later(24 * 60 + 7)
        assert await elsewhere.tick() == 1  # the process that was started again
        assert await elsewhere.tick() == 0
        assert len(await jobs.page()) == 1
        assert (await scheduler.get("warm")).next_run_at == later(24 * 60 + 37)

    async def test_of_many_schedulers_one_fires(
        self, scheduler: Scheduler, elsewhere: Scheduler, clock: FixedClock, jobs: JobService
    ) -> None:
        for number in range(5):
            await warming(scheduler, name=f"warm-{number}")
        clock.at = later(30)
        fired = await asyncio.gather(*(one.tick() for one in (scheduler, elsewhere, scheduler, elsewhere)))
        assert sum(fired) == 5
        assert len(await jobs.page()) == 5
        assert {schedule.fired for schedule in await scheduler.all()} == {1}

    async def test_a_job_that_takes_longer_is_not_piled_up(
        self, scheduler: Scheduler, clock: FixedClock, jobs: JobService, store: Store
    ) -> None:
        await warming(scheduler)
        for minutes in (30, 60, 90):
            clock.at = later(minutes)
            await scheduler.tick()
        (job,) = await jobs.page()
        await finish(store, job.id, clock)
        clock.at = later(120)
        await scheduler.tick()
        assert len(await jobs.page()) == 2

    async def test_a_cron_line_fires_at_its_minute(
        self, scheduler: Scheduler, clock: FixedClock, jobs: JobService
    ) -> None:
        assert (await warming(scheduler, Trigger(cron="15 * * * *"))).next_run_at == later(15)
        clock.at = later(15) + timedelta(seconds=2)
        assert await scheduler.tick() == 1
        assert (await scheduler.get("warm")).next_run_at == later(75)

    async def test_one_that_cannot_be_started_keeps_no_other_from_its_turn(
        self, scheduler: Scheduler, clock: FixedClock, jobs: JobService, store: Store
    ) -> None:
        await warming(scheduler, name="good")
        bad = Schedule("bad", "", PipelineType.CACHE_WARM, {}, EVERY_HALF_HOUR, 5, False, NOW, NOW)
        async with store.write() as unit:
            await unit.schedules.add(bad)
        clock.at = later(30)
        assert await scheduler.tick() == 1
        assert [job.name for job in await jobs.page()] == ["good"]


class TestPausing:
    async def test_survives_a_restart(self, scheduler: Scheduler, elsewhere: Scheduler, clock: FixedClock) -> None:
        await warming(scheduler)
        assert (await scheduler.pause("warm")).paused
        clock.at = later(600)
        assert await elsewhere.tick() == 0
        assert (await elsewhere.get("warm")).paused

    async def test_what_was_missed_in_a_pause_is_not_made_up_for(self, scheduler: Scheduler, clock: FixedClock) -> None:
        await warming(scheduler)
        await scheduler.pause("warm")
        clock.at = later(600)
        resumed = await scheduler.resume("warm")
        assert (resumed.paused, resumed.next_run_at) == (False, later(630))
        assert await scheduler.tick() == 0

    async def test_resuming_what_runs_changes_nothing(self, scheduler: Scheduler, clock: FixedClock) -> None:
        before = await warming(scheduler)
        clock.at = later(10)
        assert await scheduler.resume("warm") == before

    async def test_an_unknown_schedule_is_told_so(self, scheduler: Scheduler) -> None:
        for act in (scheduler.pause, scheduler.resume, scheduler.delete, scheduler.get):
            with pytest.raises(ScheduleNotFound):
                await act("nothing")


class TestAdding:
    async def test_an_id_is_made_where_none_is_given(self, scheduler: Scheduler) -> None:
        schedule = await scheduler.add(name="x", pipeline_type=PipelineType.CACHE_WARM, trigger=EVERY_HALF_HOUR)
        assert await scheduler.get(schedule.id) == schedule

    async def test_a_taken_id_is_a_conflict(self, scheduler: Scheduler) -> None:
        await warming(scheduler)
        with pytest.raises(Conflict):
            await warming(scheduler)

    @pytest.mark.parametrize(
        ("field", "given"),
        [
            ("trigger.cron", {"trigger": Trigger(cron="every day")}),
            ("name", {"name": ""}),
            ("priority", {"priority": 11}),
            ("config", {"config": {"a": object()}}),
            ("id", {"schedule_id": "a\nb"}),
        ],
    )
    async def test_what_cannot_be_used_is_refused_by_name(
        self, scheduler: Scheduler, field: str, given: dict[str, object]
    ) -> None:
        good: dict[str, object] = {"name": "x", "pipeline_type": PipelineType.CACHE_WARM, "trigger": EVERY_HALF_HOUR}
        with pytest.raises(InvalidInput) as caught:
            await scheduler.add(**(good | given))  # type: ignore[arg-type]
        assert caught.value.field == field
        assert await scheduler.all() == []

    async def test_a_deleted_schedule_fires_no_more(self, scheduler: Scheduler, clock: FixedClock) -> None:
        await warming(scheduler)
        await scheduler.delete("warm")
        clock.at = later(30)
        assert await scheduler.tick() == 0


class TestDeclaring:
    PLAN = Plan("warm", "warm", PipelineType.CACHE_WARM, EVERY_HALF_HOUR, {"users": 5})

    async def test_the_same_twice_changes_nothing(self, scheduler: Scheduler, clock: FixedClock) -> None:
        await scheduler.declare(self.PLAN)
        stored = await scheduler.pause("warm")
        clock.at = later(10)
        assert await scheduler.declare(self.PLAN) == stored

    async def test_another_plan_replaces_the_schedule(self, scheduler: Scheduler) -> None:
        await scheduler.declare(self.PLAN)
        changed = Plan("warm", "warm", PipelineType.CACHE_WARM, Trigger(interval_seconds=60), {"users": 5})
        assert (await scheduler.declare(changed)).next_run_at == later(1)
        assert len(await scheduler.all()) == 1

    async def test_a_built_in_schedule_can_be_replaced_for_good(self, scheduler: Scheduler) -> None:
        await scheduler.ensure_built_in()
        plan = Plan("cache_warmer", "mine", PipelineType.CACHE_WARM, EVERY_HALF_HOUR, {})
        mine = await scheduler.declare(plan)
        await scheduler.ensure_built_in()
        assert await scheduler.get("cache_warmer") == mine


class TestBuiltIn:
    async def test_are_there_from_the_start(self, scheduler: Scheduler) -> None:
        await scheduler.ensure_built_in()
        minutes = {schedule.id: (schedule.trigger.interval_seconds or 0) / 60 for schedule in await scheduler.all()}
        assert minutes == {
            "trending_updater": 15,
            "cache_warmer": 30,
            "recommendation_precomputer": 60,
            "bandit_updater": 5,
            "graph_updater": 24 * 60,
            "content_analyser": 15,
            "topics_trainer": 24 * 60,
        }
        assert len(BUILT_IN) == 7

    async def test_collection_is_among_them_where_an_outside_api_is_configured(
        self, store: Store, jobs: JobService, clock: FixedClock
    ) -> None:
        await Scheduler(store, jobs, clock, collecting=True).ensure_built_in()
        async with store.read() as unit:
            assert (await unit.schedules.get(COLLECTION.id)).pipeline_type is PipelineType.COLLECT_DATA

    async def test_a_deleted_one_stays_deleted_and_a_paused_one_paused(
        self, scheduler: Scheduler, elsewhere: Scheduler
    ) -> None:
        await scheduler.ensure_built_in()
        await scheduler.delete("cache_warmer")
        await scheduler.pause("trending_updater")
        await elsewhere.ensure_built_in()
        assert {schedule.id: schedule.paused for schedule in await elsewhere.all()} == {
            "bandit_updater": False,
            "content_analyser": False,
            "graph_updater": False,
            "recommendation_precomputer": False,
            "topics_trainer": False,
            "trending_updater": True,
        }


class TestRunning:
    async def test_fires_until_it_is_cancelled(self, scheduler: Scheduler, clock: FixedClock, jobs: JobService) -> None:
        await warming(scheduler)
        clock.at = later(30)
        fired = asyncio.Event()
        jobs.kick = fired.set
        running = asyncio.create_task(scheduler.run())
        await fired.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert len(await scheduler.all()) == 8
