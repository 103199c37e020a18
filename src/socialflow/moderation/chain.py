"""Sealing the audit chain, and going through all of it."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from socialflow.kit.clock import Clock
from socialflow.moderation.audit import BATCH_EVENTS, Batch, Head, sealed
from socialflow.moderation.ports import DecisionStore, DecisionUnit
from socialflow.moderation.verifying import Broken, ChainCheck, Report

_FIRST = -(2**63)
"""Below every key and number that a row can have, though none of ours is below 1."""


class AuditChain:
    """Seals events into batches. Any number of processes may: each batch is stored by whoever is first."""

    def __init__(self, store: DecisionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def seal(self) -> list[Batch]:
        """Seal every event that waits, in batches of at most `BATCH_EVENTS`; returns those that this call stored.

        Raises StoreUnavailable, Overloaded.
        """
        async with self._store.read() as unit:
            if await _settled(unit):
                return []
        async with self._store.write() as unit:
            horizon = await unit.audit.horizon()
        batches: list[Batch] = []
        while (batch := await self._next(horizon)) is not None:
            batches.append(batch)
        return batches

    async def head(self) -> Head | None:
        """The end of the chain, for somebody to keep elsewhere; None where nothing is sealed yet."""
        async with self._store.read() as unit:
            last = await unit.audit.head()
        return None if last is None else Head(last.number, last.hash)

    async def _next(self, horizon: int) -> Batch | None:
        async with self._store.write() as unit:
            last = await unit.audit.head()
            events = await unit.audit.unsealed(0 if last is None else last.last, horizon, BATCH_EVENTS)
            if not events:
                return None
            batch = sealed(last, events, self._clock.now())
            return batch if await unit.audit.add_batch(batch) else None


async def checked(unit: DecisionUnit, since: datetime | None = None, kept: Iterable[Head] = ()) -> Report:
    """Recompute every decision, event and batch, and the chain over them; the first thing that is wrong.

    With `since`, from the first batch that was sealed then; the one before is taken on trust.
    """
    trusted = None if since is None else await unit.audit.before(since)
    check = ChainCheck(trusted, kept)
    key = _FIRST if trusted is None else trusted.last
    try:
        async for batches in unit.audit.batches(_FIRST if trusted is None else trusted.number):
            await asyncio.to_thread(check.expect, batches)
            key = await _take(unit, check, key, batches[-1].last)
        await _take(unit, check, key, None)
        await asyncio.to_thread(check.finish, await unit.audit.strays())
    except Broken as broken:
        return check.report(broken.fault)
    return check.report()


async def _take(unit: DecisionUnit, check: ChainCheck, after: int, upto: int | None) -> int:
    async for rows in unit.audit.recorded(after, upto):
        await asyncio.to_thread(check.take, rows)
        after = rows[-1].key
    return after if upto is None else max(after, upto)


async def _settled(unit: DecisionUnit) -> bool:
    """Whether no event waits."""
    last = await unit.audit.head()
    return not await unit.audit.unsealed(0 if last is None else last.last, 2**63 - 1, 1)
