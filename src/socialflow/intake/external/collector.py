"""From page to page until there are no more: rows stored, oddities counted, the place kept."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import structlog

from socialflow.content.collection import Collection, CollectionCounts, CollectionState, Drift
from socialflow.content.records import RowOutcome, RowStatus
from socialflow.errors import SocialflowError, StoreUnavailable
from socialflow.intake.external import fields
from socialflow.intake.external.endpoints import RESOURCES, Endpoint
from socialflow.intake.external.ports import CollectionStore, CollectionUnit, Page, Pages
from socialflow.intake.external.rows import Acts, Oddities, Reading, RowReader, note, person, post, reason
from socialflow.intake.external.writers import PageWriter
from socialflow.intake.records import Moderation
from socialflow.kit.clock import Clock

MAX_PAGE_SIZE = 10_000
DEFAULT_PAGE_SIZE = 1_000
_MAX_LISTED = 100

R = TypeVar("R")
_log = structlog.get_logger("socialflow.intake")


@dataclass(frozen=True, slots=True)
class Order:
    """What to collect. `page` None: where a collection that was broken off stopped, else 1.

    `job` names the run: one that begins again under the same name goes on where it was.
    """

    endpoint: Endpoint
    job: str
    page: int | None = None
    page_size: int = DEFAULT_PAGE_SIZE
    moderation: Moderation = Moderation.PENDING


@dataclass(slots=True)
class _Tally:
    """Counts of a collection while it runs."""

    pages: int
    rows: int
    stored: int
    duplicates: int
    rejected: Counter[str]
    oddities: Oddities
    missing_pages: list[int]
    repeated_pages: list[int]
    list_names: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, counts: CollectionCounts) -> "_Tally":
        return cls(
            counts.pages,
            counts.rows,
            counts.stored,
            counts.duplicates,
            Counter(counts.rejected),
            Oddities.of(counts.drift),
            list(counts.missing_pages),
            list(counts.repeated_pages),
            Counter(counts.list_names),
        )

    def counts(self) -> CollectionCounts:
        return CollectionCounts(
            self.pages,
            self.rows,
            self.stored,
            self.duplicates,
            dict(self.rejected),
            self.oddities.drift(),
            tuple(self.missing_pages[:_MAX_LISTED]),
            tuple(self.repeated_pages[:_MAX_LISTED]),
            tuple(self.list_names),
        )

    def took(self, page: Page, reading: Reading[Any], outcomes: Sequence[RowOutcome]) -> None:
        self.pages += 1
        self.rows += len(page.rows)
        note(self.list_names, page.list_name)
        for refusal in reading.refused:
            self.rejected[refusal] += 1
        for outcome in outcomes:
            if outcome.status is RowStatus.REJECTED:
                self.rejected[reason(outcome.code or "rejected", outcome.field)] += 1
            else:
                self.stored += outcome.status is RowStatus.STORED
                self.duplicates += outcome.status is RowStatus.DUPLICATE


class Collector:
    """Collects from one outside API into one store."""

    def __init__(self, store: CollectionStore, pages: Pages, clock: Clock) -> None:
        self._store = store
        self._pages = pages
        self._clock = clock

    async def collect(self, order: Order) -> Collection:
        """Read page after page and store each with the checkpoint behind it, until there are no more.

        A page brings nothing where it is empty, not there (404), or the same as one that was read before. The end is a
        page that brings nothing after one that was not full; so a gap after a full page is stepped over, and a server
        that repeats its last page for ever, or knows only one, comes to an end.

        Returns:
            The collection as stored, succeeded.

        Raises:
            SourceUnavailable, PermissionDenied, InvalidInput: see `Pages.page`; noted in the stored collection.
            StoreUnavailable: the next call with the same `job` goes on at the first page that is not stored.
        """
        begun = await self._begin(order)
        if begun.state is CollectionState.SUCCEEDED:
            return begun
        try:
            return await self._read_on(begun, order.endpoint, PageWriter(order.moderation, self._clock))
        except SocialflowError as problem:
            await self._fail(order, problem)
            raise

    async def _begin(self, order: Order) -> Collection:
        """The collection to go on with: this job's own, one that was broken off, or a new one."""
        now = self._clock.now()
        source = self._pages.source
        async with self._store.write() as unit:
            last = await unit.collections.get(source, order.endpoint)
            if last is not None and last.job == order.job and last.state is CollectionState.SUCCEEDED:
                return last
            if last is not None and (last.job == order.job or _broken_off(last, order)):
                begun = replace(last, job=order.job, state=CollectionState.RUNNING, updated_at=now, error=None)
            else:
                page, size = order.page or 1, order.page_size
                begun = Collection(source, order.endpoint, CollectionState.RUNNING, order.job, page, size, now, now)
            await unit.collections.put(begun)
        return begun

    async def _read_on(self, stored: Collection, endpoint: Endpoint, writer: PageWriter) -> Collection:
        resource, tally = RESOURCES[endpoint], _Tally.of(stored.counts)
        plan = self._plan(endpoint, writer, tally.oddities)
        seen: set[str] = set()
        gap: list[int] = []
        number, largest, full = stored.next_page, 0, True
        while True:
            page = await self._pages.page(resource.path, resource.list_name, number, stored.page_size)
            if page is not None and page.rows and page.digest not in seen:
                tally.missing_pages += gap
                gap = []
                stored = await self._keep(stored, plan, page, tally, number + 1)
                # Servers may give fewer rows a page than they are asked for: what is full shows from the second on.
                full = len(page.rows) >= (min(largest, stored.page_size) if largest else stored.page_size)
                largest = max(largest, len(page.rows))
                seen.add(page.digest)
            else:
                if page is not None and page.rows:
                    tally.repeated_pages.append(number)
                else:
                    gap.append(number)
                if not full:
                    return await self._succeed(stored, tally)
                full = False
            number += 1

    def _plan(self, endpoint: Endpoint, writer: PageWriter, oddities: Oddities) -> "_Plan[Any]":
        """How rows of an endpoint are read and written."""
        act = RESOURCES[endpoint].act
        if act is not None:
            make = Acts(act, self._pages.source, self._clock)
            return _Plan(RowReader(fields.ACTS[act], fields.UNUSED_OF_ACTS, make, oddities), writer.acts)
        if endpoint is Endpoint.ALL_USERS:
            return _Plan(RowReader(fields.USER, fields.UNUSED_OF_USERS, person, oddities), writer.people)
        return _Plan(RowReader(fields.POST, fields.UNUSED_OF_POSTS, post, oddities), writer.posts)

    async def _keep(
        self, stored: Collection, plan: "_Plan[Any]", page: Page, tally: _Tally, next_page: int
    ) -> Collection:
        """Store a page's rows and the checkpoint behind them, together."""
        reading = await asyncio.to_thread(plan.read, page.rows)
        async with self._store.write() as unit:
            outcomes = await plan.write(unit, reading.records)
            tally.took(page, reading, outcomes)
            now = self._clock.now()
            stored = replace(stored, next_page=next_page, updated_at=now, counts=tally.counts())
            await unit.collections.put(stored)
        return stored

    async def _succeed(self, stored: Collection, tally: _Tally) -> Collection:
        now = self._clock.now()
        state, counts = CollectionState.SUCCEEDED, tally.counts()
        stored = replace(stored, state=state, updated_at=now, finished_at=now, counts=counts)
        async with self._store.write() as unit:
            await unit.collections.put(stored)
        _log.info(
            "collected",
            endpoint=stored.endpoint,
            pages=counts.pages,
            stored=counts.stored,
            duplicates=counts.duplicates,
            rejected=sum(counts.rejected.values()),
            drifted=counts.drift != Drift(),
        )
        return stored

    async def _fail(self, order: Order, problem: SocialflowError) -> None:
        """Note why it failed, at the checkpoint that is stored."""
        with contextlib.suppress(StoreUnavailable):
            async with self._store.write() as unit:
                stored = await unit.collections.get(self._pages.source, order.endpoint)
                if stored is not None and (stored.job, stored.state) == (order.job, CollectionState.RUNNING):
                    error = (problem.code, problem.message)
                    failed = replace(stored, state=CollectionState.FAILED, updated_at=self._clock.now(), error=error)
                    await unit.collections.put(failed)


@dataclass(frozen=True, slots=True)
class _Plan(Generic[R]):
    read: RowReader[R]
    write: Callable[[CollectionUnit, Sequence[R]], Awaitable[Sequence[RowOutcome]]]


def _broken_off(last: Collection, order: Order) -> bool:
    """Whether this order, which names no page, takes up where the last collection stopped."""
    return order.page is None and last.state is not CollectionState.SUCCEEDED and last.page_size == order.page_size
