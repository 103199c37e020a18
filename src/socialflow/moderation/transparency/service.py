"""Counts and statements of reasons from the store."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialflow.errors import InvalidInput, NotFound
from socialflow.kit.clock import Clock
from socialflow.moderation.policy.records import Reason
from socialflow.moderation.records import Decision
from socialflow.moderation.transparency.counts import Counts, Sums, Times, counts_of
from socialflow.moderation.transparency.dsa import Statement
from socialflow.moderation.transparency.ports import Period, Reasons, TransparencyStore, TransparencyUnit
from socialflow.moderation.transparency.statements import Restricting, key_of, puid_of, statement_of

PERIOD = timedelta(days=30)
"""What is counted where nobody says since when."""
MAX_PAGE = 1_000
"""Statements of one page at most."""
_EXPORTED = 500
"""Statements that an export holds at a time."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some statements, and the `puid` after which the next ones come; None: there are no more."""

    statements: Sequence[Statement]
    next: str | None


class TransparencyService:
    """Tells what was decided. Everything is read anew: a statement ends as soon as a milder decision stands."""

    def __init__(self, store: TransparencyStore, reasons: Reasons, clock: Clock) -> None:
        self._store = store
        self._reasons = reasons
        self._clock = clock

    async def counts(self, since: datetime | None = None, until: datetime | None = None) -> Counts:
        """Decisions from `since` (30 days before `until`) until before `until` (now).

        Raises InvalidInput where the period ends before it begins, StoreUnavailable.
        """
        last = until or self._clock.now()
        first = since or last - PERIOD
        period = _period(first, last)
        async with self._store.read() as unit:
            return counts_of(first, last, await self._sums(unit, period))

    async def page(self, period: Period, after: str | None = None, limit: int = 100) -> Page:
        """Statements of a period, in the order of their decisions, `limit` (1 to 1,000) at most.

        `after` is the `puid` of the last one that was seen. Raises InvalidInput, SealBroken, StoreUnavailable.
        """
        checked = _period(period.since, period.until)
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidInput(f"limit must be 1 to {MAX_PAGE}", field="limit")
        start = -1 if after is None else key_of(after)
        if start is None:
            raise InvalidInput("after must be the puid of a statement", field="after")
        async with self._store.read() as unit:
            found = await unit.transparency.restricting(checked, start, limit)
        statements = [await self._statement(one) for one in found]
        return Page(statements, statements[-1].puid if len(statements) == limit else None)

    async def one(self, puid: str) -> Statement:
        """The statement of this `puid`. Raises NotFound, SealBroken, StoreUnavailable."""
        key, found = key_of(puid), None
        if key is not None:
            async with self._store.read() as unit:
                found = await unit.transparency.one_restricting(key)
        if found is None or puid_of(found.key, found.decision.seal) != puid:
            raise NotFound("no statement of reasons has this puid", field="puid")
        return await self._statement(found)

    async def export(self, period: Period) -> AsyncIterator[Sequence[Statement]]:
        """All statements of a period, some hundred at a time. Raises as `page`."""
        page = await self.page(period, limit=_EXPORTED)
        while page.statements:
            yield page.statements
            if page.next is None:
                return
            page = await self.page(period, page.next, _EXPORTED)

    async def _statement(self, one: Restricting) -> Statement:
        return statement_of(one, await self._meanings(one.decision))

    async def _meanings(self, decision: Decision) -> Mapping[str, Reason]:
        found = {code: await self._reasons.of(decision.policy, code) for code in decision.verdict.flags}
        return {code: reason for code, reason in found.items() if reason is not None}

    async def _sums(self, unit: TransparencyUnit, period: Period) -> Sums:
        told = unit.transparency
        reasons = []
        for tally in await told.reasons(period):
            reason = await self._reasons.of(tally.policy, tally.code)
            reasons.append((tally.code, None if reason is None else reason.category, tally.decisions))
        return Sums(
            tallies=await told.tallies(period),
            statements=await told.restricting_count(period),
            languages=await told.languages(period),
            reasons=reasons,
            appeals=await told.appeals(period),
            reviewed=await told.reviewed(period),
            seconds=Times(
                await told.service_seconds(period), await told.person_seconds(period), await told.appeal_seconds(period)
            ),
        )


def _period(since: datetime | None, until: datetime | None) -> Period:
    if since is not None and until is not None and until < since:
        raise InvalidInput("until must not lie before since", field="until")
    return Period(since, until)
