"""The audit chain as it is stored."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, text
from sqlalchemy.sql import Select

from socialflow.errors import InvalidInput, SealBroken
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.audit import AuditEvent, AuditKind, Batch
from socialflow.moderation.verifying import Recorded
from socialflow.storage.repositories.rows import findable, storable
from socialflow.storage.tables import audit_batches, audit_events, decisions, items, person_keys
from socialflow.storage.transaction import Record, Transaction, Values

BATCH = 5_000
"""Rows that a stream holds at a time."""
_LOCK = 7_305_811_220_913
"""PostgreSQL: held shared by whoever draws a key for an event, alone by whoever asks how far keys are settled."""


class Audit:
    """Events, appended; batches of them, sealed."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def append(self, event: AuditEvent) -> int:
        """Store an event; returns its key. Raises InvalidInput, Conflict (the id is taken)."""
        return (await self.append_many([event]))[event.id]

    async def append_many(self, events: Sequence[AuditEvent]) -> Mapping[str, int]:
        """Store events, in order; returns their keys by id. Raises as `append` does."""
        rows = [_event_row(event) for event in events]
        if self._tx.dialect == "postgresql":
            await self._tx.run(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": _LOCK})
        await self._tx.run(insert(audit_events), rows)  # asking for the keys afterwards is quicker than RETURNING them
        asked = select(audit_events.c.id, audit_events.c.key)
        found = await self._tx.rows(asked.where(self._tx.among(audit_events.c.id, [event.id for event in events])))
        return {row.id: int(row.key) for row in found}

    async def get(self, event_id: str) -> AuditEvent | None:
        """The event, if there is one of this id. Raises SealBroken where its kind is none."""
        query = select(audit_events).where(self._tx.among(audit_events.c.id, findable([event_id])))
        row = await self._tx.row(query)
        return None if row is None else _event(row)

    async def key(self, event_id: str) -> int | None:
        """The place of an event in the chain, if there is one of this id."""
        query = select(audit_events.c.key).where(self._tx.among(audit_events.c.id, findable([event_id])))
        row = await self._tx.row(query)
        return None if row is None else int(row.key)

    async def horizon(self) -> int:
        """The key up to which no event will come any more; 0 where there is none.

        On PostgreSQL it waits for whoever is writing an event: ask in a unit that does nothing else.
        """
        if self._tx.dialect == "postgresql":
            await self._tx.run(text("SET LOCAL lock_timeout = '2s'"))
            await self._tx.run(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        return int((await self._tx.one(select(func.max(audit_events.c.key))))[0] or 0)

    async def head(self) -> Batch | None:
        """The last batch, if there is any."""
        row = await self._tx.row(select(audit_batches).order_by(audit_batches.c.number.desc()).limit(1))
        return None if row is None else _batch(row)

    async def unsealed(self, after: int, upto: int, limit: int) -> Sequence[tuple[int, str]]:
        """Keys and digests of events with keys in (after, upto], in order."""
        query = select(audit_events.c.key, audit_events.c.digest).order_by(audit_events.c.key).limit(limit)
        rows = await self._tx.rows(query.where(audit_events.c.key > after, audit_events.c.key <= upto))
        return [(row.key, row.digest) for row in rows]

    async def add_batch(self, batch: Batch) -> bool:
        """Store the next batch; False where another process was first."""
        row = {name: getattr(batch, name) for name in ("number", "first", "last", "root", "previous", "hash")}
        return await self._tx.insert_one(
            audit_batches, {**row, "events": batch.count, "sealed_at": to_micros(batch.sealed_at)}
        )

    async def before(self, at: datetime) -> Batch | None:
        """The last batch that was sealed before an instant."""
        query = select(audit_batches).where(audit_batches.c.sealed_at < to_micros(at))
        row = await self._tx.row(query.order_by(audit_batches.c.number.desc()).limit(1))
        return None if row is None else _batch(row)

    async def holding(self, key: int) -> Sequence[Batch]:
        """The batch that holds the event of a key, and the one before it, in order; fewer where there is none."""
        query = select(audit_batches).where(audit_batches.c.last >= key, audit_batches.c.first <= key)
        row = await self._tx.row(query.order_by(audit_batches.c.number).limit(1))
        if row is None:
            return []
        pair = audit_batches.c.number.in_([row.number - 1, row.number])
        rows = await self._tx.rows(select(audit_batches).where(pair).order_by(audit_batches.c.number))
        return [_batch(one) for one in rows]

    async def batches(self, after: int = 0) -> AsyncIterator[Sequence[Batch]]:
        """Batches with numbers above `after`, in groups, in order."""
        ordered = select(audit_batches).order_by(audit_batches.c.number).limit(BATCH)
        while rows := await self._tx.rows(ordered.where(audit_batches.c.number > after)):
            yield [_batch(row) for row in rows]
            after = rows[-1].number

    async def recorded(self, after: int = 0, upto: int | None = None) -> AsyncIterator[Sequence[Recorded]]:
        """Events with keys in (after, upto], with the decisions they stand for, in batches, in key order."""
        ordered = _RECORDED.order_by(audit_events.c.key).limit(BATCH)
        if upto is not None:
            ordered = ordered.where(audit_events.c.key <= upto)
        while rows := await self._tx.rows(ordered.where(audit_events.c.key > after)):
            yield [Recorded._make(row) for row in rows]
            after = rows[-1].key

    async def strays(self) -> Sequence[tuple[str, str]]:
        """The first of each kind of decision whose row does not fit the others: its id, and what is wrong."""
        found = []
        for what, query in _STRAYS.items():
            row = await self._tx.row(query.limit(1))
            if row is not None:
                found.append((str(row.id), what))
        return found


_RECORDED: Select[*tuple[object, ...]] = (
    select(
        audit_events.c.key,
        audit_events.c.id,
        audit_events.c.at,
        audit_events.c.kind,
        audit_events.c.actor,
        audit_events.c.subject,
        audit_events.c.body,
        audit_events.c.digest,
        decisions.c.id,
        decisions.c.content_id,
        decisions.c.kind,
        decisions.c.at,
        decisions.c.hour,
        decisions.c.status,
        decisions.c.policy_scope,
        decisions.c.policy_version,
        decisions.c.actor,
        decisions.c.supersedes,
        decisions.c.input_digest,
        decisions.c.seal,
        decisions.c.body,
        decisions.c.author_key,
        person_keys.c.secret,
    )
    .select_from(audit_events)
    .outerjoin(decisions, decisions.c.key == audit_events.c.key)
    .outerjoin(person_keys, person_keys.c.user_key == decisions.c.author_key)
)
"""Columns in the order of Recorded."""

_later, _said = decisions.alias("later"), decisions.alias("said")
_verdict = (
    select(_said.c.status)
    .where(
        _said.c.content_id == decisions.c.content_id,
        _said.c.input_digest == decisions.c.input_digest,
        _said.c.actor == "person",
    )
    .order_by(_said.c.key.desc())
    .limit(1)
    .scalar_subquery()
)
_STRAYS = {
    "no audit event stands for it": (
        select(decisions.c.id)
        .outerjoin(audit_events, audit_events.c.key == decisions.c.key)
        .where(audit_events.c.key.is_(None))
    ),
    "is_current: a decision stands exactly where no other supersedes it": (
        select(decisions.c.id)
        .outerjoin(_later, _later.c.supersedes == decisions.c.id)
        .where(decisions.c.is_current == _later.c.id.is_not(None))
    ),
    "supersedes: the decision it names is about another content": (
        select(decisions.c.id)
        .join(_later, _later.c.supersedes == decisions.c.id)
        .where(decisions.c.content_id != _later.c.content_id)
    ),
    "person_status: it is not what a person said last of the same": (
        select(decisions.c.id).where(
            decisions.c.person_status.is_distinct_from(_verdict), decisions.c.actor == "service"
        )
    ),
    "item_key: the item it leads to is another": (
        select(decisions.c.id)
        .join(items, items.c.key == decisions.c.item_key)
        .where(items.c.id != decisions.c.content_id)
    ),
}
"""What is wrong -> decisions with which it is."""


def _event_row(event: AuditEvent) -> Values:
    if not all(map(storable, (event.id, event.actor, event.subject))):
        raise InvalidInput("an id or name holds a NUL or a broken character", field="id")
    return {
        "id": event.id,
        "at": to_micros(event.at),
        "kind": event.kind.value,
        "actor": event.actor,
        "subject": event.subject,
        "body": event.body,
        "digest": event.digest,
    }


def _event(row: Record) -> AuditEvent:
    try:
        kind = AuditKind(row.kind)
    except ValueError as error:
        raise SealBroken(f"the audit event {row.id} is of no kind that there is") from error
    body = bytes(row.body)
    return AuditEvent(row.id, from_micros(row.at), kind, row.actor, row.subject, body, row.digest, row.key)


def _batch(row: Record) -> Batch:
    at = from_micros(row.sealed_at)
    return Batch(row.number, row.first, row.last, row.events, row.root, row.previous, at, row.hash)
