"""Deleting what was kept for long enough, for as long as a process serves."""

from typing import Protocol

import structlog

from socialflow.pipelines.housekeeping import recurring

_log = structlog.get_logger("socialflow.forgetting")

PAUSE_SECONDS = 3600.0
"""For how long something may be kept beyond its time."""


class Aging(Protocol):
    """Holds what is kept for a while."""

    async def forget_old(self) -> int:
        """Delete what is old; returns how many. Raises StoreUnavailable."""
        ...


class Forgetting:
    """Deletes what is old, every hour. Any number of processes may do so; a store that is away is waited for."""

    def __init__(self, kept: Aging) -> None:
        self._kept = kept

    async def run(self) -> None:
        """Delete until cancelled."""
        await recurring("forgetting", self.once, PAUSE_SECONDS)

    async def once(self) -> int:
        """Delete what is old now; returns how many. Raises StoreUnavailable, Overloaded."""
        if gone := await self._kept.forget_old():
            _log.info("forgotten", suggestions=gone)
        return gone
