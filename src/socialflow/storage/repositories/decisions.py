"""Decisions: taken once, superseded, never changed; and what they bring about."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, or_, select, update

from socialflow.content.log import ChangeKind
from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.errors import Conflict, DecidedByPerson, DecisionNotFound, DecisionSuperseded, InvalidInput, SealBroken
from socialflow.ids import UserKey
from socialflow.kit.clock import to_micros
from socialflow.moderation.audit import event_of
from socialflow.moderation.ports import Author, Replayable, Taken
from socialflow.moderation.records import Act, ActorKind, Decision, PolicyVersion
from socialflow.moderation.sealing import decode, digest_of, encode, pseudonym
from socialflow.storage.repositories.audit import Audit
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.person_keys import PersonKeys
from socialflow.storage.repositories.rows import findable, json_text, storable
from socialflow.storage.tables import decisions, items, policies, users
from socialflow.storage.transaction import Record, Transaction, Values

BATCH = 10_000
"""Rows that a stream holds at a time."""
HOUR = 3_600_000_000
"""Microseconds."""
_ITEMS = frozenset(kind.value for kind in ItemKind)
_FLAGGED = frozenset({ModerationStatus.FLAGGED, ModerationStatus.REVIEW_REQUIRED, ModerationStatus.REJECTED})
_WITHHOLDING = frozenset({Act.HIDE, Act.COPYRIGHT_BLOCK})


class Decisions:
    """Decisions by id or content."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def decide(self, decision: Decision, *, author: UserKey | None = None) -> Decision:
        """Store a decision with its audit event, in place of the one it supersedes, and let it take effect.

        See `moderation.ports.DecisionRepository`.
        """
        sealed, body = _sealed(decision)
        before = await self._before(sealed)
        if before is not None and before.id == sealed.id:
            return sealed
        if author is not None and sealed.author != pseudonym(await PersonKeys(self._tx).of(author)):
            raise InvalidInput("the author of the decision is not the pseudonym of this person", field="author")
        item = await self._item(sealed)
        # Whoever catches that another was first goes on without a trace of this one: neither claim nor event stays.
        async with self._tx.connection.begin_nested():
            await self._claim(sealed)
            key = await Audit(self._tx).append(event_of(sealed))
            await self._insert(sealed, body, key, item, author)
        if sealed.actor.kind is ActorKind.PERSON:
            await self._tell_service(sealed)
        if item is not None:
            await self._tx.run(update(items).where(items.c.key == item).values(**effects(sealed)))
            await announce(self._tx, ChangeKind.ITEM, [item])
        return sealed

    async def decide_many(self, taken: Sequence[Taken]) -> Sequence[Decision | Conflict]:
        """As `decide`, of decisions of the service about stored items, one a content, with a handful of statements.

        See `moderation.ports.DecisionRepository`.
        """
        made = [(sealed, body, one.author) for one in taken for sealed, body in (_sealed(one.decision),)]
        contents = [sealed.content_id for sealed, _, _ in made]
        if len(set(contents)) < len(made):
            raise InvalidInput("decide once about each content", field="content_id")
        await self._check_authors([(sealed, author) for sealed, _, author in made if author is not None])
        about = await self._items(contents)
        standing = await self._standing(contents)
        ends = [_follows(sealed, standing.get(sealed.content_id), about) for sealed, _, _ in made]
        fit = [one for one, end in zip(made, ends, strict=True) if end is None]
        if fit:
            await self._store_many(fit, about)
        return [sealed if end is None else end for (sealed, _, _), end in zip(made, ends, strict=True)]

    async def _check_authors(self, named: Sequence[tuple[Decision, UserKey]]) -> None:
        keys = await PersonKeys(self._tx).of_many({author for _, author in named})
        for sealed, author in named:
            if sealed.author != pseudonym(keys[author]):
                raise InvalidInput("the author of the decision is not the pseudonym of this person", field="author")

    async def _items(self, contents: Sequence[str]) -> dict[str, int]:
        query = select(items.c.id, items.c.key).where(self._tx.among(items.c.id, contents))
        return {row.id: int(row.key) for row in await self._tx.rows(query)}

    async def _standing(self, contents: Sequence[str]) -> dict[str, Record]:
        columns = (decisions.c.content_id, decisions.c.id, decisions.c.actor, decisions.c.input_digest)
        standing = select(*columns).where(self._tx.among(decisions.c.content_id, contents), decisions.c.is_current)
        return {row.content_id: row for row in await self._tx.rows(standing)}

    async def _store_many(self, made: Sequence[tuple[Decision, bytes, UserKey | None]], about: Values) -> None:
        """Store what may be stored. Raises Conflict where another transaction was first: then nothing may be kept."""
        before = [sealed.supersedes for sealed, _, _ in made if sealed.supersedes is not None]
        if before:
            old = update(decisions).where(self._tx.among(decisions.c.id, before), decisions.c.is_current)
            if await self._tx.run(old.values(is_current=False)) != len(before):
                raise _superseded()
        keys = await Audit(self._tx).append_many([event_of(sealed) for sealed, _, _ in made])
        links = {"is_current": True, "person_status": None}
        rows = [
            {
                **_columns(sealed),
                **links,
                "body": body,
                "key": keys[sealed.id],
                "item_key": about[sealed.content_id],
                "author_key": author,
            }
            for sealed, body, author in made
        ]
        await self._tx.run(insert(decisions), rows)
        changed = [{"item": about[sealed.content_id], **effects(sealed)} for sealed, _, _ in made]
        await self._tx.run(update(items).where(items.c.key == bindparam("item")), changed)
        await announce(self._tx, ChangeKind.ITEM, [int(str(row["item"])) for row in changed])

    async def get(self, decision_id: str) -> Decision:
        """Return the decision. Raises DecisionNotFound, SealBroken."""
        for row in await self._tx.rows(_WHOLE.where(self._tx.among(decisions.c.id, findable([decision_id])))):
            return decision_of(row)
        raise DecisionNotFound("no decision has this id", field="id")

    async def get_many(self, decision_ids: Collection[str]) -> Mapping[str, Decision]:
        """Decisions by id; what does not exist is not in it. Raises SealBroken."""
        rows = await self._tx.rows(_WHOLE.where(self._tx.among(decisions.c.id, findable(decision_ids))))
        return {row.id: decision_of(row) for row in rows}

    async def policies_of(self, decision_ids: Collection[str]) -> Mapping[str, PolicyVersion]:
        """By which policy each was taken, without those that are not stored; its digest empty where it is not kept."""
        version = (decisions.c.policy_scope, decisions.c.policy_version, policies.c.digest)
        here = and_(policies.c.scope == decisions.c.policy_scope, policies.c.version == decisions.c.policy_version)
        query = select(decisions.c.id, *version).outerjoin(policies, here)
        rows = await self._tx.rows(query.where(self._tx.among(decisions.c.id, findable(decision_ids))))
        return {row.id: PolicyVersion(row.policy_scope, row.policy_version, row.digest or "") for row in rows}

    async def current(self, content_id: str) -> Decision | None:
        """The decision that stands, if there is any. Raises SealBroken."""
        query = _WHOLE.where(self._tx.among(decisions.c.content_id, findable([content_id])), decisions.c.is_current)
        for row in await self._tx.rows(query):
            return decision_of(row)
        return None

    async def currents(self, content_ids: Collection[str]) -> Mapping[str, Decision]:
        """By content, the decisions that stand. Raises SealBroken."""
        wanted = self._tx.among(decisions.c.content_id, findable(content_ids))
        made = [decision_of(row) for row in await self._tx.rows(_WHOLE.where(wanted, decisions.c.is_current))]
        return {one.content_id: one for one in made}

    async def stand(self, decision_ids: Collection[str]) -> frozenset[str]:
        """Those of these decisions that stand, and will until this unit ends."""
        these = self._tx.among(decisions.c.id, findable(decision_ids))
        query = select(decisions.c.id).where(these, decisions.c.is_current).order_by(decisions.c.key)
        return frozenset(row.id for row in await self._tx.rows(query.with_for_update(read=True)))

    async def history(self, content_id: str) -> Sequence[Decision]:
        """All decisions on a content, the first first. Raises SealBroken."""
        query = _WHOLE.where(self._tx.among(decisions.c.content_id, findable([content_id])))
        return [decision_of(row) for row in await self._tx.rows(query.order_by(decisions.c.key))]

    async def author(self, decision_id: str) -> Author | None:
        """Whose the content is that was decided about; None: nobody's, or somebody's who was erased."""
        return (await self.authors([decision_id])).get(decision_id)

    async def authors(self, decision_ids: Collection[str]) -> Mapping[str, Author]:
        """As `author`, of several, by decision; what is nobody's is not in it."""
        columns = (decisions.c.id.label("decision"), users.c.key, users.c.id)
        query = select(*columns).join(users, decisions.c.author_key == users.c.key)
        rows = await self._tx.rows(query.where(self._tx.among(decisions.c.id, findable(decision_ids))))
        return {row.decision: Author(UserKey(row.key), row.id) for row in rows}

    async def replayable(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[Sequence[Replayable]]:
        """The service's decisions of a window, in batches, in the order in which they were taken."""
        query = _REPLAYED.order_by(decisions.c.key).limit(BATCH)
        after = -1
        if until is not None:
            query = query.where(decisions.c.at < to_micros(until))
        if since is not None:
            start = to_micros(since)
            query = query.where(decisions.c.at >= start)
            first = (await self._tx.one(select(func.min(decisions.c.key)).where(decisions.c.hour >= start // HOUR)))[0]
            if first is None:
                return
            after = first - 1
        while rows := await self._tx.rows(query.where(decisions.c.key > after)):
            yield [Replayable._make(row) for row in rows]
            after = rows[-1].key

    async def count_replayable(self, since: datetime, until: datetime, most: int) -> int:
        """How many decisions of the service a window [since, until) has, counted no further than `most`."""
        some = select(decisions.c.key).where(*_within(since, until)).limit(most).subquery()
        return int((await self._tx.one(select(func.count()).select_from(some)))[0])

    async def newest_replayable(self, since: datetime, until: datetime, most: int) -> int | None:
        """When the last but `most` - 1 of a window was taken, in microseconds since 1970; None where it has fewer."""
        query = select(decisions.c.at).where(*_within(since, until)).order_by(decisions.c.key.desc())
        row = await self._tx.row(query.offset(most - 1).limit(1))
        return None if row is None else int(row.at)

    async def _before(self, decision: Decision) -> Record | None:
        """The decision that stands, after checking that this one may follow it; or this one, stored before."""
        known = or_(decisions.c.is_current, decisions.c.id == decision.id)
        query = select(decisions.c.id, decisions.c.seal, decisions.c.actor, decisions.c.input_digest).where(
            self._tx.among(decisions.c.content_id, findable([decision.content_id])), known
        )
        rows = {row.id: row for row in await self._tx.rows(query)}
        if decision.id in rows:
            if rows[decision.id].seal != decision.seal:
                raise Conflict("another decision has this id", field="id")
            return rows[decision.id]
        current = next(iter(rows.values()), None)
        _may_follow(decision, current)
        return current

    async def _item(self, decision: Decision) -> int | None:
        query = select(items.c.key).where(self._tx.among(items.c.id, findable([decision.content_id])))
        row = await self._tx.row(query)
        if row is None:
            return None
        if decision.facts.kind not in _ITEMS:
            raise InvalidInput(
                f"content_id is that of a stored item, and this decision is about a {decision.facts.kind}: "
                "give what is not stored ids of its own",
                field="content_id",
            )
        return int(row.key)

    async def _claim(self, decision: Decision) -> None:
        """Take the place of the decision that stands. Raises DecisionSuperseded where another has taken it."""
        if decision.supersedes is not None:
            standing = (decisions.c.id == decision.supersedes) & decisions.c.is_current
            if not await self._tx.run(update(decisions).where(standing).values(is_current=False)):
                raise _superseded()

    async def _insert(
        self, decision: Decision, body: bytes, key: int, item: int | None, author: UserKey | None
    ) -> None:
        row = {"key": key, "is_current": True, "person_status": None, "item_key": item, "author_key": author}
        if not await self._tx.insert_one(decisions, {**_columns(decision), "body": body, **row}):
            raise _superseded()

    async def _tell_service(self, decision: Decision) -> None:
        """Note a person's verdict beside what the service said of the same."""
        same = (
            (decisions.c.content_id == decision.content_id)
            & (decisions.c.input_digest == decision.input_digest)
            & (decisions.c.actor == ActorKind.SERVICE.value)
        )
        await self._tx.run(update(decisions).where(same).values(person_status=decision.verdict.status.value))


_WHOLE = select(decisions.c.id, decisions.c.seal, decisions.c.body)
_REPLAYED = select(
    decisions.c.key,
    decisions.c.id,
    decisions.c.at,
    decisions.c.kind,
    decisions.c.status,
    decisions.c.person_status,
    decisions.c.body,
).where(decisions.c.actor == ActorKind.SERVICE.value)


def _within(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Decisions of the service in [since, until), found by their hours."""
    first, end = to_micros(since), to_micros(until)
    return (
        decisions.c.actor == ActorKind.SERVICE.value,
        decisions.c.hour.between(first // HOUR, end // HOUR),
        decisions.c.at >= first,
        decisions.c.at < end,
    )


def _sealed(decision: Decision) -> tuple[Decision, bytes]:
    """A decision as it will be read again, and its bytes. Raises InvalidInput where it cannot be stored."""
    body = encode(decision)
    sealed = decode(body)
    if decision.seal not in {"", sealed.seal}:
        raise InvalidInput("the seal is not that of the decision: leave it out", field="seal")
    if not all(map(storable, (sealed.id, sealed.content_id, sealed.policy.scope, sealed.supersedes or ""))):
        raise InvalidInput("an id holds a NUL or a broken character", field="content_id")
    return sealed, body


def _follows(decision: Decision, current: Record | None, about: Values) -> Conflict | None:
    """Why a decision of the service about an item may not be stored; None: it may."""
    if decision.actor.kind is not ActorKind.SERVICE or decision.facts.kind not in _ITEMS:
        raise InvalidInput("many at once are decisions of the service about items", field="actor")
    if decision.content_id not in about:
        return DecisionSuperseded("the item was deleted meanwhile", field="content_id")
    try:
        _may_follow(decision, current)
    except (DecisionSuperseded, DecidedByPerson) as problem:
        return problem
    return None


def _may_follow(decision: Decision, current: Record | None) -> None:
    if current is None:
        if decision.supersedes is not None:
            raise DecisionSuperseded("the decision that this one supersedes does not stand", field="supersedes")
        return
    machine_after_person = current.actor == ActorKind.PERSON and decision.actor.kind is ActorKind.SERVICE
    if machine_after_person and current.input_digest == decision.input_digest:
        raise DecidedByPerson(f"a person decided on this very content ({current.id})", field="content_id")
    if current.id != decision.supersedes:
        raise _superseded(current.id)


def _superseded(by: str | None = None) -> DecisionSuperseded:
    which = "another decision" if by is None else f"the decision {by}"
    return DecisionSuperseded(f"{which} on this content came first: look at it, and supersede it", field="supersedes")


def _columns(decision: Decision) -> Values:
    """What is searched by, from what is sealed."""
    at = to_micros(decision.at)
    return {
        "id": decision.id,
        "content_id": decision.content_id,
        "kind": decision.facts.kind.value,
        "at": at,
        "hour": at // HOUR,
        "status": decision.verdict.status.value,
        "policy_scope": decision.policy.scope,
        "policy_version": decision.policy.version,
        "actor": decision.actor.kind.value,
        "supersedes": decision.supersedes,
        "input_digest": decision.input_digest,
        "seal": decision.seal,
    }


def effects(decision: Decision) -> Values:
    """What an item is told of a decision; the author's own `hidden` is left alone."""
    verdict = decision.verdict
    return {
        "moderation_status": verdict.status.value,
        "moderation_flags": json_text(verdict.flags, "flags"),
        "moderated_at": to_micros(decision.at),
        "is_flagged": verdict.status in _FLAGGED,
        "flag_reason": ", ".join(verdict.flags) or None,
        "withheld": not _WITHHOLDING.isdisjoint(verdict.acts),
        "age_restricted": Act.AGE_GATE in verdict.acts,
        "labels": json_text(verdict.labels, "labels"),
    }


def decision_of(row: Record) -> Decision:
    """The decision of a row with `id`, `seal` and `body`. Raises SealBroken where the body is not as it was sealed."""
    body = bytes(row.body)
    if digest_of(body) != row.seal:
        raise SealBroken(f"the decision {row.id} is not as it was sealed: run `socialflow moderation verify`")
    return decode(body)
