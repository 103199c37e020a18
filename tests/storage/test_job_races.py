"""Two processes want the same job at the same instant: each step happens once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from socialflow.jobs.records import JobState
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW
from tests.storage.work import TRAIN, add, at, claim, get, new, running, send


@pytest.fixture
async def stores(url: str) -> AsyncIterator[list[Store]]:
    """The stores of several processes, over one database."""
    opened = [Store(url) for _ in range(4)]
    yield opened
    for store in opened:
        await store.close()


async def test_one_of_many_claims_wins(stores: list[Store]) -> None:
    jobs = await add(stores[0], *(new(str(number)) for number in range(10)))
    for job in jobs:
        claims = await asyncio.gather(*(claim(store, job, f"of-{n}") for n, store in enumerate(stores)))
        (won,) = [claimed for claimed in claims if claimed is not None]
        assert await get(stores[0], job) == won
        assert won.lease is not None
        assert won.lease.token == f"of-{claims.index(won)}"


async def test_no_more_of_a_type_run_than_may(stores: list[Store]) -> None:
    jobs = await add(stores[0], *(new(str(number), TRAIN) for number in range(12)))
    limits = {TRAIN: 3}
    claims = await asyncio.gather(
        *(claim(stores[n % len(stores)], job, job.id, limits=limits) for n, job in enumerate(jobs))
    )
    assert sum(claimed is not None for claimed in claims) == 3
    async with stores[0].read() as unit:
        assert dict(await unit.jobs.running_by_type()) == {TRAIN: 3}
        assert len(await unit.jobs.page(states=[JobState.QUEUED])) == 9


async def test_one_of_many_dispatchers_sends(stores: list[Store]) -> None:
    jobs = await add(stores[0], *(new(str(number)) for number in range(20)))
    marked = await asyncio.gather(*(send(store, *jobs) for store in stores))
    assert sorted(job_id for ids in marked for job_id in ids) == sorted(job.id for job in jobs)


async def test_jobs_with_one_key_are_one_job(stores: list[Store]) -> None:
    for number in range(5):
        added = await asyncio.gather(*(add(store, new(dedup_key=f"key-{number}")) for store in stores))
        assert len({job.id for jobs in added for job in jobs}) == 1
    async with stores[0].read() as unit:
        assert len(await unit.jobs.page()) == 5


async def test_a_run_ends_or_is_lost_but_not_both(stores: list[Store]) -> None:
    for number in range(6):
        job = await running(stores[0], f"job-{number}", f"token-{number}")

        async def finish(job_id: str = job.id, token: str = f"token-{number}") -> bool:
            async with stores[0].write() as unit:
                return await unit.jobs.finish(job_id, token, JobState.SUCCEEDED, at(20))

        async def lose(store: Store) -> bool:
            async with store.write() as unit:
                return await unit.jobs.lose(job, JobState.QUEUED, at(20))  # noqa: B023 - awaited in this turn

        finished, *lost = await asyncio.gather(finish(), *(lose(store) for store in stores[1:]))
        assert [finished, *lost].count(True) == 1
        now = await get(stores[0], job)
        assert (now.state, now.attempts, now.losses) == (
            (JobState.SUCCEEDED, 1, 0) if finished else (JobState.QUEUED, 0, 1)
        )


async def test_a_cancellation_meets_a_claim(stores: list[Store]) -> None:
    for number in range(6):
        (job,) = await add(stores[0], new(f"job-{number}"))

        async def cancel(job_id: str = job.id) -> JobState:
            async with stores[1].write() as unit:
                return (await unit.jobs.request_cancel(job_id, NOW)).state

        claimed, state = await asyncio.gather(claim(stores[0], job), cancel())
        after = await get(stores[0], job)
        assert after.cancel_requested
        assert after.state is state is (JobState.CANCELLED if claimed is None else JobState.RUNNING)
