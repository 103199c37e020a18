"""Appeals: an author's word against a decision, judged by somebody who had no part in it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from socialflow.content.records import ModerationStatus
from socialflow.errors import Conflict, InvalidInput, PermissionDenied
from socialflow.kit.clock import Clock
from socialflow.moderation.records import Act, Decision
from socialflow.moderation.review.appeal_records import MAX_APPEAL, Appeal, AppealCount, AppealOutcome
from socialflow.moderation.review.checks import check_ruling, checked_words
from socialflow.moderation.review.ports import Deciding, FollowUpOf, ReviewStore, ReviewUnit
from socialflow.moderation.review.pseudonyms import pseudonym
from socialflow.moderation.review.records import RULINGS, Lease, ReviewItem, ReviewState, Ruling
from socialflow.moderation.review.service import check_not_own, lost
from socialflow.moderation.review.verdicts import Verdicts, new_id

UNKNOWN_RISK = 0.5
"""How urgent the appeal against a decision is that told no risk."""


@dataclass(frozen=True, slots=True)
class Appellant:
    """Who appeals: the author, or a service key that speaks for them (or for whoever the author is: `None`)."""

    user_id: str | None
    by_service: bool = False


class AppealService:
    """Bringing and judging appeals."""

    def __init__(
        self, store: ReviewStore, deciding: Deciding, verdicts: Verdicts, follow_up: FollowUpOf, clock: Clock
    ) -> None:
        self._store = store
        self._deciding = deciding
        self._verdicts = verdicts
        self._follow_up = follow_up
        self._clock = clock

    async def bring(self, who: Appellant, decision_id: str, text: str) -> Appeal:
        """Appeal against a decision; it waits in the queue of its policy and language, among appeals.

        How long that is open the version of the policy says by which the content was judged.

        Raises:
            NotFound: there is no such decision.
            PermissionDenied: it is about somebody else's content.
            InvalidInput: no words, more than 4,000 characters, or the decision took nothing away.
            Conflict: appealed already, too late, superseded, or people have yet to look at the content anyway.
        """
        words = checked_words(text, "text", MAX_APPEAL, least=1)
        now = self._clock.now()
        async with self._store.write() as unit:
            decision = await self._deciding.get(unit, decision_id)
            await self._check_author(unit, who, decision)
            await self._check_open(unit, decision)
            deadline = decision.at + (await self._follow_up(unit, decision.policy)).review.appeal_within
            if now > deadline:
                raise Conflict(f"appeals against this decision closed at {deadline.isoformat()}", field="decision_id")
            appeal = Appeal(
                id=secrets.token_hex(16),
                decision_id=decision_id,
                content_id=decision.content_id,
                scope=decision.policy.scope,
                version=decision.policy.version,
                rules=tuple(dict.fromkeys(hit.rule for hit in decision.verdict.hits)),
                text=words,
                at=now,
                deadline=deadline,
                author=who.user_id or await unit.strikes.author_of(decision.content_id),
            )
            await unit.appeals.add(appeal)
            await unit.reviews.add(await self._item(unit, appeal, decision))
        return appeal

    async def judge(self, account: str, appeal_id: str, token: str, outcome: AppealOutcome, ruling: Ruling) -> Appeal:
        """End an appeal that was claimed (`Wanted(appeals=True)`).

        Upheld: the decision stays, and the ruling must say its status. Overturned and partly: the ruling stands in its
        place from now on, and must be milder.

        Raises:
            NotFound: there is no such appeal.
            LeaseLost: it is held no more.
            PermissionDenied: this reviewer judged the content before, or it is theirs.
            InvalidInput: ruling and outcome do not go together.
            Conflict: the content was changed meanwhile.
        """
        checked = check_ruling(ruling)
        now = self._clock.now()
        async with self._store.write() as unit:
            reviewer = pseudonym(await unit.reviews.key(), account)
            waiting = await unit.reviews.of_appeal(appeal_id)
            item = await unit.reviews.settle(waiting.id, Lease(token, reviewer, now), now)
            if item is None:
                raise await lost(unit, waiting.id)
            await check_not_own(unit, account, item)
            given = await unit.review_verdicts.of_root(item.root)
            if any(one.reviewer == reviewer for one in given):
                raise PermissionDenied("you judged this before: somebody else must look at the appeal")
            appealed = await self._deciding.get(unit, item.decision_id)
            _check_outcome(outcome, checked.status, appealed.verdict.status)
            decision = None
            if outcome is not AppealOutcome.UPHELD:
                decision = await self._verdicts.decide(unit, item, reviewer, checked, now)
            await self._verdicts.keep(unit, item, reviewer, checked, at=now, came=decision)
            came = None if decision is None else decision.id
            judged = await unit.appeals.judge(appeal_id, outcome, now, came)
        if decision is not None:
            await self._verdicts.took_effect([decision.content_id])
        return judged

    async def get(self, appeal_id: str) -> Appeal:
        """Return an appeal. Raises NotFound."""
        async with self._store.read() as unit:
            return await unit.appeals.get(appeal_id)

    async def of_author(self, user_id: str) -> Sequence[Appeal]:
        """A person's appeals, newest first."""
        async with self._store.read() as unit:
            return await unit.appeals.of_author(user_id)

    async def counts(self, scope: str, version: int | None = None) -> Sequence[AppealCount]:
        """What became of appeals, by rule of a policy (of one version)."""
        async with self._store.read() as unit:
            return await unit.appeals.counts(scope, version)

    async def _check_author(self, unit: ReviewUnit, who: Appellant, decision: Decision) -> None:
        if who.user_id is None:
            if not who.by_service:
                raise PermissionDenied("only the author may appeal")
        elif not await self._deciding.is_author(unit, decision, who.user_id):
            raise PermissionDenied("only the author of the content may appeal, or a service for them")

    async def _check_open(self, unit: ReviewUnit, decision: Decision) -> None:
        if decision.verdict.status is ModerationStatus.APPROVED and not set(decision.verdict.acts) - {Act.APPROVE}:
            raise InvalidInput("this decision took nothing away: there is nothing to appeal", field="decision_id")
        if await unit.appeals.of_decision(decision.id) is not None:
            raise Conflict("this decision was appealed already: one appeal each", field="decision_id")
        if not await self._deciding.is_newest(unit, decision):
            raise Conflict("another decision has taken the place of this one: appeal that", field="decision_id")
        if decision.verdict.status not in RULINGS:
            raise Conflict("people have yet to look at this: appeal what they decide", field="decision_id")

    async def _item(self, unit: ReviewUnit, appeal: Appeal, decision: Decision) -> ReviewItem:
        """What waits for people: it shares the root of what was judged before, so that none of those may judge it."""
        before = await unit.reviews.of_decision(decision.id)
        item_id = new_id()
        risk = UNKNOWN_RISK if decision.verdict.risk is None else decision.verdict.risk
        return ReviewItem(
            id=item_id,
            root=item_id if before is None else before.root,
            decision_id=decision.id,
            content_id=decision.content_id,
            kind=decision.facts.kind,
            language=decision.facts.language,
            scope=decision.policy.scope,
            severity=risk if before is None else before.severity,
            reach=await unit.reviews.views(decision.content_id),
            created_at=appeal.at,
            state=ReviewState.OPEN,
            appeal=appeal.id,
        )


def _check_outcome(outcome: AppealOutcome, said: ModerationStatus, stands: ModerationStatus) -> None:
    """Raises InvalidInput where what is said is not what the outcome means."""
    if outcome is AppealOutcome.MOOT:
        raise InvalidInput("nobody judges an appeal to be moot: say upheld, overturned or partly", field="outcome")
    if outcome is AppealOutcome.OVERTURNED and said is not ModerationStatus.APPROVED:
        raise InvalidInput(
            "overturned means that the content is approved; say partly for what is milder", field="status"
        )
    if outcome is AppealOutcome.PARTLY and RULINGS.index(said) > RULINGS.index(stands):
        raise InvalidInput("partly means no stricter than what was appealed", field="status")
    if outcome is AppealOutcome.UPHELD and said is not stands:
        raise InvalidInput(f"upheld means that {stands.value} stays, not {said.value}", field="status")
