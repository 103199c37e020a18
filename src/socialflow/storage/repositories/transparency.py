"""What is told of decisions: counted by the database, and those that restrict, in pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from sqlalchemy import JSON, ColumnElement, FromClause, Select, Text, case, cast, exists, func, or_, select, text

from socialflow.content.records import ModerationStatus
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.records import Act, ActorKind, PolicyVersion
from socialflow.moderation.transparency.ports import Period, ReasonTally, Reviewed, Tally
from socialflow.moderation.transparency.statements import RESTRICTING, Restricting, lifted, restrictions
from socialflow.storage.repositories.decisions import HOUR, decision_of
from socialflow.storage.repositories.rows import instant
from socialflow.storage.tables import appeals, decisions, items
from socialflow.storage.transaction import Record, Transaction

Query: TypeAlias = Select[*tuple[Any, ...]]

_REJECTED = ModerationStatus.REJECTED.value
_OPEN = (ModerationStatus.REVIEW_REQUIRED.value, ModerationStatus.PENDING.value)
_NEVER_LIFT = (_REJECTED, *_OPEN)
_SERVICE, _PERSON = ActorKind.SERVICE.value, ActorKind.PERSON.value
_BEFORE = decisions.alias("before")
_DETECTED = exists().where(
    _BEFORE.c.content_id == decisions.c.content_id,
    _BEFORE.c.input_digest == decisions.c.input_digest,
    _BEFORE.c.actor == _SERVICE,
    _BEFORE.c.status != ModerationStatus.APPROVED.value,
    _BEFORE.c.key < decisions.c.key,
)


class Transparency:
    """Decisions counted, and those that restrict (see `moderation.transparency.ports.TransparencyRepository`)."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def tallies(self, period: Period) -> Sequence[Tally]:
        """Decisions by who decided, kind and status."""
        found = case((decisions.c.actor == _PERSON, _DETECTED), else_=False).label("detected")
        inner = _within(select(decisions.c.actor, found, decisions.c.kind, decisions.c.status), period).subquery()
        rows = await self._tx.rows(select(*inner.c, func.count().label("decisions")).group_by(*inner.c))
        return [Tally(row.actor, bool(row.detected), row.kind, row.status, row.decisions) for row in rows]

    async def restricting_count(self, period: Period) -> int:
        """How many decisions restrict."""
        query = _within(select(func.count()).select_from(decisions), period).where(self._restricts())
        return int((await self._tx.one(query))[0])

    async def languages(self, period: Period) -> Sequence[tuple[str | None, int]]:
        """Decisions by language (ISO 639-1; None: not known)."""
        inner = _within(select(self._told("facts", "language").label("language")), period).subquery()
        query = select(inner.c.language, func.count().label("decisions")).group_by(inner.c.language)
        return [(row.language, row.decisions) for row in await self._tx.rows(query)]

    async def reasons(self, period: Period) -> Sequence[ReasonTally]:
        """Decisions by reason; one with several counts for each."""
        hits, code = self._hits()
        digest = self._told("policy", "digest").label("digest")
        scope, version = decisions.c.policy_scope, decisions.c.policy_version
        seen = select(decisions.c.key, scope, version, digest, code.label("code")).select_from(decisions, hits)
        inner = _within(seen, period).distinct().subquery()
        group = (inner.c.policy_scope, inner.c.policy_version, inner.c.digest, inner.c.code)
        rows = await self._tx.rows(select(*group, func.count().label("decisions")).group_by(*group))
        return [
            ReasonTally(PolicyVersion(row.policy_scope, row.policy_version, row.digest), row.code, row.decisions)
            for row in rows
        ]

    async def appeals(self, period: Period) -> Sequence[tuple[str | None, int]]:
        """Appeals that were brought within the period, by outcome (None: nobody has judged yet)."""
        query = select(appeals.c.outcome, func.count().label("appeals")).group_by(appeals.c.outcome)
        return [(row.outcome, row.appeals) for row in await self._tx.rows(_brought(query, period))]

    async def reviewed(self, period: Period) -> Reviewed:
        """What people made of the service's decisions that did not ask for them."""
        differ = (decisions.c.status == _REJECTED) != (decisions.c.person_status == _REJECTED)
        query = _within(
            select(func.count().label("all"), func.sum(case((differ, 1), else_=0)).label("reversed")), period
        ).where(decisions.c.actor == _SERVICE, decisions.c.person_status.is_not(None), decisions.c.status.not_in(_OPEN))
        row = await self._tx.one(query)
        return Reviewed(int(row.all), int(row.reversed or 0))

    async def service_seconds(self, period: Period) -> float | None:
        """Median time from when an item was posted to the service's first decision on it; None: there is none."""
        took = (decisions.c.at - items.c.created_at).label("took")
        query = select(took).join_from(decisions, items, items.c.key == decisions.c.item_key)
        first = (decisions.c.actor == _SERVICE) & decisions.c.supersedes.is_(None) & (took >= 0)
        return await self._median(_within(query, period).where(first))

    async def person_seconds(self, period: Period) -> float | None:
        """Median time from a decision to that of a person in its place; None: there is none."""
        query = select((decisions.c.at - _BEFORE.c.at).label("took"))
        query = query.join_from(decisions, _BEFORE, _BEFORE.c.id == decisions.c.supersedes)
        return await self._median(_within(query, period).where(decisions.c.actor == _PERSON))

    async def appeal_seconds(self, period: Period) -> float | None:
        """Median time from an appeal to its outcome; None: there is none."""
        query = select((appeals.c.judged_at - appeals.c.at).label("took")).where(appeals.c.judged_at.is_not(None))
        return await self._median(_brought(query, period))

    async def restricting(self, period: Period, after: int, limit: int) -> Sequence[Restricting]:
        """Decisions that restrict, with keys above `after`, in key order. Raises SealBroken."""
        start = after
        if after < 0 and period.since is not None:
            start = await self._before(period.since)
        query = _taken(_RESTRICTING, period).where(self._restricts(), decisions.c.key > start)
        return await self._with_ends(await self._tx.rows(query.order_by(decisions.c.key).limit(limit)))

    async def _before(self, since: datetime) -> int:
        """A key below those of all decisions since an instant: pages go by keys, and need not begin with the first."""
        query = select(func.min(decisions.c.key).label("first")).where(decisions.c.hour >= to_micros(since) // HOUR)
        first = (await self._tx.one(query)).first
        return -1 if first is None else int(first) - 1

    async def one_restricting(self, key: int) -> Restricting | None:
        """The decision of this key, if it restricts. Raises SealBroken."""
        query = _RESTRICTING.where(self._restricts(), decisions.c.key == key)
        return next(iter(await self._with_ends(await self._tx.rows(query))), None)

    async def _with_ends(self, rows: Sequence[Record]) -> Sequence[Restricting]:
        """With when what each of them restricts ended, by one look at what came later on the same contents."""
        found = [Restricting(row.key, decision_of(row), instant(row.created_at), bool(row.detected)) for row in rows]
        open_: dict[str, list[Restricting]] = {}
        for one in found:
            open_.setdefault(one.decision.content_id, []).append(one)
        ended: dict[int, datetime] = {}
        for row in await self._later(found):
            status, acts = ModerationStatus(row.status), [Act(act) for act in orjson.loads(row.acts)]
            waiting = open_[row.content_id]
            for one in waiting:
                before = one.decision.verdict
                if one.key < row.key and lifted(restrictions(before.status, before.acts), status, acts):
                    ended[one.key] = from_micros(row.at)
            open_[row.content_id] = [one for one in waiting if one.key not in ended]
        return [Restricting(one.key, one.decision, one.posted, one.detected, ended.get(one.key)) for one in found]

    async def _later(self, found: Sequence[Restricting]) -> Sequence[Record]:
        if not found:
            return []
        acts = self._told("verdict", "acts").label("acts")
        contents = {one.decision.content_id for one in found}
        query = select(decisions.c.key, decisions.c.content_id, decisions.c.at, decisions.c.status, acts).where(
            self._tx.among(decisions.c.content_id, contents),
            decisions.c.key > found[0].key,
            decisions.c.status.not_in(_NEVER_LIFT),
        )
        return await self._tx.rows(query.order_by(decisions.c.key))

    async def _median(self, query: Query) -> float | None:
        """The median of `took`, in seconds, of microseconds."""
        rows = query.subquery()
        place = func.row_number().over(order_by=rows.c.took)
        placed = select(rows.c.took, place.label("place"), func.count().over().label("number")).subquery()
        middle = (2 * placed.c.place).between(placed.c.number, placed.c.number + 2)
        found = (await self._tx.one(select(func.avg(placed.c.took)).where(middle)))[0]
        return None if found is None else float(found) / 1e6

    def _restricts(self) -> ColumnElement[bool]:
        acts = self._told("verdict", "acts")
        return or_(decisions.c.status == _REJECTED, *(acts.contains(f'"{act.value}"') for act in sorted(RESTRICTING)))

    def _told(self, *path: str) -> ColumnElement[str]:
        """A part of what is sealed, as text: JSON of a list, the words themselves of a text."""
        if self._tx.dialect == "postgresql":
            return _plain(func.json_extract_path(_document(), *path))
        return func.json_extract(cast(decisions.c.body, Text), "$." + ".".join(path))

    def _hits(self) -> tuple[FromClause, ColumnElement[str]]:
        """The rules that applied, one row each, and the code of the reason."""
        if self._tx.dialect == "postgresql":
            listed = func.json_array_elements(func.json_extract_path(_document(), "verdict", "hits"))
            hits = listed.table_valued("value", joins_implicitly=True)
            return hits, _plain(func.json_extract_path(hits.c.value, "reason"))
        hits = func.json_each(cast(decisions.c.body, Text), "$.verdict.hits").table_valued(
            "value", joins_implicitly=True
        )
        return hits, func.json_extract(hits.c.value, "$.reason")


_RESTRICTING = select(
    decisions.c.key,
    decisions.c.id,
    decisions.c.seal,
    decisions.c.body,
    items.c.created_at,
    _DETECTED.label("detected"),
).join_from(decisions, items, items.c.key == decisions.c.item_key, isouter=True)


def _document() -> ColumnElement[Any]:
    """What is sealed, as JSON of PostgreSQL, which knows no NUL: a sign that means one stands in its place.

    Behind a backslash of its own the same letters are no NUL, and stay JSON.
    """
    return cast(func.replace(func.convert_from(decisions.c.body, "UTF8"), r"\u0000", r"\ufffd"), JSON)


def _plain(part: ColumnElement[Any]) -> ColumnElement[str]:
    """JSON as text, a JSON text without its quotation marks (PostgreSQL)."""
    return part.op("#>>", return_type=Text())(text("'{}'"))


def _within(query: Query, period: Period) -> Query:
    """The decisions of a period; hours are indexed, instants are not."""
    if period.since is not None:
        query = query.where(decisions.c.hour >= to_micros(period.since) // HOUR)
    if period.until is not None:
        query = query.where(decisions.c.hour <= to_micros(period.until) // HOUR)
    return _taken(query, period)


def _taken(query: Query, period: Period) -> Query:
    """The same for what is read in the order of keys."""
    if period.since is not None:
        query = query.where(decisions.c.at >= to_micros(period.since))
    if period.until is not None:
        query = query.where(decisions.c.at < to_micros(period.until))
    return query


def _brought(query: Query, period: Period) -> Query:
    if period.since is not None:
        query = query.where(appeals.c.at >= to_micros(period.since))
    if period.until is not None:
        query = query.where(appeals.c.at < to_micros(period.until))
    return query
