"""What becomes of a ruling: a verdict that is kept, a decision, perhaps a blind second review."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from socialflow.errors import PermissionDenied
from socialflow.moderation.records import Actor, ActorKind, Decision, PolicyVersion
from socialflow.moderation.review.ports import Deciding, FollowUpOf, ReviewUnit
from socialflow.moderation.review.pseudonyms import drawn
from socialflow.moderation.review.records import (
    FIRST_LINE,
    GivenVerdict,
    Note,
    NoteKind,
    ReviewItem,
    ReviewState,
    Ruling,
)
from socialflow.moderation.review.strikes import StrikeBook


def new_id() -> str:
    """The id of an item: random, so that it says neither when nor why the item was made."""
    return secrets.token_hex(16)


class Verdicts:
    """Keeps rulings on items that were just ended, and brings about what follows."""

    def __init__(self, deciding: Deciding, strikes: StrikeBook, follow_up: FollowUpOf) -> None:
        self._deciding = deciding
        self._strikes = strikes
        self._follow_up = follow_up

    async def give(
        self, unit: ReviewUnit, item: ReviewItem, reviewer: str, ruling: Ruling, now: datetime
    ) -> Decision | None:
        """Keep a ruling; the decision that came of it, None for a second review or a golden item.

        A second review that disagrees puts the first before the second line. Raises PermissionDenied to who answered
        the same question before; Conflict where the content was decided anew meanwhile.
        """
        before = await unit.review_verdicts.of_root(item.root)
        if any(one.reviewer == reviewer for one in before):
            raise PermissionDenied("you judged this before: somebody else must look at it now")
        decision = None
        if item.golden is None and item.second_of is None:
            decision = await self.decide(unit, item, reviewer, ruling, now)
        await self.keep(unit, item, reviewer, ruling, at=now, came=decision)
        if item.second_of is not None:
            await _compare(unit, item.second_of, before, ruling)
        elif decision is not None and item.level == FIRST_LINE and item.appeal is None:
            await self._draw_second(unit, item, decision.policy, now)
        return decision

    async def decide(
        self, unit: ReviewUnit, item: ReviewItem, reviewer: str, ruling: Ruling, now: datetime
    ) -> Decision:
        """Put the ruling in place of the newest decision that asked, or came of, the same question."""
        before = await unit.review_verdicts.of_root(item.root)
        came = [one.decision_id for one in before if one.decision_id is not None]
        standing = came[-1] if came else item.decision_id
        by = Actor(ActorKind.PERSON, reviewer)
        decision = await self._deciding.decide_by_person(unit, ruling, supersedes=standing, by=by, at=now)
        await self._strikes.follow(unit, decision)
        return decision

    async def took_effect(self, content_ids: Collection[str]) -> None:
        """To be called once the transaction that decided about these was committed."""
        await self._deciding.took_effect(content_ids)

    async def keep(
        self, unit: ReviewUnit, item: ReviewItem, reviewer: str, ruling: Ruling, *, at: datetime, came: Decision | None
    ) -> None:
        """Write a verdict down, and its note; `came` is the decision that came of it."""
        verdict = GivenVerdict(
            item_id=item.id,
            root=item.root,
            scope=item.scope,
            reviewer=reviewer,
            level=item.level,
            ruling=ruling,
            at=at,
            second=item.second_of is not None,
            expected=None if item.golden is None else await unit.golden_items.expected(item.golden),
            decision_id=None if came is None else came.id,
            appeal=item.appeal,
        )
        await unit.review_verdicts.add(verdict)
        if ruling.note:
            await unit.review_notes.add(Note(item.id, reviewer, NoteKind.VERDICT, ruling.note, at))

    async def _draw_second(self, unit: ReviewUnit, item: ReviewItem, policy: PolicyVersion, now: datetime) -> None:
        """Where the lot falls on it, have somebody else look at it; it comes like anything that is new."""
        rules = (await self._follow_up(unit, policy)).review
        if not drawn(await unit.reviews.key(), rules.second_rate, "second", item.id):
            return
        second = ReviewItem(
            id=new_id(),
            root=item.root,
            decision_id=item.decision_id,
            content_id=item.content_id,
            kind=item.kind,
            language=item.language,
            scope=item.scope,
            severity=item.severity,
            reach=max(item.reach, await unit.reviews.views(item.content_id)),
            created_at=now,
            state=ReviewState.OPEN,
            second_of=item.id,
        )
        await unit.reviews.add(second)


async def _compare(unit: ReviewUnit, first_id: str, before: Sequence[GivenVerdict], ruling: Ruling) -> None:
    """Put the first review before the second line where the second disagrees.

    Not where that line has spoken already, or an appeal was judged: neither is opened again by the first line.
    """
    first = next((one for one in before if one.item_id == first_id), None)
    appealed = any(one.appeal is not None for one in before)
    if first is not None and not appealed and first.ruling.status is not ruling.status:
        await unit.reviews.reopen(first_id)
