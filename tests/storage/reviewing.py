"""A queue of reviewers over the store under test; decisions are kept in memory by a stand-in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from socialflow.content.records import ModerationStatus
from socialflow.errors import Conflict, NotFound
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock
from socialflow.moderation.policy.records import FollowUp, ReviewRules, StrikeRules, StrikeTerms
from socialflow.moderation.records import (
    Act,
    Actor,
    ActorKind,
    ContentKind,
    Decision,
    Facts,
    Hit,
    PolicyVersion,
    Reading,
    Signals,
    Verdict,
)
from socialflow.moderation.review.ports import ReviewUnit
from socialflow.moderation.review.records import NewReview, QueueEntry, ReviewItem, Ruling, Wanted
from socialflow.moderation.review.service import ReviewQueue, enqueue
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.review.verdicts import Verdicts
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW

APPROVE = Ruling(ModerationStatus.APPROVED, "fine")
REJECT = Ruling(ModerationStatus.REJECTED, "hate")
FLAG = Ruling(ModerationStatus.FLAGGED, "rude")
NEVER = ReviewRules(second_rate=0.0, golden_rate=0.0)
ALWAYS_SECOND = replace(NEVER, second_rate=1.0)
ALWAYS_GOLDEN = replace(NEVER, golden_rate=1.0)


def decision(decision_id: str, content_id: str = "", **fields: object) -> Decision:
    """An automatic decision by the rule `insults` at 0.7, which asked for people."""
    value = float(str(fields.pop("value", 0.9)))
    acts = tuple(fields.pop("acts", (Act.REVIEW,)))  # type: ignore[call-overload]
    hit = Hit("insults", "insult", acts, because=(f"text.insult {value:g} >= 0.7",))
    made = Decision(
        id=decision_id,
        content_id=content_id or f"content-of-{decision_id}",
        facts=Facts(ContentKind.COMMENT, language="en"),
        input_digest=f"words-of-{content_id or decision_id}",
        author="",
        signals=Signals({"text.insult": Reading(value, "text", "7", Tier.BUNDLED)}),
        policy=PolicyVersion("default", 3, "ab" * 32),
        verdict=Verdict(ModerationStatus.REVIEW_REQUIRED, acts, (hit,), 0.6, 0.5),
        actor=Actor(ActorKind.SERVICE, "moderation"),
        at=NOW,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


@dataclass
class Decisions:
    """Decisions, newest last; `authors` says whose content is."""

    all: dict[str, Decision] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)

    def put(self, *decisions: Decision) -> None:
        self.all.update({one.id: one for one in decisions})

    async def get(self, unit: ReviewUnit, decision_id: str) -> Decision:
        if decision_id not in self.all:
            raise NotFound(f"no decision has the id {decision_id!r}", field="decision_id")
        return self.all[decision_id]

    async def get_many(self, unit: ReviewUnit, decision_ids: Collection[str]) -> dict[str, Decision]:
        return {one: self.all[one] for one in decision_ids if one in self.all}

    async def policies_of(self, unit: ReviewUnit, decision_ids: Collection[str]) -> Mapping[str, PolicyVersion]:
        return {one: self.all[one].policy for one in decision_ids if one in self.all}

    async def is_newest(self, unit: ReviewUnit, decision: Decision) -> bool:
        return all(one.supersedes != decision.id for one in self.all.values())

    async def is_author(self, unit: ReviewUnit, decision: Decision, user_id: str) -> bool:
        return self.authors.get(decision.content_id) == user_id

    async def decide_by_person(
        self, unit: ReviewUnit, ruling: Ruling, *, supersedes: str, by: Actor, at: datetime
    ) -> Decision:
        earlier = await self.get(unit, supersedes)
        if any(one.supersedes == supersedes for one in self.all.values()):
            raise Conflict("the content was decided anew")
        hit = Hit("by hand", ruling.reason, ruling.acts)
        verdict = Verdict(ruling.status, ruling.acts, (hit,), None, None)
        made = replace(
            earlier, id=f"{supersedes}+", verdict=verdict, actor=by, at=at, supersedes=supersedes, note=ruling.note
        )
        self.put(made)
        return made

    async def took_effect(self, content_ids: Collection[str]) -> None:
        """Nothing is cached here."""

    def chain(self, decision_id: str) -> list[tuple[str, str]]:
        """Statuses, and by whom, of a decision and all that superseded it."""
        told = []
        while decision_id in self.all:
            one = self.all[decision_id]
            told.append((one.verdict.status.value, one.actor.kind.value))
            decision_id += "+"
        return told


@dataclass
class Desk:
    """Everything reviewers work with, over one store, at one hour.

    `rules` and `terms` are those of every version of the policy but the ones in `versions`.
    """

    store: Store
    rules: ReviewRules = NEVER
    terms: dict[str, StrikeTerms] = field(default_factory=dict)
    versions: dict[int, FollowUp] = field(default_factory=dict)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    decisions: Decisions = field(default_factory=Decisions)

    async def follow_up(self, _unit: ReviewUnit, policy: PolicyVersion) -> FollowUp:
        return self.versions.get(policy.version, FollowUp(self.rules, StrikeRules(by_reason=self.terms)))

    @property
    def strikes(self) -> StrikeBook:
        return StrikeBook(self.decisions, self.follow_up)

    @property
    def verdicts(self) -> Verdicts:
        return Verdicts(self.decisions, self.strikes, self.follow_up)

    @property
    def queue(self) -> ReviewQueue:
        return ReviewQueue(self.store, self.decisions, self.verdicts, self.follow_up, self.clock)

    def wait(self, minutes: float) -> None:
        self.clock.at += timedelta(minutes=minutes)

    async def ask(self, *names: str, **fields: object) -> Sequence[ReviewItem]:
        """Put decisions of these ids, and an item for each, into the store."""
        asked = []
        known = {"severity": 0.5, "reach": 0, "language": "en", "scope": "default", "kind": ContentKind.COMMENT}
        content = fields.pop("content_id", None)
        async with self.store.write() as unit:
            for name in names:
                if name not in self.decisions.all:
                    self.decisions.put(decision(name, str(content or "")))
                where = self.decisions.all[name].content_id
                new = NewReview(name, where, **{**known, **fields})  # type: ignore[arg-type]
                asked.append(await enqueue(unit, new, self.clock.now()))
        return asked

    async def claim(self, account: str, limit: int = 1, **wanted: object) -> Sequence[QueueEntry]:
        return await self.queue.claim(account, Wanted(**wanted), limit)  # type: ignore[arg-type]

    async def judge(self, account: str, ruling: Ruling, **wanted: object) -> QueueEntry:
        """Claim one item and judge it."""
        (entry,) = await self.claim(account, **wanted)
        await self.queue.decide(account, entry.id, entry.token, ruling)
        return entry

    async def stored(self, item_id: str) -> ReviewItem:
        async with self.store.read() as unit:
            return await unit.reviews.get(item_id)
