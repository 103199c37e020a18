"""Calls of many callers, made a few at a time: what waits while one batch runs is the next batch."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from socialflow.errors import Overloaded

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Group(Generic[T, R]):
    rows: Sequence[T]
    answer: "asyncio.Future[list[R]]"


class Batcher(Generic[T, R]):
    """Puts the rows of many callers through one call.

    Nothing waits for a batch to fill: a batch is whatever came while the ones before it ran, up to `most` rows (a
    caller's own rows are never split, so a batch may be as large as those). A caller that is cancelled before its batch
    starts gives its place away. What a call raises is raised to every caller of that batch.

    Args:
        call: gives one answer a row, in order.
        capacity: rows that may wait; beyond, callers are refused.
        abreast: batches that may run at once.

    >>> async def twice() -> list[list[int]]:
    ...     async def call(rows: Sequence[int]) -> list[int]:
    ...         return [2 * row for row in rows]
    ...     batcher = Batcher[int, int]("demo", call, most=8, capacity=16)
    ...     try:
    ...         return await asyncio.gather(batcher.submit([1, 2]), batcher.submit([3]))
    ...     finally:
    ...         await batcher.close()
    >>> asyncio.run(twice())
    [[2, 4], [6]]
    """

    def __init__(
        self,
        name: str,
        call: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        *,
        most: int,
        capacity: int,
        abreast: int = 1,
    ) -> None:
        self._name, self._call = name, call
        self._most, self._capacity, self._abreast = most, capacity, abreast
        self._groups: deque[_Group[T, R]] = deque()
        self._waiting = self._begun = 0
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Rows accepted and not yet begun."""
        return self._waiting

    @property
    def pending(self) -> int:
        """Rows accepted and not yet answered."""
        return self._waiting + self._begun

    async def submit(self, rows: Sequence[T], *, first: bool = False) -> list[R]:
        """The answers to some rows, in their order; `first`: they go before what waits.

        Raises:
            Overloaded: too many rows wait, or it is closed; also what the call raises.
        """
        if self._closed:
            raise Overloaded(f"{self._name} is shutting down; try again")
        if self._waiting + len(rows) > self._capacity:
            raise Overloaded(f"{self._name} has {self._waiting} rows waiting; try again")
        group: _Group[T, R] = _Group(rows, asyncio.get_running_loop().create_future())
        (self._groups.appendleft if first else self._groups.append)(group)
        self._waiting += len(rows)
        if len(self._running) < self._abreast:
            task = asyncio.create_task(self._work())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await group.answer

    async def close(self) -> None:
        """Refuse new rows and finish what was accepted."""
        self._closed = True
        await asyncio.gather(*self._running)

    async def _work(self) -> None:
        await asyncio.sleep(0)  # whoever is ready in this turn of the loop comes along
        while groups := self._next():
            rows = [row for group in groups for row in group.rows]
            self._begun += len(rows)
            try:
                answers = iter(await self._call(rows))
            except Exception as error:  # belongs to who waits
                for group in groups:
                    if not group.answer.done():
                        group.answer.set_exception(error)
                continue
            finally:
                self._begun -= len(rows)
            for group in groups:
                own = [next(answers) for _ in group.rows]
                if not group.answer.done():
                    group.answer.set_result(own)

    def _next(self) -> list[_Group[T, R]]:
        taken, size = list[_Group[T, R]](), 0
        while self._groups and (not taken or size + len(self._groups[0].rows) <= self._most):
            group = self._groups.popleft()
            self._waiting -= len(group.rows)
            if not group.answer.done():
                taken.append(group)
                size += len(group.rows)
        return taken
