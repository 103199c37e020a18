"""One worker process: an event loop, connections made after the fork, and the runs that Celery asks for.

The loop lives on a thread of its own, so that between jobs the process still tells that it is there.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from time import monotonic
from typing import Protocol, TypeVar

import structlog

from socialflow.errors import SocialflowError
from socialflow.jobs.ports import JobStore
from socialflow.jobs.records import Job, NewJob, Worker
from socialflow.jobs.runner import Runner
from socialflow.kit.clock import Clock

_log = structlog.get_logger("socialflow.worker")
T = TypeVar("T")

SIGN_OF_LIFE = 5.0
"""Seconds between two entries in the table of workers."""
_LOOK = 0.5


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What one worker process works with, opened on its own event loop."""

    runner: Runner
    store: JobStore
    clock: Clock
    close: Callable[[], Awaitable[None]]


class OpenParts(Protocol):
    """Opens the parts; called once a process, after the fork, on its event loop."""

    async def __call__(self, worker_id: str) -> WorkerParts:
        """Open them for a worker of this name."""
        ...


class Leaving:
    """When running jobs must be given back: set by the parent process on SIGTERM, seen by the forked ones."""

    def __init__(self) -> None:
        self._at = get_context("fork").Value("d", 0.0, lock=False)

    def set(self, seconds: float) -> None:
        """Give them `seconds` more."""
        self._at.value = monotonic() + seconds

    @property
    def now(self) -> bool:
        """Whether that time is over."""
        return bool(0.0 < self._at.value <= monotonic())


class WorkerProcess:
    """The event loop of one worker process, and what runs on it."""

    def __init__(self, open_parts: OpenParts, leaving: Leaving) -> None:
        self.id = f"{socket.gethostname()}:{os.getpid()}"
        self._leaving = leaving
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="jobs", daemon=True)
        self._thread.start()
        self._runs: set[asyncio.Task[Job | None]] = set()
        self._parts = self._await(open_parts(self.id))
        self._alive = self._await(self._begin())

    def run(self, job_id: str) -> Job | None:
        """Run one job; returns when its end is written. None where it was not to be had."""
        return self._await(self._run(job_id))

    def adopt(self, job: NewJob) -> Job | None:
        """Store a job that came as a foreign message, and run it."""
        return self._await(self._adopt(job))

    def close(self) -> None:
        """Give back what runs, say farewell, close everything."""
        with suppress(SocialflowError):
            self._await(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._loop.close()

    def _await(self, work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result()

    async def _adopt(self, job: NewJob) -> Job | None:
        async with self._parts.store.write() as unit:
            stored = (await unit.jobs.add([job], self._parts.clock.now()))[0]
        return await self._run(stored.id)

    async def _run(self, job_id: str) -> Job | None:
        run = asyncio.create_task(self._parts.runner.run(job_id))
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        return await run

    async def _begin(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self._live())

    async def _live(self) -> None:
        """Tell of this process, and drain when it is time to leave."""
        started, told = self._parts.clock.now(), -SIGN_OF_LIFE
        while True:
            if self._leaving.now:
                await self._parts.runner.drain()
            if monotonic() - told >= SIGN_OF_LIFE:
                told = monotonic()
                now = self._parts.clock.now()
                try:
                    async with self._parts.store.write() as unit:
                        await unit.workers.seen(Worker(self.id, socket.gethostname(), os.getpid(), 1, started, now))
                except SocialflowError as error:
                    _log.warning("worker_unseen", code=error.code)
                except Exception:
                    _log.exception("worker_unseen")
            await asyncio.sleep(_LOOK)

    async def _leave(self) -> None:
        self._alive.cancel()
        await asyncio.gather(self._alive, return_exceptions=True)
        while runs := set(self._runs):  # one that is being claimed is drained the next time
            await self._parts.runner.drain()
            await asyncio.wait(runs, timeout=_LOOK)
        try:
            async with self._parts.store.write() as unit:
                await unit.workers.left(self.id)
        finally:
            await self._parts.close()
