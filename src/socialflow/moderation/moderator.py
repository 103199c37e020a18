"""Judging content by the policy that stands, and deciding about what the platform stores."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from socialflow.content.ports import ItemRepository
from socialflow.content.records import Item, ModerationStatus
from socialflow.errors import DecidedByPerson, DecisionSuperseded
from socialflow.ids import ItemKey
from socialflow.kit.answers import Tier
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.gather.records import Content, Gathered, content_of
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.policy.shadow import Noted, Notes, Standing
from socialflow.moderation.records import Actor, ActorKind, Decision, Reading, Verdict
from socialflow.moderation.review.ports import ReviewUnit
from socialflow.moderation.review.records import NewReview
from socialflow.moderation.review.service import enqueue
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.sealing import Judged

SERVICE = Actor(ActorKind.SERVICE, "socialflow")
REJECTED_BEFORE = "history.rejected"
"""The signal that a person rejected what stood in the place of the content before."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one piece of content was judged to be, by which policy; nothing of it is stored."""

    content: Content
    gathered: Gathered
    standing: Standing
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision about a stored item, and the judgement it seals."""

    decision: Decision
    judgement: Judgement


class Gathering(Protocol):
    """Measures content; `gather.service` has the one of the platform."""

    async def look(self, contents: Sequence[Content]) -> Sequence[Gathered]:
        """What was measured of each, in order. What could not be had is missing in it; it raises Overloaded alone."""
        ...


class Policies(Protocol):
    """The versions of policies that stand."""

    async def standing(self, communities: Collection[str | None]) -> Mapping[str | None, Standing]:
        """By community (None: of no community), the policy that content of it is judged by now."""
        ...


class WaitingRepository(Protocol):
    """Items that nobody has judged."""

    async def settle(self, key: ItemKey) -> bool:
        """Have an item be again what the decision that stands says of it; False where there is none."""
        ...


class ShadowRepository(Protocol):
    """What versions of policies in the shadow say."""

    async def note(self, noted: Sequence[Noted], at: datetime) -> None:
        """Count it beside what was decided."""
        ...


class ModerationUnit(ReviewUnit, Protocol):
    """What one unit of work needs to decide about items."""

    @property
    def items(self) -> ItemRepository:
        """Items by key."""
        ...

    @property
    def unmoderated(self) -> WaitingRepository:
        """Items that wait."""
        ...

    @property
    def policies(self) -> ShadowRepository:
        """What shadows say."""
        ...


class ModerationStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[ModerationUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[ModerationUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...


class Moderator:
    """Judges content, and decides about items: signals, policy, decision, effects, queue and strikes."""

    def __init__(
        self,
        store: ModerationStore,
        *,
        gathering: Gathering,
        policies: Policies,
        decisions: DecisionService,
        strikes: StrikeBook,
    ) -> None:
        self._store = store
        self._gathering = gathering
        self._policies = policies
        self._decisions = decisions
        self._strikes = strikes

    async def judge(self, contents: Sequence[Content]) -> Sequence[Judgement]:
        """Judge some contents, storing nothing. Raises Overloaded, StoreUnavailable."""
        return await self._judge(contents, await self._gathering.look(contents))

    async def _judge(self, contents: Sequence[Content], gathered: Sequence[Gathered]) -> Sequence[Judgement]:
        standing = await self._policies.standing({content.community for content in contents})
        return [
            Judgement(content, found, by, evaluate(by.policy, found.signals, found.facts))
            for content, found in zip(contents, gathered, strict=True)
            for by in (standing[content.community],)
        ]

    async def decide(self, keys: Sequence[ItemKey], *, again: bool = False) -> Sequence[Decision]:
        """As `decide_and_tell`, the decisions alone."""
        return [one.decision for one in await self.decide_and_tell(keys, again=again)]

    async def decide_and_tell(self, keys: Sequence[ItemKey], *, again: bool = False) -> Sequence[Decided]:
        """Judge stored items and decide about them, in one transaction once all are judged.

        Items that do not wait are left as they are, but for `again`. An item that was deleted, decided about by
        somebody else, or altered while it was judged is left out: what was altered waits, and its own job comes. Where
        a person decided on the very same content before, that stands. Raises Overloaded, StoreUnavailable.
        """
        async with self._store.read() as unit:
            found = await unit.items.by_keys(keys)
            items = {key: item for key, item in found.items() if again or waits(item)}
            before = {key: await unit.decisions.current(item.id) for key, item in items.items()}
        contents = [content_of(item) for item in items.values()]
        gathered = await self._gathering.look(contents)
        known = [remembering(one, before[key]) for key, one in zip(items, gathered, strict=True)]
        judged = await self._judge(contents, known)
        decided, notes = [], Notes()
        async with self._store.write() as unit:
            now = await unit.items.by_keys(list(items))
            for (key, item), judgement in zip(items.items(), judged, strict=True):
                if key in now and judged_of(now[key]) == judged_of(item):
                    made = await self._decide(unit, item, judgement, before[key])
                    if made is not None:
                        decided.append(Decided(made, judgement))
                        notes.take(judgement.standing, item.id, made.signals, made.facts, made.verdict)
            await note(unit, notes, decided)
        await self._decisions.forget_cached([one.decision.content_id for one in decided])
        return decided

    async def _decide(
        self, unit: ModerationUnit, item: Item, judgement: Judgement, before: Decision | None
    ) -> Decision | None:
        new = NewDecision(
            content_id=item.id,
            facts=judgement.gathered.facts,
            judged=judged_of(item),
            signals=judgement.gathered.signals,
            policy=judgement.standing.version,
            verdict=judgement.verdict,
            actor=SERVICE,
            author=item.author_key,
            supersedes=None if before is None else before.id,
        )
        try:
            decision = await self._decisions.record_in(unit, new)
        except DecidedByPerson:
            await unit.unmoderated.settle(item.key)
            return None
        except DecisionSuperseded:
            return None
        await self._follow_up(unit, decision, judgement)
        return decision

    async def _follow_up(self, unit: ModerationUnit, decision: Decision, judgement: Judgement) -> None:
        """Have people look where the verdict asks for it, drop what they were to look at before, and count strikes."""
        await unit.reviews.withdraw(decision.content_id, decision.at)
        if decision.verdict.status is ModerationStatus.REVIEW_REQUIRED:
            await enqueue(unit, await self._review(unit, decision, judgement), decision.at)
        await self._strikes.follow(unit, decision)

    @staticmethod
    async def _review(unit: ModerationUnit, decision: Decision, judgement: Judgement) -> NewReview:
        return NewReview(
            decision_id=decision.id,
            content_id=decision.content_id,
            kind=decision.facts.kind,
            scope=decision.policy.scope,
            severity=severity(decision.verdict, judgement.standing.policy),
            reach=await unit.reviews.views(decision.content_id),
            language=decision.facts.language,
        )


async def note(unit: ModerationUnit, notes: Notes, decided: Sequence[Decided]) -> None:
    """Store what shadows said beside what was decided; the last step of a transaction."""
    if rows := notes.rows():
        await unit.policies.note(rows, decided[-1].decision.at)


def judged_of(item: Item) -> Judged:
    """What of an item is judged, as its decisions name it."""
    texts = {"title": item.title, "description": item.description, "text": item.text, "tags": "\n".join(item.tags)}
    urls = (item.media_url, item.thumbnail_url)
    return Judged({name: text for name, text in texts.items() if text}, tuple(url for url in urls if url))


def remembering(gathered: Gathered, before: Decision | None) -> Gathered:
    """The same, with the signal that a person rejected what stood here before, if one did."""
    if before is None or before.actor.kind is not ActorKind.PERSON:
        return gathered
    if before.verdict.status is not ModerationStatus.REJECTED:
        return gathered
    reading = Reading(1.0, "decisions", "1", Tier.BUNDLED)
    signals = replace(gathered.signals, readings={**gathered.signals.readings, REJECTED_BEFORE: reading})
    return replace(gathered, signals=signals)


def severity(verdict: Verdict, policy: Compiled) -> float:
    """How bad the worst of what is held against the content would be, 0 to 1, by the policy's reasons."""
    return max((policy.policy.reason(hit.reason).severity for hit in verdict.hits), default=0.0)


def waits(item: Item) -> bool:
    """Whether nobody has judged what the item is now."""
    return item.moderation_status is ModerationStatus.PENDING
