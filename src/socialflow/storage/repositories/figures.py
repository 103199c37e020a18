"""Moderation in figures, read through indexes only: it is read every few seconds, beside a million decisions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, text

from socialflow.kit.clock import to_micros
from socialflow.moderation.figures import Decided, JudgedTwice, OpenAppeals, Took
from socialflow.moderation.records import ActorKind
from socialflow.moderation.review.records import FIRST_LINE
from socialflow.storage.repositories.rows import instant
from socialflow.storage.repositories.unmoderated import SAYS_SOMETHING
from socialflow.storage.tables import decisions, items, review_items, review_verdicts
from socialflow.storage.transaction import Transaction

MICROS = 1_000_000
DAY = 24 * 3600 * MICROS
_STEP = 1_024
"""Keys that the search for the beginning of a span goes back at first; doubled with every look."""
_SERVICE, _PERSON = ActorKind.SERVICE.value, ActorKind.PERSON.value
_FIRST = review_verdicts.alias("first")
# In the words of the partial indexes: with parameters in their place, SQLite would read the whole table.
_PENDING = text("items.moderation_status = 'pending'")
_OPEN_APPEALS = text("review_items.state <> 'done' AND review_items.appeal IS NOT NULL")
_SECOND = text("review_verdicts.second")


class ModerationFigures:
    """What is counted of moderation (see `moderation.figures.FiguresRepository`)."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def decided(self, since: datetime) -> Sequence[Decided]:
        """Decisions since an instant of the last minutes."""
        c = decisions.c
        query = select(c.actor, c.status, func.count().label("decisions")).where(*await self._newer(since))
        rows = await self._tx.rows(query.group_by(c.actor, c.status).order_by(c.actor, c.status))
        return [Decided(row.actor, row.status, row.decisions) for row in rows]

    async def took(self, since: datetime, most: int) -> Sequence[Took]:
        """How long the newest `most` of these took, of whom there are any."""
        newer, c = await self._newer(since), decisions.c
        taken = select(c.at, c.item_key, c.supersedes).where(*newer).order_by(c.key.desc()).limit(most)
        first = taken.where(c.actor == _SERVICE, c.supersedes.is_(None)).subquery().c
        posted = (first.at - items.c.created_at).label("took")
        service = select(posted).where(items.c.key == first.item_key, posted.between(0, DAY))
        over = taken.where(c.actor == _PERSON).subquery().c
        person = select((over.at - decisions.c.at).label("took")).where(c.id == over.supersedes)
        found = [await self._quantiles(_SERVICE, service), await self._quantiles(_PERSON, person)]
        return [one for one in found if one is not None]

    async def pending(self, most: int) -> int:
        """Items that nobody has judged, though they say something, counted up to `most`."""
        some = select(items.c.key).where(_PENDING, SAYS_SOMETHING).limit(most).subquery()
        return int((await self._tx.one(select(func.count()).select_from(some)))[0])

    async def appeals(self) -> OpenAppeals:
        """Appeals that wait."""
        query = select(func.count().label("number"), func.min(review_items.c.created_at).label("oldest"))
        row = await self._tx.one(query.where(_OPEN_APPEALS))
        return OpenAppeals(row.number, instant(row.oldest))

    async def judged_twice(self, since: datetime) -> Sequence[JudgedTwice]:
        """First reviews beside blind second ones that were given since an instant."""
        one, other = _FIRST.c, review_verdicts.c
        first = select(
            other.scope, one.status.label("first"), other.status.label("second"), func.count().label("items")
        )
        joined = first.join_from(review_verdicts, _FIRST, one.root == other.root).where(
            _SECOND,
            other.at >= to_micros(since),
            ~one.second,
            one.expected.is_(None),
            *(table.level == FIRST_LINE for table in (one, other)),
            *(table.appeal.is_(None) for table in (one, other)),
        )
        group = (other.scope, one.status, other.status)
        rows = await self._tx.rows(joined.group_by(*group).order_by(*group))
        return [JudgedTwice(row.scope, row.first, row.second, row.items) for row in rows]

    async def _newer(self, since: datetime) -> tuple[ColumnElement[bool], ...]:
        """What holds of the decisions since an instant. Instants have no index, but keys grow with them."""
        start, c = to_micros(since), decisions.c
        newest = (await self._tx.one(select(func.max(c.key))))[0] or 0
        step = _STEP
        while step < newest and await self._at(newest - step) >= start:
            step *= 2
        return c.key > newest - step, c.at >= start

    async def _at(self, key: int) -> int:
        """When the first decision from a key on was taken."""
        query = select(decisions.c.at).where(decisions.c.key >= key).order_by(decisions.c.key).limit(1)
        return int((await self._tx.one(query)).at)

    async def _quantiles(self, by: str, query: Select[tuple[int]]) -> Took | None:
        rows = query.subquery()
        place, number = func.row_number().over(order_by=rows.c.took).label("place"), func.count().over().label("number")
        placed = select(rows.c.took, place, number).subquery()
        half, most = (placed.c.number + 1) // 2, (placed.c.number * 19 + 19) // literal(20)
        wanted = select(placed.c.took).where(or_(placed.c.place == half, placed.c.place == most))
        found = sorted(int(row.took) for row in await self._tx.rows(wanted))
        return Took(by, found[0] / MICROS, found[-1] / MICROS) if found else None
