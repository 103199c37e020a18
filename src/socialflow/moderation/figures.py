"""Moderation in a few figures, for whoever watches it."""

import asyncio
from collections import Counter
from collections.abc import Hashable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from socialflow.kit.clock import Clock
from socialflow.moderation.review.agreement import counted_alpha
from socialflow.moderation.review.records import QueueCount

RECENT = timedelta(minutes=5)
"""Over which decisions are counted."""
FRESH = timedelta(seconds=15)
"""For which figures are not read anew: several watchers cost no more than one."""
AGREED_OVER = timedelta(days=30)
"""Over which reviewers are compared."""
AGREED_FRESH = timedelta(minutes=10)
"""For which that is not read anew."""
FEWEST_JUDGED_TWICE = 20
"""Items judged twice below which agreement is not told: a single one more would move it by a tenth."""
MOST_PENDING = 10_000
"""Beyond which pending items are not counted."""
SAMPLE = 10_000
"""Decisions that it is looked at how long they took."""
MOST_QUEUES, MOST_SCOPES = 50, 20
"""Told by themselves: the longest, and those that rest on most."""
OTHERS = "other"
"""The name that all other queues are told under, together."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions of the last five minutes, by who decided (`service`, `person`) and status."""

    by: str
    status: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds to half, and to nineteen of twenty, of the decisions of the last five minutes, the newest `SAMPLE`.

    The service: from when content of the day before was posted to its first decision. A person: from the decision that
    theirs stands in place of.
    """

    by: str
    median: float
    most: float


@dataclass(frozen=True, slots=True)
class OpenAppeals:
    """Appeals that nobody has judged, and since when the oldest waits."""

    number: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class JudgedTwice:
    """Items of a scope of which the first review said `first` and the blind second one `second`."""

    scope: str
    first: str
    second: str
    items: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """Krippendorff's alpha of a scope; None where everybody always said the same class. `items` were judged twice."""

    scope: str
    alpha: float | None
    items: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. `pending` is counted up to `MOST_PENDING`."""

    at: datetime
    decided: Sequence[Decided]
    took: Sequence[Took]
    pending: int
    queues: Sequence[QueueCount]
    appeals: OpenAppeals
    agreed: Sequence[Agreed]


class FiguresRepository(Protocol):
    """What the store counts."""

    async def decided(self, since: datetime) -> Sequence[Decided]:
        """Decisions since an instant of the last minutes."""
        ...

    async def took(self, since: datetime, most: int) -> Sequence[Took]:
        """How long the newest `most` of these took, of whom there are any."""
        ...

    async def pending(self, most: int) -> int:
        """Items that nobody has judged, though they say something, counted up to `most`."""
        ...

    async def appeals(self) -> OpenAppeals:
        """Appeals that wait."""
        ...

    async def judged_twice(self, since: datetime) -> Sequence[JudgedTwice]:
        """First reviews beside blind second ones that were given since an instant."""
        ...


class Queues(Protocol):
    """The part of `ReviewRepository` that is read."""

    async def counts(self, now: datetime) -> Sequence[QueueCount]:
        """Every queue and level with unfinished work."""
        ...


class FiguresUnit(Protocol):
    """What is read together."""

    @property
    def figures(self) -> FiguresRepository:
        """Moderation in figures."""
        ...

    @property
    def reviews(self) -> Queues:
        """What waits for people."""
        ...


class FiguresStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[FiguresUnit]:
        """A unit that may only read."""
        ...


class ModerationFigures:
    """Reads the figures, and keeps them for `FRESH`; agreement, which moves slowly, for `AGREED_FRESH`."""

    def __init__(self, store: FiguresStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._turn = asyncio.Lock()
        self._last: Figures | None = None
        self._agreed: tuple[datetime, Sequence[Agreed]] | None = None

    async def read(self) -> Figures:
        """The figures of now, or of less than `FRESH` ago. Raises StoreUnavailable."""
        async with self._turn:
            now = self._clock.now()
            if self._last is None or not now - FRESH < self._last.at <= now:
                self._last = await self._counted(now)
            return self._last

    async def _counted(self, now: datetime) -> Figures:
        async with self._store.read() as unit:
            return Figures(
                at=now,
                decided=await unit.figures.decided(now - RECENT),
                took=await unit.figures.took(now - RECENT, SAMPLE),
                pending=await unit.figures.pending(MOST_PENDING),
                queues=bounded(await unit.reviews.counts(now)),
                appeals=await unit.figures.appeals(),
                agreed=await self._agreement(unit, now),
            )

    async def _agreement(self, unit: FiguresUnit, now: datetime) -> Sequence[Agreed]:
        if self._agreed is None or not now - AGREED_FRESH < self._agreed[0] <= now:
            twice = await unit.figures.judged_twice(now - AGREED_OVER)
            self._agreed = now, agreement(twice)
        return self._agreed[1]


def agreement(twice: Sequence[JudgedTwice]) -> Sequence[Agreed]:
    """Alpha of each scope that has `FEWEST_JUDGED_TWICE`; of `MOST_SCOPES`, those with most, by name.

    >>> rows = [JudgedTwice("default", "approved", "approved", 15), JudgedTwice("default", "rejected", "rejected", 14)]
    >>> [(one.scope, one.alpha, one.items) for one in agreement([*rows, JudgedTwice("few", "flagged", "flagged", 3)])]
    [('default', 1.0, 29)]
    """
    scopes: dict[str, Counter[tuple[Hashable, Hashable]]] = {}
    for row in twice:
        scopes.setdefault(row.scope, Counter())[row.first, row.second] += row.items
    most = sorted(scopes, key=lambda scope: (-scopes[scope].total(), scope))[:MOST_SCOPES]
    told = [(scope, counted_alpha(scopes[scope])) for scope in sorted(most)]
    return [Agreed(scope, found.value, found.items) for scope, found in told if found.items >= FEWEST_JUDGED_TWICE]


def bounded(queues: Sequence[QueueCount]) -> Sequence[QueueCount]:
    """The queues with most work; those beyond `MOST_QUEUES` together, by level, as `OTHERS`."""
    ranked = sorted(queues, key=lambda one: (-one.waiting - one.held, one.queue, one.level))
    rest: dict[int, QueueCount] = {}
    for one in ranked[MOST_QUEUES:]:
        rest[one.level] = _sum(rest[one.level], one) if one.level in rest else replace(one, queue=OTHERS)
    return [*ranked[:MOST_QUEUES], *rest.values()]


def _sum(one: QueueCount, other: QueueCount) -> QueueCount:
    dates = [at for at in (one.oldest, other.oldest) if at is not None]
    return replace(
        one,
        waiting=one.waiting + other.waiting,
        held=one.held + other.held,
        oldest=min(dates) if dates else None,
    )
