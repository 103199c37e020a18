"""Rows of many callers in one call: bounds, order, failures, and callers who leave."""

import asyncio
from collections.abc import Sequence

import pytest

from socialflow.errors import Overloaded
from socialflow.inference.batcher import Batcher


class Doubling:
    """Doubles numbers, once it may; 13 fails."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.begun = asyncio.Event()
        self.calls: list[list[int]] = []

    async def __call__(self, rows: Sequence[int]) -> list[int]:
        self.calls.append(list(rows))
        self.begun.set()
        await self.may.wait()
        if 13 in rows:
            raise ZeroDivisionError("thirteen")
        return [2 * row for row in rows]


def batcher(call: Doubling, *, most: int = 4, capacity: int = 8) -> Batcher[int, int]:
    return Batcher("numbers", call, most=most, capacity=capacity)


class TestBatches:
    async def test_what_waits_goes_together(self) -> None:
        call = Doubling()
        made = batcher(call)
        first = asyncio.create_task(made.submit([1]))
        await call.begun.wait()
        others = [asyncio.create_task(made.submit([n, n])) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        assert made.waiting == 6
        call.may.set()
        assert await asyncio.gather(first, *others) == [[2], [4, 4], [6, 6], [8, 8]]
        assert call.calls == [[1], [2, 2, 3, 3], [4, 4]]
        await made.close()

    async def test_what_is_to_be_first_is(self) -> None:
        call = Doubling()
        made = batcher(call, most=1)
        tasks = [asyncio.create_task(made.submit([1]))]
        await call.begun.wait()
        tasks += [asyncio.create_task(made.submit([2])), asyncio.create_task(made.submit([3], first=True))]
        await asyncio.sleep(0)
        call.may.set()
        await asyncio.gather(*tasks)
        assert call.calls == [[1], [3], [2]]

    async def test_too_much_is_refused(self) -> None:
        call = Doubling()
        made = batcher(call, capacity=2)
        with pytest.raises(Overloaded):
            await made.submit([1, 2, 3])

    async def test_a_failure_reaches_everybody_of_its_batch_alone(self) -> None:
        call = Doubling()
        made = batcher(call, most=2)
        call.may.set()
        told = await asyncio.gather(*(made.submit([n]) for n in (1, 13, 3)), return_exceptions=True)
        assert [type(one) for one in told] == [ZeroDivisionError, ZeroDivisionError, list]

    async def test_who_leaves_gives_the_place_away(self) -> None:
        call = Doubling()
        made = batcher(call)
        first = asyncio.create_task(made.submit([1]))
        await call.begun.wait()
        second = asyncio.create_task(made.submit([2]))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        call.may.set()
        await first
        await made.close()
        assert call.calls == [[1]]

    async def test_nothing_comes_in_behind_the_end(self) -> None:
        made = batcher(Doubling())
        await made.close()
        with pytest.raises(Overloaded, match="shutting down"):
            await made.submit([1])
