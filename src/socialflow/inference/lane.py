"""Threads with a bounded queue: where compute runs, so that the event loop never waits for arithmetic."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from socialflow.errors import Overloaded

P = ParamSpec("P")
T = TypeVar("T")

_Call = Callable[[], None]


class Lane:
    """Runs calls in their order on threads of its own: one after the other on one, unless more are asked for.

    A call beyond `capacity` waiting ones is refused with Overloaded before it starts; a call's exception reaches its
    waiter; `close` finishes what was accepted. A waiter that is cancelled before its call starts gives its turn away.

    >>> async def twice() -> int:
    ...     lane = Lane("demo", capacity=2)
    ...     try:
    ...         return await lane.run(lambda x: 2 * x, 21)
    ...     finally:
    ...         await lane.close()
    >>> asyncio.run(twice())
    42
    """

    def __init__(self, name: str, *, capacity: int, threads: int = 1) -> None:
        self.name = name
        self._calls: queue.Queue[_Call | None] = queue.Queue(capacity)
        self._closed = False
        self._threads = [threading.Thread(target=self._work, name=f"lane-{name}", daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call` on a thread of the lane and return what it returns.

        Raises:
            Overloaded: the queue is full, or the lane is closed.
        """
        if self._closed:
            raise Overloaded(f"{self.name} is shutting down; try again")
        future: Future[T] = Future()

        def turn() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = call(*args, **kwargs)
            except BaseException as error:  # whatever ended the call belongs to who waits for it
                future.set_exception(error)
            else:
                future.set_result(result)

        try:
            self._calls.put_nowait(turn)
        except queue.Full:
            raise Overloaded(f"{self.name} has {self._calls.maxsize} calls waiting; try again") from None
        return await asyncio.wrap_future(future)

    @property
    def waiting(self) -> int:
        """Calls accepted and not yet started."""
        return self._calls.qsize()

    async def close(self) -> None:
        """Refuse new calls, finish the accepted ones, end the threads. May be called twice."""
        if not self._closed:
            self._closed = True
            for _ in self._threads:
                await asyncio.to_thread(self._calls.put, None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _work(self) -> None:
        while (turn := self._calls.get()) is not None:
            turn()
            del turn  # nothing of a finished call stays alive while the lane idles
