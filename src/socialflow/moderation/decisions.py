"""Taking decisions and looking them up."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from socialflow.errors import Conflict, DecisionNotFound, InvalidInput, SealBroken
from socialflow.ids import UserKey
from socialflow.kit.cache import Cache, moderation_key
from socialflow.kit.clock import Clock
from socialflow.kit.identifiers import check_id, time_ordered_id
from socialflow.moderation.audit import DECIDING, Batch, Head, leaf
from socialflow.moderation.chain import checked
from socialflow.moderation.ports import DecisionStore, DecisionUnit, Taken
from socialflow.moderation.records import Actor, Decision, Facts, PolicyVersion, Signals, Verdict
from socialflow.moderation.sealing import Judged, input_digest, pseudonym
from socialflow.moderation.verifying import Broken, Fault, Report, check_batch, check_events, check_row


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A decision that is about to be taken.

    `judged` is what was looked at; None says: the same as the decision that it supersedes. `author` is whose the
    content is (None: nobody named). `supersedes` is the id of the decision that stood when the content was judged. `id`
    None: one is made; who may try again gives one, and gets the decision that was stored the first time.
    """

    content_id: str
    facts: Facts
    judged: Judged | None
    signals: Signals
    policy: PolicyVersion
    verdict: Verdict
    actor: Actor
    author: UserKey | None = None
    supersedes: str | None = None
    note: str = ""
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of recomputing one decision. `batch` is where its audit event was sealed, None: not yet."""

    decision_id: str
    batch: Batch | None
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        """Whether it is as it was sealed."""
        return self.fault is None


class DecisionService:
    """Takes decisions, one transaction each, and looks them up."""

    def __init__(self, store: DecisionStore, cache: Cache, clock: Clock) -> None:
        self._store = store
        self._cache = cache
        self._clock = clock

    async def record(self, new: NewDecision) -> Decision:
        """Seal and store a decision; it holds from the next request on, in every process.

        Raises DecisionSuperseded, DecidedByPerson, InvalidInput, StoreUnavailable.
        """
        async with self._store.write() as unit:
            decision = await self.record_in(unit, new)
        await self.forget_cached([decision.content_id])
        return decision

    async def record_in(self, unit: DecisionUnit, new: NewDecision) -> Decision:
        """The same within a transaction that does more; call `forget_cached` after it was committed."""
        if new.id is not None and (stored := await _stored(unit, new.id, new.content_id)) is not None:
            return stored
        key = await unit.person_keys.of(new.author)
        decision = await self._made(unit, new, key, self._clock.now())
        return await unit.decisions.decide(decision, author=new.author)

    async def _made(self, unit: DecisionUnit, new: NewDecision, key: bytes, now: datetime) -> Decision:
        return Decision(
            id=check_id(new.id or time_ordered_id(now)),
            content_id=check_id(new.content_id, field="content_id"),
            facts=new.facts,
            input_digest=await self._judged(unit, new, key),
            author="" if new.author is None else pseudonym(key),
            signals=new.signals,
            policy=new.policy,
            verdict=new.verdict,
            actor=new.actor,
            at=now,
            supersedes=new.supersedes,
            note=new.note,
        )

    async def record_many(self, unit: DecisionUnit, news: Sequence[NewDecision]) -> Sequence[Decision | Conflict]:
        """As `record_in`, of decisions of the service about stored items, one a content, which have no ids yet.

        One that may not be stored is told by its error, and the others are. Raises Conflict where another transaction
        was first just now: nothing of this one may be kept, and another may try again.
        """
        known = await unit.person_keys.of_many({new.author for new in news if new.author is not None})
        nobody = await unit.person_keys.of(None)
        now = self._clock.now()
        made = []
        for new in news:
            key = nobody if new.author is None else known[new.author]
            made.append(Taken(await self._made(unit, new, key, now), new.author))
        return await unit.decisions.decide_many(made)

    async def forget_cached(self, content_ids: Collection[str]) -> None:
        """Drop what caches hold of the moderation of these."""
        await self._cache.delete([moderation_key(content_id) for content_id in content_ids])

    async def get(self, decision_id: str) -> Decision:
        """The decision. Raises DecisionNotFound, SealBroken."""
        async with self._store.read() as unit:
            return await unit.decisions.get(decision_id)

    async def current(self, content_id: str) -> Decision:
        """The decision that stands. Raises DecisionNotFound, SealBroken."""
        async with self._store.read() as unit:
            decision = await unit.decisions.current(content_id)
        if decision is None:
            raise DecisionNotFound("nothing was decided about this content", field="content_id")
        return decision

    async def history(self, content_id: str) -> Sequence[Decision]:
        """All decisions on a content, the first first; none is no error. Raises SealBroken."""
        async with self._store.read() as unit:
            return await unit.decisions.history(content_id)

    async def of_author(self, decisions: Sequence[Decision], user_id: str) -> Sequence[Decision]:
        """Those of some decisions that are about the content of a person, in their order."""
        async with self._store.read() as unit:
            authors = await unit.decisions.authors([one.id for one in decisions])
        return [one for one in decisions if (author := authors.get(one.id)) is not None and author.id == user_id]

    async def verify(self, decision_id: str) -> Checked:
        """Recompute a decision's seal, its audit event and the batch that holds it. Raises DecisionNotFound."""
        async with self._store.read() as unit:
            key = await unit.audit.key(decision_id)
            if key is None:
                with suppress(SealBroken):
                    await unit.decisions.get(decision_id)
                return Checked(
                    decision_id, None, Fault("audit_events", decision_id, "missing", "no event stands for it")
                )
            return await _check_one(unit, decision_id, key)

    async def verify_all(self, since: datetime | None = None, kept: Iterable[Head] = ()) -> Report:
        """Recompute everything, or what was sealed since, and find the first thing that is wrong (see `chain.checked`).

        `kept` are heads of the chain that were kept elsewhere.
        """
        async with self._store.read() as unit:
            return await checked(unit, since, kept)

    @staticmethod
    async def _judged(unit: DecisionUnit, new: NewDecision, key: bytes) -> str:
        if new.judged is not None:
            return input_digest(key, new.judged)
        if new.supersedes is None:
            raise InvalidInput("say what was judged, or which decision this one supersedes", field="judged")
        return (await unit.decisions.get(new.supersedes)).input_digest


async def _stored(unit: DecisionUnit, decision_id: str, content_id: str) -> Decision | None:
    """The decision of an earlier try."""
    try:
        stored = await unit.decisions.get(decision_id)
    except DecisionNotFound:
        return None
    return stored if stored.content_id == content_id else None


async def _check_one(unit: DecisionUnit, decision_id: str, key: int) -> Checked:
    pair = await unit.audit.holding(key)
    batch = pair[-1] if pair else None
    first, last = (key, key) if batch is None else (batch.first, batch.last)
    events = [row async for rows in unit.audit.recorded(first - 1, last) for row in rows]
    row = next(row for row in events if row.key == key)
    if row.kind not in DECIDING and row.decision_id is None:
        raise DecisionNotFound("no decision has this id", field="id")
    try:
        check_row(row)
        if batch is not None:
            check_batch(batch, pair[-2] if len(pair) > 1 else None)
            check_events(batch, [leaf(row.key, row.digest) for row in events])
    except Broken as broken:
        return Checked(decision_id, batch, broken.fault)
    return Checked(decision_id, batch)
