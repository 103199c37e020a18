"""Stored decisions as replay takes them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import orjson

from socialflow.content.records import ModerationStatus
from socialflow.kit.clock import from_micros
from socialflow.moderation.policy.columns import Past
from socialflow.moderation.policy.ports import PolicyRepository, Window
from socialflow.moderation.policy.records import DEFAULT_SCOPE, PolicyState, community_of
from socialflow.moderation.ports import Replayable
from socialflow.moderation.records import ContentKind, Facts
from socialflow.moderation.sealing import facts_of, facts_within, signals_within

BATCH = 50_000
"""Decisions of a batch, about."""
_FACTS = 100_000
"""Distinct facts that are kept while a window is read."""
_MALFORMED = (KeyError, TypeError, AttributeError, ValueError)


class ReplayableRepository(Protocol):
    """The service's decisions, to be read by the million."""

    def replayable(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[Sequence[Replayable]]:
        """Those of a window [since, until), in batches, in the order in which they were taken."""
        ...

    async def count_replayable(self, since: datetime, until: datetime, most: int) -> int:
        """How many there are, counted no further than `most`."""
        ...

    async def newest_replayable(self, since: datetime, until: datetime, most: int) -> int | None:
        """When the last but `most` - 1 was taken, in microseconds since 1970; None where there are fewer."""
        ...


class PastUnit(Protocol):
    """What one unit of work needs."""

    @property
    def decisions(self) -> ReplayableRepository:
        """Decisions."""
        ...

    @property
    def policies(self) -> PolicyRepository:
        """Which communities have a policy of their own."""
        ...


class PastStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[PastUnit]:
        """A unit that may only read."""
        ...


class StoredDecisions:
    """Decisions that the service took (satisfies `ports.PastDecisions`).

    Those of the default scope are of content whose community has no policy of its own in force now.
    """

    def __init__(self, store: PastStore) -> None:
        self._store = store

    async def batches(self, window: Window) -> AsyncIterator[Sequence[Past]]:
        """In batches of some ten thousand; what a person decided stands beside what the service did."""
        async with self._store.read() as unit:
            reader = _Reader(window.scope, await _own(unit))
            gathered: list[Past] = []
            async for rows in unit.decisions.replayable(window.since, window.until):
                gathered += await asyncio.to_thread(reader.read, rows)
                if len(gathered) >= BATCH:
                    yield gathered
                    gathered = []
        if gathered:
            yield gathered

    async def count(self, window: Window, most: int) -> int:
        """How many decisions a window spans, of all scopes, counted no further than `most`."""
        async with self._store.read() as unit:
            return await unit.decisions.count_replayable(window.since, window.until, most)

    async def newest(self, window: Window, most: int) -> Window:
        """The window, its beginning put off so that it spans the newest `most` decisions, of all scopes, at most."""
        async with self._store.read() as unit:
            at = await unit.decisions.newest_replayable(window.since, window.until, most)
        return window if at is None else replace(window, since=max(window.since, from_micros(at)))


class _Reader:
    """Rows as replay takes them, of the content that the policy of a scope stands for."""

    def __init__(self, scope: str, own: frozenset[str]) -> None:
        self._community = community_of(scope)
        self._default = scope == DEFAULT_SCOPE
        self._own = own
        self._facts: dict[bytes, Facts] = {}

    def read(self, rows: Sequence[Replayable]) -> list[Past]:
        return [one for one in map(self._past, rows) if self._concerned(one.facts)]

    def _concerned(self, facts: Facts) -> bool:
        return facts.community not in self._own if self._default else facts.community == self._community

    def _past(self, row: Replayable) -> Past:
        body = bytes(row.body)
        verdict = None if row.person_status is None else ModerationStatus(row.person_status)
        try:
            facts, signals = self._facts_of(facts_within(body)), signals_within(body)
        except _MALFORMED:
            facts, signals = Facts(ContentKind(row.kind)), b""
        return Past(row.id, facts, signals, ModerationStatus(row.status), row.at, verdict)

    def _facts_of(self, body: bytes) -> Facts:
        found = self._facts.get(body)
        if found is None:
            if len(self._facts) >= _FACTS:
                self._facts.clear()
            found = self._facts[body] = facts_of(orjson.loads(body))
        return found


async def _own(unit: PastUnit) -> frozenset[str]:
    """Communities with a policy of their own in force."""
    heads = await unit.policies.heads()
    found = (community_of(head.scope) for head in heads if head.state is PolicyState.ACTIVE)
    return frozenset(community for community in found if community is not None)
