"""What people say of content, made into decisions that take the place of earlier ones."""

from collections.abc import Collection, Mapping
from datetime import datetime

from socialflow.content.records import ModerationStatus
from socialflow.errors import DecisionSuperseded
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.moderator import judged_of
from socialflow.moderation.ports import Author
from socialflow.moderation.records import Act, Actor, Decision, Hit, PolicyVersion, Verdict
from socialflow.moderation.review.ports import ReviewUnit
from socialflow.moderation.review.records import Ruling
from socialflow.moderation.sealing import input_digest

PERSON = "person"
"""Name of the rule that a verdict of a person stands under."""
_MEANS = {
    ModerationStatus.APPROVED: Act.APPROVE,
    ModerationStatus.FLAGGED: Act.FLAG,
    ModerationStatus.REJECTED: Act.REJECT,
}


class PersonDecisions:
    """Decisions as reviewers look them up and bring them about (satisfies `review.ports.Deciding`)."""

    def __init__(self, decisions: DecisionService) -> None:
        self._decisions = decisions

    async def get(self, unit: ReviewUnit, decision_id: str) -> Decision:
        """The decision. Raises DecisionNotFound, SealBroken."""
        return await unit.decisions.get(decision_id)

    async def get_many(self, unit: ReviewUnit, decision_ids: Collection[str]) -> Mapping[str, Decision]:
        """Decisions by id; what does not exist is not in it. Raises SealBroken."""
        return await unit.decisions.get_many(decision_ids)

    async def policies_of(self, unit: ReviewUnit, decision_ids: Collection[str]) -> Mapping[str, PolicyVersion]:
        """By which policy each was taken, without those that are not stored."""
        return await unit.decisions.policies_of(decision_ids)

    async def is_newest(self, unit: ReviewUnit, decision: Decision) -> bool:
        """Whether nothing was decided about its content since."""
        standing = await unit.decisions.current(decision.content_id)
        return standing is not None and standing.id == decision.id

    async def is_author(self, unit: ReviewUnit, decision: Decision, user_id: str) -> bool:
        """Whether what was decided about is this person's."""
        author = await unit.decisions.author(decision.id)
        return author is not None and author.id == user_id

    async def decide_by_person(
        self,
        unit: ReviewUnit,
        ruling: Ruling,
        *,
        supersedes: str,
        by: Actor,
        at: datetime,  # noqa: ARG002 - decisions are dated by the service's own clock
    ) -> Decision:
        """Store what a person says, on the signals of the decision whose place it takes.

        Raises DecisionNotFound, DecisionSuperseded (the content was decided anew or changed meanwhile), SealBroken.
        """
        before = await unit.decisions.get(supersedes)
        author = await unit.decisions.author(supersedes)
        if not await self._as_it_was(unit, before, author):
            raise DecisionSuperseded(
                "the content was changed since it was judged: nothing was stored, it will be judged again",
                field="item_id",
            )
        new = NewDecision(
            content_id=before.content_id,
            facts=before.facts,
            judged=None,
            signals=before.signals,
            policy=before.policy,
            verdict=verdict_of(ruling, before.verdict.risk),
            actor=by,
            author=None if author is None else author.key,
            supersedes=before.id,
            note=ruling.note,
        )
        return await self._decisions.record_in(unit, new)

    async def took_effect(self, content_ids: Collection[str]) -> None:
        """Drop what caches hold of the moderation of these."""
        await self._decisions.forget_cached(content_ids)

    @staticmethod
    async def _as_it_was(unit: ReviewUnit, before: Decision, author: Author | None) -> bool:
        """Whether an item of the platform is what was decided about; true of what is not stored."""
        if before.content_id not in await unit.items.keys([before.content_id]):
            return True
        key = await unit.person_keys.of(None if author is None else author.key)
        return input_digest(key, judged_of(await unit.items.get(before.content_id))) == before.input_digest


def verdict_of(ruling: Ruling, risk: float | None = None) -> Verdict:
    """A ruling as a verdict; `risk` is what the service had reckoned, which people do not change."""
    acts = tuple(dict.fromkeys((_MEANS[ruling.status], *ruling.acts)))
    hit = Hit(PERSON, ruling.reason, acts, labels=ruling.labels)
    hits = () if ruling.status is ModerationStatus.APPROVED and not ruling.acts else (hit,)
    return Verdict(ruling.status, acts, hits, risk, 1.0)
