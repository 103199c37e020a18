"""What goes on beside requests for as long as a process lives: dispatching, schedules, the embedded worker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from socialflow.errors import Overloaded, StoreUnavailable

_log = structlog.get_logger("socialflow.housekeeping")

Duty = Callable[[], Awaitable[None]]
"""Runs until it is cancelled."""

PAUSE_SECONDS = 5.0
"""Rest of a duty that failed unexpectedly, before it is taken up again."""


class Housekeeping:
    """Runs duties, each on a task of its own, until closed.

    A duty runs until it is cancelled and minds its own outages. One that ends otherwise is logged and begun again: it
    never ends silently.
    """

    def __init__(self, duties: Mapping[str, Duty]) -> None:
        self._duties = duties
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def start(self) -> None:
        """Begin. Call on the event loop that the duties belong to."""
        self._tasks = [asyncio.create_task(self._keep(name), name=name) for name in self._duties]

    async def close(self) -> None:
        """Cancel every duty and wait for its end."""
        self._closing = True
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str) -> None:
        while True:
            try:
                await self._duties[name]()
                _log.error("duty_ended", duty=name)
            except Exception:
                _log.exception("duty_failed", duty=name)
            if self._closing:  # a duty that fails as it is cancelled is not begun again
                return
            await asyncio.sleep(PAUSE_SECONDS)


async def recurring(duty: str, once: Callable[[], Awaitable[object]], pause: float) -> None:
    """Do `once` until cancelled, with `pause` seconds between; a store that is away is waited for."""
    while True:
        try:
            await once()
        except (StoreUnavailable, Overloaded) as problem:
            _log.warning("duty_waits", duty=duty, code=problem.code, reason=problem.message)
        await asyncio.sleep(pause)
