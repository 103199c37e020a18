"""Keeps one worker process alive beside a server: starts it, starts it again when it dies, ends it."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import IO

import structlog

_log = structlog.get_logger("socialflow.worker")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
PROVEN = 60.0
"""Seconds after which a worker counts as healthy: its next death is waited for no longer than the first."""
_LOCK_EVERY = 5.0


class Supervisor:
    """Runs `command` for as long as `run` is awaited.

    Args:
        lock: a file that only one supervisor at a time holds, so that two servers on one folder share one worker. It is
            free as soon as its holder ends, however that ends.
        grace: seconds between SIGTERM and SIGKILL.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], lock: Path, *, grace: float) -> None:
        self._command = command
        self._env = env
        self._lock = lock
        self._grace = grace

    async def run(self) -> None:
        """Keep the worker alive; cancelled, end it and return."""
        async with self._alone():
            pause = FIRST_PAUSE
            while True:
                began = monotonic()
                code = await self._once()
                pause = FIRST_PAUSE if monotonic() - began >= PROVEN else min(2 * pause, LONGEST_PAUSE)
                _log.warning("worker_ended", exit_code=code, again_in=pause)
                await asyncio.sleep(pause)

    async def _once(self) -> int:
        """One life of the worker; its exit code."""
        process = await asyncio.create_subprocess_exec(*self._command, env=dict(self._env))
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await asyncio.shield(self._end(process))
            raise

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._grace)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the lock; wait for it where another server has it."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w", encoding="ascii") as file:
            while not _locked(file):  # noqa: ASYNC110 - another process tells nothing when it lets go
                await asyncio.sleep(_LOCK_EVERY)
            yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
