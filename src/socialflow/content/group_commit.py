"""Group commit: interactions that arrive one by one while a transaction runs share the next one.

A commit costs the same for one row as for a hundred, so single posts would be bound by commits. Nobody waits longer
for it: the first row starts a transaction at once, and those that come meanwhile would have queued behind it anyway.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from socialflow.content.ports import ContentStore
from socialflow.content.records import Interaction, RowOutcome

SMALL = 64
"""Rows of one call up to which it is grouped; larger calls have a transaction of their own."""
_GROUP = 1024


@dataclass(slots=True)
class _Waiting:
    rows: Sequence[Interaction]
    outcomes: asyncio.Future[Sequence[RowOutcome]]


class GroupCommit:
    """Writes interactions; `add` returns when its rows are durable."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._queue: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def add(self, rows: Sequence[Interaction]) -> Sequence[RowOutcome]:
        """Store rows, one outcome a row, in order. A failed transaction fails every call that shared it."""
        if len(rows) > SMALL:
            return await self._write(rows)
        waiting = _Waiting(rows, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._writer is None:
            self._writer = asyncio.create_task(self._drain())
        return await waiting.outcomes

    async def _write(self, rows: Sequence[Interaction]) -> Sequence[RowOutcome]:
        async with self._store.write() as unit:
            return await unit.interactions.add(rows)

    async def _drain(self) -> None:
        try:
            while self._queue:
                group = self._next_group()
                await self._write_group(group)
        finally:
            self._writer = None
            self._fail_rest()

    def _next_group(self) -> list[_Waiting]:
        size = count = 0
        while count < len(self._queue) and size + len(self._queue[count].rows) <= _GROUP:
            size += len(self._queue[count].rows)
            count += 1
        group, self._queue = self._queue[:count], self._queue[count:]
        return group

    async def _write_group(self, group: Sequence[_Waiting]) -> None:
        try:
            outcomes = await self._write([row for waiting in group for row in waiting.rows])
        except asyncio.CancelledError:
            for waiting in group:
                waiting.outcomes.cancel()
            raise
        except Exception as error:
            for waiting in group:
                if not waiting.outcomes.done():
                    waiting.outcomes.set_exception(error)
            return
        start = 0
        for waiting in group:
            if not waiting.outcomes.done():
                waiting.outcomes.set_result(outcomes[start : start + len(waiting.rows)])
            start += len(waiting.rows)

    def _fail_rest(self) -> None:
        """Where the writer itself was cancelled nobody is left waiting."""
        rest, self._queue = self._queue, []
        for waiting in rest:
            waiting.outcomes.cancel()
