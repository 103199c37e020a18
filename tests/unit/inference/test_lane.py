import asyncio
import threading

import pytest

from socialflow.errors import Overloaded
from socialflow.inference.lane import Lane


@pytest.fixture
async def lane():
    lane = Lane("test", capacity=2)
    yield lane
    await lane.close()


class Gate:
    """A call that blocks its lane until it is opened."""

    def __init__(self) -> None:
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.entered.set()
        assert self.open.wait(10)
        return "through"


async def blocked(lane: Lane) -> tuple[Gate, asyncio.Task]:
    gate = Gate()
    task = asyncio.create_task(lane.run(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    return gate, task


class TestLane:
    async def test_returns_what_the_call_returns_from_one_thread(self, lane):
        threads = {await lane.run(threading.get_ident) for _ in range(5)}
        assert len(threads) == 1
        assert threads != {threading.get_ident()}

    async def test_calls_keep_their_order(self, lane):
        done: list[int] = []
        gate, first = await blocked(lane)
        rest = [asyncio.create_task(lane.run(done.append, n)) for n in range(2)]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(first, *rest)
        assert done == [0, 1]

    async def test_a_failure_reaches_its_waiter_and_the_lane_goes_on(self, lane):
        with pytest.raises(ZeroDivisionError):
            await lane.run(lambda: 1 // 0)
        assert await lane.run(lambda: 1) == 1

    async def test_a_full_queue_refuses(self, lane):
        gate, first = await blocked(lane)
        waiting = [asyncio.create_task(lane.run(lambda: 2)) for _ in range(2)]
        await asyncio.sleep(0)
        assert lane.waiting == 2
        with pytest.raises(Overloaded):
            await lane.run(lambda: 3)
        gate.open.set()
        assert await asyncio.gather(first, *waiting) == ["through", 2, 2]

    async def test_who_stops_waiting_gives_the_turn_away(self, lane):
        ran: list[str] = []
        gate, first = await blocked(lane)
        left = asyncio.create_task(lane.run(ran.append, "left"))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        gate.open.set()
        await first
        await lane.run(ran.append, "stayed")
        assert ran == ["stayed"]

    async def test_closing_finishes_what_was_accepted(self):
        lane = Lane("test", capacity=2)
        gate, first = await blocked(lane)
        second = asyncio.create_task(lane.run(lambda: 2))
        await asyncio.sleep(0)
        closing = asyncio.create_task(lane.close())
        gate.open.set()
        assert await asyncio.gather(first, second) == ["through", 2]
        await closing
        with pytest.raises(Overloaded):
            await lane.run(lambda: 3)
        await lane.close()

    async def test_several_threads_run_calls_beside_each_other(self):
        lane = Lane("wide", capacity=4, threads=2)
        (one, first), (two, second) = await blocked(lane), await blocked(lane)
        two.open.set()
        assert await second == "through"
        assert not first.done()
        one.open.set()
        assert await first == "through"
        await lane.close()
        with pytest.raises(Overloaded):
            await lane.run(lambda: 1)
