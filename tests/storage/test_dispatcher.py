"""Dispatching from real databases over a transport that refuses, loses and repeats."""

import asyncio
from collections.abc import Sequence

import pytest

from socialflow.errors import TransportUnavailable
from socialflow.jobs import dispatch as module
from socialflow.jobs.dispatch import KEPT, LEAST_WINDOW, MAX_LOSSES, Dispatcher
from socialflow.jobs.ports import JobStore
from socialflow.jobs.records import Job, JobError, JobState, Worker
from socialflow.jobs.runner import Runner
from socialflow.jobs.work import Kind
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW
from tests.storage.work import (
    LEASE_SECONDS,
    POST,
    TRAIN,
    WARM,
    Unsteady,
    add,
    at,
    claim,
    done,
    ended,
    get,
    in_transit,
    new,
    running,
    sendable,
)


class Wire:
    """A transport that keeps what it is given, unless it is told to refuse."""

    def __init__(self) -> None:
        self.sent: list[Job] = []
        self.refusals = 0
        self.delivered = asyncio.Event()

    @property
    def names(self) -> list[str]:
        """Of the jobs it was given since this was last asked."""
        names = [job.name for job in self.sent]
        self.sent.clear()
        return names

    async def send(self, jobs: Sequence[Job]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise TransportUnavailable("the broker cannot be reached")
        self.sent += jobs
        if jobs:
            self.delivered.set()

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def dispatcher(store: Store, wire: Wire, clock: FixedClock) -> Dispatcher:
    return Dispatcher(store, wire, clock)


class TestSending:
    async def test_sends_what_is_due_once(self, store: Store, dispatcher: Dispatcher, wire: Wire) -> None:
        await add(store, new("now"), new("later", not_before=at(60)))
        assert await dispatcher.tick() == 1
        assert await dispatcher.tick() == 0
        assert wire.names == ["now"]

    async def test_goes_best_first_whatever_is_under_way(
        self, store: Store, dispatcher: Dispatcher, wire: Wire
    ) -> None:
        await add(store, *(new(f"idle-{number}", priority=1) for number in range(40)))
        assert await dispatcher.tick() == LEAST_WINDOW
        claimed = [await claim(store, job, job.id) for job in wire.sent[:2]]
        assert all(claimed)
        assert wire.names == [f"idle-{number}" for number in range(LEAST_WINDOW)]
        await add(store, new("urgent", priority=10), new("plain"))
        await dispatcher.tick()
        assert wire.names[:2] == ["urgent", "plain"]

    async def test_keeps_few_messages_under_way(self, store: Store, dispatcher: Dispatcher, wire: Wire) -> None:
        await add(store, *(new(str(number)) for number in range(60)))
        async with store.write() as unit:
            for number in range(2):
                await unit.workers.seen(Worker(f"w{number}", "host", number, 10, NOW, NOW))
        assert await dispatcher.tick() == 40  # twice what all workers together can do
        assert await dispatcher.tick() == 0
        assert await in_transit(store) == 40

    async def test_a_lost_message_is_sent_again(
        self, store: Store, dispatcher: Dispatcher, wire: Wire, clock: FixedClock
    ) -> None:
        await add(store, new("lost"))
        sent = [await dispatcher.tick()]
        for seconds in (14, 15, 44, 45):
            clock.at = at(seconds)
            sent.append(await dispatcher.tick())
        assert sent == [1, 0, 1, 0, 1]

    async def test_a_message_that_comes_twice_runs_once(
        self, store: Store, dispatcher: Dispatcher, wire: Wire, clock: FixedClock
    ) -> None:
        (job,) = await add(store, new())
        await dispatcher.tick()
        runner = Runner(store, {POST: done}, clock, worker_id="w")
        ran = [await runner.run(told.id) for told in wire.sent * 3]
        assert [one is None for one in ran] == [False, True, True]
        assert (await get(store, job)).attempts == 1

    async def test_two_dispatchers_send_each_job_once(
        self, store: Store, dispatcher: Dispatcher, wire: Wire, clock: FixedClock
    ) -> None:
        await add(store, *(new(str(number)) for number in range(10)))
        other = Dispatcher(store, wire, clock)
        await asyncio.gather(dispatcher.tick(), other.tick())
        assert sorted(wire.names) == sorted(str(number) for number in range(10))

    async def test_nothing_while_everything_is_held(self, store: Store, dispatcher: Dispatcher, wire: Wire) -> None:
        await add(store, new())
        async with store.write() as unit:
            await unit.jobs.hold(NOW)
        assert await dispatcher.tick() == 0
        async with store.write() as unit:
            await unit.jobs.hold(None)
        assert await dispatcher.tick() == 1


class TestFullTypes:
    async def test_are_passed_over(self, store: Store, dispatcher: Dispatcher, wire: Wire) -> None:
        """One training run at a time: those waiting for it keep nobody else waiting."""
        await add(store, *(new(f"train-{number}", TRAIN, priority=9) for number in range(30)), new("post"))
        await dispatcher.tick()
        assert wire.names == ["train-0", "post"]

    async def test_follow_as_soon_as_there_is_room(self, store: Store, dispatcher: Dispatcher, wire: Wire) -> None:
        first, _ = await add(store, new("first", TRAIN), new("second", TRAIN))
        await claim(store, first)
        assert await dispatcher.tick() == 0
        async with store.write() as unit:
            await unit.jobs.finish(first.id, "token", JobState.SUCCEEDED, NOW)
        assert await dispatcher.tick() == 1
        assert wire.names == ["second"]

    async def test_are_told_from_others_by_the_rules(self, store: Store, wire: Wire, clock: FixedClock) -> None:
        rules = {POST: Kind("a", at_once=3), WARM: Kind("b", at_once=1), TRAIN: Kind("c", at_once=2)}
        await add(store, *(new(f"{kind}-{n}", kind) for n in range(5) for kind in (WARM, TRAIN, POST)))
        await Dispatcher(store, wire, clock, kinds=rules).tick()
        counts = [
            sum(name.startswith(kind) for name in (job.name for job in wire.sent)) for kind in (POST, WARM, TRAIN)
        ]
        assert counts == [3, 1, 2]


class TestRefusals:
    async def test_leave_the_job_to_the_next_tick(self, store: Store, dispatcher: Dispatcher, wire: Wire) -> None:
        (job,) = await add(store, new())
        wire.refusals = 1
        with pytest.raises(TransportUnavailable):
            await dispatcher.tick()
        assert await get(store, job) == job
        assert await dispatcher.tick() == 1
        assert (await get(store, job)).sends == 1


class TestRecovering:
    async def test_a_dead_workers_job_is_run_again_and_costs_no_attempt(
        self, store: Store, dispatcher: Dispatcher, wire: Wire, clock: FixedClock
    ) -> None:
        job = await running(store)
        clock.at = at(LEASE_SECONDS - 1)
        assert await dispatcher.tick() == 0
        clock.at = at(LEASE_SECONDS)
        assert await dispatcher.tick() == 1
        after = await get(store, job)
        assert (after.state, after.attempts, after.losses) == (JobState.QUEUED, 0, 1)
        assert wire.names == ["job"]

    async def test_a_job_that_kills_its_workers_is_given_up(
        self, store: Store, dispatcher: Dispatcher, clock: FixedClock
    ) -> None:
        (job,) = await add(store, new())
        for death in range(1, MAX_LOSSES + 1):
            assert await claim(store, job, f"token-{death}", clock.at) is not None
            clock.at = at(60 * death)
            await dispatcher.tick()
        after = await get(store, job)
        assert (after.state, after.losses, after.attempts) == (JobState.FAILED, MAX_LOSSES, 0)
        assert after.error == JobError("worker_lost", f"the worker died in {MAX_LOSSES} runs of this job")

    async def test_a_job_that_hung_is_given_up(self, store: Store, wire: Wire, clock: FixedClock) -> None:
        job = await running(store)
        clock.at = at(21)
        await Dispatcher(store, wire, clock, kinds={POST: Kind("x", time_limit=10)}).tick()
        after = await get(store, job)
        assert after.state is JobState.FAILED
        assert after.error is not None
        assert after.error.code == "time_limit_exceeded"

    async def test_a_job_that_was_to_be_cancelled_is(
        self, store: Store, dispatcher: Dispatcher, clock: FixedClock
    ) -> None:
        job = await running(store)
        async with store.write() as unit:
            await unit.jobs.request_cancel(job.id, NOW)
        clock.at = at(60)
        assert await dispatcher.tick() == 0
        after = await get(store, job)
        assert (after.state, after.finished_at) == (JobState.CANCELLED, at(60))

    async def test_two_dispatchers_count_one_loss(
        self, store: Store, dispatcher: Dispatcher, wire: Wire, clock: FixedClock
    ) -> None:
        job = await running(store)
        clock.at = at(60)
        await asyncio.gather(dispatcher.tick(), Dispatcher(store, wire, clock).tick())
        assert (await get(store, job)).losses == 1


class TestClearing:
    async def test_takes_what_ended_long_ago(
        self, store: Store, dispatcher: Dispatcher, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "CLEARED_AT_ONCE", 2)
        for number in range(3):
            await ended(store, JobState.SUCCEEDED, f"old-{number}")
        clock.at = NOW + KEPT
        await dispatcher.tick()
        clock.at = at(1) + KEPT  # within the hour: nothing is looked for
        await dispatcher.tick()
        assert await self.left(store) == 3
        clock.at = at(3600) + KEPT
        await dispatcher.tick()
        assert await self.left(store) == 1
        await dispatcher.tick()
        assert await self.left(store) == 0

    @staticmethod
    async def left(store: Store) -> int:
        async with store.read() as unit:
            return len(await unit.jobs.page())


class TestRunningOn:
    @staticmethod
    async def run_until(dispatcher: Dispatcher, event: asyncio.Event) -> None:
        running = asyncio.create_task(dispatcher.run())
        await event.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    async def test_a_kick_sends_at_once(
        self, store: Store, dispatcher: Dispatcher, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "AT_LEISURE", 10_000.0)
        ticked = asyncio.Event()
        tick = dispatcher.tick

        async def told() -> int:
            sent = await tick()
            ticked.set()
            return sent

        monkeypatch.setattr(dispatcher, "tick", told)
        running = asyncio.create_task(dispatcher.run())
        await ticked.wait()
        await add(store, new())
        for _ in range(3):
            dispatcher.kick()
        await wire.delivered.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert wire.names == ["job"]

    async def test_without_a_kick_it_looks_by_itself(
        self, store: Store, dispatcher: Dispatcher, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "AT_LEISURE", 0.001)
        await add(store, new(not_before=at(0)))
        await self.run_until(dispatcher, wire.delivered)
        assert wire.names == ["job"]

    async def test_survives_outages_of_store_and_broker(
        self, store: Store, wire: Wire, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.001)
        unsteady = Unsteady(store)
        unsteady.failures, wire.refusals = 3, 3
        await add(store, new())
        within: JobStore = unsteady
        await self.run_until(Dispatcher(within, wire, clock), wire.delivered)
        assert wire.names == ["job"]
        assert unsteady.refused == 3
        assert await sendable(store) == []
