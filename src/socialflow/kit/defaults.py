"""What constructors without arguments work with: one platform a process, made at first use, on a loop of its own.

`PipelineOrchestrator()` in a script has nothing to be given, and `moderate_video_task.delay(id)` may be called by code
that runs no event loop, or a new one every time. Both talk to the resident platform: its connections live on one event
loop in a thread of its own, and callers wait there, blocking or not.
"""

import asyncio
import importlib
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar, cast

P = TypeVar("P")
T = TypeVar("T")

FACTORY = "socialflow.wiring:default_platform"
"""By name: what is assembled stands above everything that asks for it."""


class Closeable(Protocol):
    """What a factory makes."""

    async def close(self) -> None:
        """Let go of every resource."""
        ...


class Readiness(Protocol):
    """Whether something can answer."""

    @property
    def ready(self) -> bool:
        """Whether it can."""
        ...


class Startable(Protocol):
    """A part of a platform that reads what it needs before it can answer."""

    def readiness(self) -> Readiness:
        """Whether it did."""
        ...

    async def start(self) -> None:
        """Read it."""
        ...


async def started(part: Startable) -> None:
    """Start a part of a platform that nobody has started yet, as scripts leave it."""
    if not part.readiness().ready:
        await part.start()


Factory = Callable[[], Closeable]


class Resident:
    """One platform on a private event loop. Safe to use from any thread and any loop.

    Nothing is opened before the first use; a factory that raises is tried again at the next.
    """

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._platform: Closeable | None = None
        self._making: asyncio.Lock | None = None

    async def run(self, use: Callable[[P], Awaitable[T]]) -> T:
        """Await `use(platform)` on the private loop. Which part of the platform it needs is for `use` to know."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._with(use), self._running()))

    def call(self, use: Callable[[P], Awaitable[T]]) -> T:
        """As `run`, blocking: for code that has no event loop."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a blocking call on the loop it would wait for; await run() instead")
        return asyncio.run_coroutine_threadsafe(self._with(use), self._running()).result()

    def close(self) -> None:
        """Close the platform and end the loop; the next use begins anew."""
        with self._guard:
            loop, thread, platform = self._loop, self._thread, self._platform
            self._loop = self._thread = self._platform = self._making = None
        if loop is None or thread is None:
            return
        if platform is not None:
            asyncio.run_coroutine_threadsafe(platform.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    async def _with(self, use: Callable[[P], Awaitable[T]]) -> T:
        if self._making is None:
            self._making = asyncio.Lock()
        async with self._making:
            if self._platform is None:
                self._platform = await asyncio.to_thread(self.factory)
        return await use(cast("P", self._platform))

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._guard:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="resident", daemon=True)
                self._thread.start()
            return self._loop


def _make() -> Closeable:
    module, _, name = FACTORY.partition(":")
    factory: Factory = getattr(importlib.import_module(module), name)
    return factory()


_resident = Resident(_make)


def resident() -> Resident:
    """The resident platform of this process."""
    return _resident


@contextmanager
def substituted(factory: Factory) -> Iterator[Resident]:
    """Another resident for as long as the block runs (an application's own platform, tests); closed at its end."""
    global _resident  # noqa: PLW0603
    before, _resident = _resident, Resident(factory)
    try:
        yield _resident
    finally:
        _resident.close()
        _resident = before


def _leave_to_parent() -> None:
    """In a forked child: the parent's loop and connections do not run here, and are not ours to close."""
    global _resident  # noqa: PLW0603
    _parents.append(_resident)
    _resident = Resident(_resident.factory)


_parents: list[Resident] = []


os.register_at_fork(after_in_child=_leave_to_parent)
