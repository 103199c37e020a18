"""Holding all work: durable, everywhere, and nothing is lost by it."""

from datetime import timedelta

import pytest

from socialflow.jobs.records import JobState, Lease, NewJob, PipelineType
from socialflow.jobs.service import JobService
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later

LEASE = Lease("token", "worker", NOW + timedelta(minutes=1))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def jobs(store: Store, clock: FixedClock) -> JobService:
    return JobService(store, clock)


async def sendable(store: Store) -> list[str]:
    async with store.read() as unit:
        return [job.name for job in await unit.jobs.sendable(later(60), 10)]


class TestHolding:
    async def test_sends_and_starts_nothing_but_takes_what_comes(self, store: Store, jobs: JobService) -> None:
        waiting = await jobs.submit(NewJob(PipelineType.CACHE_WARM, "before"))
        assert (await jobs.hold()).held_since == NOW
        await jobs.submit(NewJob(PipelineType.CACHE_WARM, "after"))
        assert await sendable(store) == []
        async with store.write() as unit:
            assert await unit.jobs.claim(waiting.id, LEASE, NOW, {}) is None
        assert (await jobs.status()).queued == 2

    async def test_what_runs_goes_on_to_its_end(self, store: Store, jobs: JobService) -> None:
        job = await jobs.submit(NewJob(PipelineType.CACHE_WARM, "runs"))
        async with store.write() as unit:
            assert await unit.jobs.claim(job.id, LEASE, NOW, {}) is not None
        await jobs.hold()
        async with store.write() as unit:
            assert await unit.jobs.renew(job.id, LEASE.token, LEASE.until) is not None
            assert await unit.jobs.finish(job.id, LEASE.token, JobState.SUCCEEDED, NOW)

    async def test_is_known_to_every_process_and_after_a_restart(self, url: str, jobs: JobService) -> None:
        await jobs.hold()
        elsewhere = Store(url)
        assert (await JobService(elsewhere, FixedClock(later(5))).status()).held_since == NOW
        await elsewhere.close()

    async def test_twice_keeps_the_first_instant(self, jobs: JobService, clock: FixedClock) -> None:
        await jobs.hold()
        clock.at = later(5)
        assert (await jobs.hold()).held_since == NOW


class TestResuming:
    async def test_starts_again_what_waited(self, store: Store, clock: FixedClock) -> None:
        heard: list[int] = []
        jobs = JobService(store, clock, kick=lambda: heard.append(1))
        job = await jobs.submit(NewJob(PipelineType.CACHE_WARM, "waits"))
        await jobs.hold()
        heard.clear()
        assert (await jobs.resume()).held_since is None
        assert heard == [1]
        assert await sendable(store) == ["waits"]
        async with store.write() as unit:
            assert await unit.jobs.claim(job.id, LEASE, NOW, {}) is not None

    async def test_what_was_not_held_changes_nothing(self, jobs: JobService) -> None:
        assert (await jobs.resume()).held_since is None
