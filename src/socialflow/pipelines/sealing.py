"""Sealing the audit chain, for as long as a process serves."""

import asyncio
from typing import Protocol

import structlog

from socialflow.moderation.audit import Batch
from socialflow.moderation.chain import AuditChain
from socialflow.pipelines.housekeeping import recurring

_log = structlog.get_logger("socialflow.sealing")

PAUSE_SECONDS = 5.0
"""For how long an event may wait for its batch."""


class Heads(Protocol):
    """Keeps heads of the chain outside of the database."""

    def keep(self, batch: Batch) -> None:
        """Note the hash of a batch. Raises OSError."""
        ...


class Sealing:
    """Seals what waits, every few seconds, and keeps the head of the chain beside the database.

    Any number of processes may do so. It is a duty and no job: jobs that recur every few seconds would write more rows
    than they seal. A store that cannot be reached is waited for.
    """

    def __init__(self, chain: AuditChain, heads: Heads) -> None:
        self._chain = chain
        self._heads = heads

    async def run(self) -> None:
        """Seal until cancelled."""
        await recurring("sealing", self.once, PAUSE_SECONDS)

    async def once(self) -> int:
        """Seal what waits now; returns the number of batches. Raises StoreUnavailable, Overloaded."""
        batches = await self._chain.seal()
        if batches:
            try:
                await asyncio.to_thread(self._heads.keep, batches[-1])
            except OSError as problem:  # the chain itself is whole; the next head says as much
                _log.warning("head_not_kept", reason=str(problem))
        return len(batches)
