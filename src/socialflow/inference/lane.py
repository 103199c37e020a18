"""One thread with a bounded queue: where compute runs, so that the event loop never waits for arithmetic."""

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
    """Runs calls one after the other on a thread of its own.

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

    def __init__(self, name: str, *, capacity: int) -> None:
        self.name = name
        self._calls: queue.Queue[_Call | None] = queue.Queue(capacity)
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"lane-{name}", daemon=True)
        self._thread.start()

    async def run(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `call` on the lane's thread and return what it returns.

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
        """Refuse new calls, finish the accepted ones, end the thread. May be called twice."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._calls.put, None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (turn := self._calls.get()) is not None:
            turn()
            del turn  # nothing of a finished call stays alive while the lane idles
