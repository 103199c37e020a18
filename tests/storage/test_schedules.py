"""Schedules as rows: fired by compare-and-set, and gone for good where they were deleted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from socialflow.errors import Conflict, ScheduleNotFound
from socialflow.jobs.records import PipelineType, Schedule, Trigger
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later

HOURLY = Schedule(
    "hourly",
    "Every hour",
    PipelineType.CACHE_WARM,
    {"users": 5},
    Trigger(interval_seconds=3600),
    3,
    False,
    NOW,
    later(60),
)
NIGHTLY = replace(HOURLY, id="nightly", trigger=Trigger(cron="0 3 * * *"), next_run_at=later(900), built_in=True)


@pytest.fixture
async def elsewhere(url: str) -> AsyncIterator[Store]:
    """The store of another process."""
    store = Store(url)
    yield store
    await store.close()


async def add(store: Store, *schedules: Schedule) -> None:
    async with store.write() as unit:
        for schedule in schedules:
            assert await unit.schedules.add(schedule) == schedule


async def get(store: Store, schedule_id: str) -> Schedule:
    async with store.read() as unit:
        return await unit.schedules.get(schedule_id)


async def fire(store: Store, schedule: Schedule) -> bool:
    async with store.write() as unit:
        return await unit.schedules.fire(schedule, later(120), later(61), "job-1")


class TestKeeping:
    async def test_every_part(self, store: Store) -> None:
        await add(store, NIGHTLY, HOURLY)
        async with store.read() as unit:
            assert await unit.schedules.all() == [HOURLY, NIGHTLY]
        assert await get(store, "nightly") == NIGHTLY

    async def test_a_taken_id_is_a_conflict(self, store: Store) -> None:
        await add(store, HOURLY)
        with pytest.raises(Conflict):
            await add(store, replace(HOURLY, name="another"))
        assert await get(store, "hourly") == HOURLY

    async def test_an_unknown_id_is_told_so(self, store: Store) -> None:
        for unknown in ("nothing", "a\0b"):
            async with store.write() as unit:
                with pytest.raises(ScheduleNotFound):
                    await unit.schedules.get(unknown)
                with pytest.raises(ScheduleNotFound):
                    await unit.schedules.pause(unknown)
                with pytest.raises(ScheduleNotFound):
                    await unit.schedules.resume(unknown, None)
                with pytest.raises(ScheduleNotFound):
                    await unit.schedules.delete(unknown)


class TestBeingDue:
    async def test_from_its_instant_on_longest_due_first(self, store: Store) -> None:
        sooner = replace(HOURLY, id="sooner", next_run_at=later(30))
        await add(store, HOURLY, sooner, replace(HOURLY, id="never", next_run_at=None))
        async with store.read() as unit:
            assert await unit.schedules.due(later(29)) == []
            assert await unit.schedules.due(later(30)) == [sooner]
            assert await unit.schedules.due(later(60)) == [sooner, HOURLY]

    async def test_not_while_paused(self, store: Store) -> None:
        await add(store, HOURLY)
        async with store.write() as unit:
            paused = await unit.schedules.pause("hourly")
            assert paused == replace(HOURLY, paused=True)
            assert await unit.schedules.due(later(60)) == []
            assert await unit.schedules.resume("hourly", later(90)) == replace(HOURLY, next_run_at=later(90))
            assert len(await unit.schedules.due(later(90))) == 1


class TestFiring:
    async def test_is_noted(self, store: Store) -> None:
        await add(store, HOURLY)
        assert await fire(store, HOURLY)
        fired = await get(store, "hourly")
        assert fired == replace(HOURLY, fired=1, next_run_at=later(120), last_run_at=later(61), last_job="job-1")

    async def test_is_once_for_what_was_seen(self, store: Store) -> None:
        await add(store, HOURLY)
        assert await fire(store, HOURLY)
        assert not await fire(store, HOURLY)
        assert (await get(store, "hourly")).fired == 1

    async def test_is_not_of_what_was_paused_moved_or_deleted_meanwhile(self, store: Store) -> None:
        await add(store, HOURLY, replace(HOURLY, id="moved"), replace(HOURLY, id="gone"))
        async with store.write() as unit:
            await unit.schedules.pause("hourly")
            await unit.schedules.resume("moved", later(61))
            await unit.schedules.delete("gone")
        for seen in ("hourly", "moved", "gone"):
            assert not await fire(store, replace(HOURLY, id=seen))

    async def test_of_two_processes_one_fires(self, store: Store, elsewhere: Store) -> None:
        names = [str(number) for number in range(8)]
        await add(store, *(replace(HOURLY, id=name) for name in names))
        for name in names:
            seen = replace(HOURLY, id=name)
            assert sorted(await asyncio.gather(fire(store, seen), fire(elsewhere, seen))) == [False, True]


class TestDeleting:
    async def test_makes_room_for_another(self, store: Store) -> None:
        await add(store, HOURLY)
        async with store.write() as unit:
            await unit.schedules.delete("hourly")
            assert await unit.schedules.all() == []
            assert await unit.schedules.due(later(60)) == []
        again = replace(HOURLY, name="again")
        await add(store, again)
        assert await get(store, "hourly") == again

    async def test_a_built_in_one_stays_away_until_somebody_adds_it(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.schedules.ensure([NIGHTLY])
            await unit.schedules.delete("nightly")
            await unit.schedules.ensure([NIGHTLY])
            with pytest.raises(ScheduleNotFound):
                await unit.schedules.get("nightly")
            await unit.schedules.add(NIGHTLY)
        assert await get(store, "nightly") == NIGHTLY


class TestBuiltIn:
    async def test_are_stored_once_and_left_as_they_are(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.schedules.ensure([])
            await unit.schedules.ensure([NIGHTLY])
            await unit.schedules.pause("nightly")
            await unit.schedules.ensure([replace(NIGHTLY, name="renamed"), replace(NIGHTLY, id="new")])
        assert await get(store, "nightly") == replace(NIGHTLY, paused=True)
        assert (await get(store, "new")).built_in
