"""Workers tell of themselves and are forgotten when they fall silent."""

from dataclasses import replace
from datetime import timedelta

from socialflow.jobs.records import Worker
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later
from tests.storage.work import at

WORKER = Worker("host:1", "host", 1, 2, NOW, NOW)


async def seen(store: Store, *workers: Worker) -> None:
    async with store.write() as unit:
        for worker in workers:
            await unit.workers.seen(worker)


class TestWorkers:
    async def test_are_alive_for_half_a_minute(self, store: Store) -> None:
        other = replace(WORKER, id="host:2", pid=2, seen_at=at(10))
        await seen(store, other, WORKER)
        async with store.read() as unit:
            assert await unit.workers.alive(at(30)) == [WORKER, other]
            assert await unit.workers.alive(at(40)) == [other]
            assert await unit.workers.alive(at(40.001)) == []

    async def test_a_new_sign_takes_the_place_of_the_last(self, store: Store) -> None:
        again = replace(WORKER, concurrency=8, seen_at=at(60))
        await seen(store, WORKER, again)
        async with store.read() as unit:
            assert await unit.workers.alive(at(61)) == [again]

    async def test_one_that_left_is_gone_at_once(self, store: Store) -> None:
        await seen(store, WORKER)
        async with store.write() as unit:
            await unit.workers.left(WORKER.id)
            await unit.workers.left("never there")
            assert await unit.workers.alive(NOW) == []

    async def test_one_silent_for_a_day_is_forgotten(self, store: Store) -> None:
        tomorrow = replace(WORKER, id="host:2", seen_at=later(1440) + timedelta(seconds=1))
        await seen(store, WORKER, tomorrow)
        async with store.read() as unit:
            assert await unit.workers.alive(NOW) == [tomorrow]
