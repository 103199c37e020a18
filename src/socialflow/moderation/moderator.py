"""Judging content by the policy that stands, and deciding about what the platform stores."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from socialflow.content.ports import ItemRepository
from socialflow.content.records import Item, ModerationStatus
from socialflow.errors import Conflict, DecidedByPerson
from socialflow.ids import ItemKey
from socialflow.kit.answers import Tier
from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.ports import JobsBehind, KeptRepository
from socialflow.moderation.banks.rechecks import recheck
from socialflow.moderation.banks.records import BankKind
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.gather.records import Content, Gathered, content_of
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.policy.ports import Versions
from socialflow.moderation.policy.records import Policy
from socialflow.moderation.policy.shadow import Noted, Notes, Standing
from socialflow.moderation.records import Actor, ActorKind, Decision, PolicyVersion, Reading, Verdict
from socialflow.moderation.review.ports import ReviewUnit
from socialflow.moderation.review.records import NewReview
from socialflow.moderation.review.service import enqueue_all, withdraw_all
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.sealing import Judged

SERVICE = Actor(ActorKind.SERVICE, "socialflow")
TRIES = 3
"""How often decisions are stored at most where others decide about the same at the same instant."""
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

    async def policy_of(self, policy: PolicyVersion) -> Policy | None:
        """The policy that content was judged by; None where it is not known."""
        ...


class WaitingRepository(Protocol):
    """Items that nobody has judged."""

    async def settle(self, key: ItemKey) -> bool:
        """Have an item be again what the decision that stands says of it; False where there is none."""
        ...


class ShadowRepository(Versions, Protocol):
    """Policies, and what those in the shadow say."""

    async def note(self, noted: Sequence[Noted], at: datetime) -> None:
        """Count it beside what was decided."""
        ...


class VersionOfBanks(Protocol):
    """How far the banks have changed."""

    async def settled(self) -> int:
        """The version of the last change; no other comes until this unit ends."""
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
    def kept_matches(self) -> KeptRepository:
        """What banks told of items."""
        ...

    @property
    def hash_banks(self) -> VersionOfBanks:
        """The banks."""
        ...

    @property
    def jobs(self) -> JobsBehind:
        """Work beside requests."""
        ...

    @property
    def policies(self) -> ShadowRepository:
        """Versions, and what shadows say."""
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
        self._storing = asyncio.Lock()

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
            before = await unit.decisions.currents([item.id for item in items.values()])
        gathered = await self._gathering.look([content_of(item) for item in items.values()])
        known = [remembering(one, before.get(item.id)) for item, one in zip(items.values(), gathered, strict=True)]
        judged = await self._judge([content_of(item) for item in items.values()], known)
        made = [_Judged(item, one, before.get(item.id)) for item, one in zip(items.values(), judged, strict=True)]
        decided = await self._store_those(made)
        await self._decisions.forget_cached([one.decision.content_id for one in decided])
        return decided

    async def _store_those(self, made: Sequence["_Judged"]) -> Sequence[Decided]:
        """One call after the other, while others judge. Where another transaction decided about one of them just now,
        all are looked at again."""
        async with self._storing:
            for _ in range(TRIES - 1):
                with suppress(Conflict):
                    return await self._stored(made)
            return await self._stored(made)

    async def _stored(self, made: Sequence["_Judged"]) -> Sequence[Decided]:
        if not made:
            return []
        async with self._store.write() as unit:
            now = await unit.items.by_keys([one.item.key for one in made])
            same = [one for one in made if (item := now.get(one.item.key)) and judged_of(item) == judged_of(one.item)]
            ends = await self._decisions.record_many(unit, [_new(one) for one in same])
            decided, taken = [], list[_Judged]()
            for one, end in zip(same, ends, strict=True):
                if isinstance(end, Decision):
                    decided.append(Decided(end, one.judgement))
                    taken.append(one)
                elif isinstance(end, DecidedByPerson):
                    await unit.unmoderated.settle(one.item.key)
            await self._follow_up(unit, decided)
            await _remember(unit, taken, decided)
            await _note(unit, decided)
        return decided

    async def _follow_up(self, unit: ModerationUnit, decided: Sequence[Decided]) -> None:
        """Have people look where verdicts ask for it, drop what they were to look at before, and count strikes."""
        if not decided:
            return
        at = decided[0].decision.at
        contents = [one.decision.content_id for one in decided]
        await withdraw_all(unit, contents, at)
        asking = [one for one in decided if one.decision.verdict.status is ModerationStatus.REVIEW_REQUIRED]
        if asking:
            views = await unit.reviews.views_of([one.decision.content_id for one in asking])
            await enqueue_all(unit, [_review(one, views.get(one.decision.content_id, 0)) for one in asking], at)
        await self._strikes.follow_all(unit, [one.decision for one in decided])


@dataclass(frozen=True, slots=True)
class _Judged:
    """A stored item, what it was judged to be, and the decision that stood for it then."""

    item: Item
    judgement: Judgement
    before: Decision | None


def _new(one: _Judged) -> NewDecision:
    judgement = one.judgement
    return NewDecision(
        content_id=one.item.id,
        facts=judgement.gathered.facts,
        judged=judged_of(one.item),
        signals=judgement.gathered.signals,
        policy=judgement.standing.version,
        verdict=judgement.verdict,
        actor=SERVICE,
        author=one.item.author_key,
        supersedes=None if one.before is None else one.before.id,
    )


def _review(decided: Decided, views: int) -> NewReview:
    decision = decided.decision
    return NewReview(
        decision_id=decision.id,
        content_id=decision.content_id,
        kind=decision.facts.kind,
        scope=decision.policy.scope,
        severity=severity(decision.verdict, decided.judgement.standing.policy),
        reach=views,
        language=decision.facts.language,
    )


async def _remember(unit: ModerationUnit, taken: Sequence[_Judged], decided: Sequence[Decided]) -> None:
    """Keep what the banks told, and where they changed since they were asked have these looked at again."""
    if not taken:
        return
    await unit.kept_matches.put({one.item.key: one.judgement.gathered.kept for one in taken})
    asked = [kept.version for one in taken if (kept := one.judgement.gathered.kept).version is not None]
    if asked and min(asked) < await unit.hash_banks.settled():
        for kind in BankKind:
            await recheck(unit.jobs, Change(kind, min(asked)), decided[0].decision.at)


async def _note(unit: ModerationUnit, decided: Sequence[Decided]) -> None:
    """Count what shadows say beside what was decided; the last step of a transaction."""
    notes = Notes()
    for one in decided:
        made = one.decision
        notes.take(one.judgement.standing, made.content_id, made.signals, made.facts, made.verdict)
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
