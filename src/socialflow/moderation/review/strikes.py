"""Strikes: what weighs against an author, less with every day.

::

    weight of an author = sum over strikes of  w x 2^(-age / half-life)

over those that have neither expired nor been taken back. It is the signal `author.strikes`; what follows from how much
of it, a policy says. Weight, half-life and expiry are those of the policy that struck, by the reason it struck for,
and are kept with each strike, so that other terms later change nothing about what was given before.
"""

import math
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from socialflow.moderation.records import Act, Decision
from socialflow.moderation.review.ports import Deciding, FollowUpOf, ReviewUnit
from socialflow.moderation.review.strike_records import Strike

UNSAID = "unsaid"
"""The reason of a strike that no rule of the decision gives one for."""
_LONGEST_CHAIN = 100


def weight(strikes: Iterable[Strike], now: datetime) -> float:
    """What strikes weigh at an instant; those expired, taken back or not yet given weigh nothing.

    >>> from datetime import UTC, timedelta
    >>> given = datetime(2026, 1, 1, tzinfo=UTC)
    >>> strike = Strike("s", "ann", "d", "hate", 2.0, timedelta(days=30), given, given + timedelta(days=365))
    >>> weight([strike, strike], given + timedelta(days=60))
    1.0
    """
    standing = (one for one in strikes if one.taken_back_at is None and one.at <= now < one.expires_at)
    return math.fsum(one.weight * math.exp2(-((now - one.at) / one.half_life)) for one in standing)


class StrikeBook:
    """Gives strikes for decisions, and takes them back.

    Args:
        follow_up: terms of strikes, by the version of the policy that struck.
    """

    def __init__(self, deciding: Deciding, follow_up: FollowUpOf) -> None:
        self._deciding = deciding
        self._follow_up = follow_up

    async def follow(self, unit: ReviewUnit, decision: Decision) -> None:
        """Make the author's strikes agree with a decision that has just been stored.

        One that strikes gives a strike, once for what was judged, however often people confirm it. One that does not
        takes back what those it supersedes gave for the same words or media. Content that is nobody's gives none.
        """
        judged = await self._same_content(unit, decision)
        if Act.STRIKE not in decision.verdict.acts:
            await unit.strikes.take_back(judged, decision.at)
            return
        author = await unit.strikes.author_of(decision.content_id)
        if author is None or await unit.strikes.stands(judged):
            return
        await unit.strikes.add(await self._strike(unit, decision, author))

    async def _strike(self, unit: ReviewUnit, decision: Decision, author: str) -> Strike:
        reason = next((hit.reason for hit in decision.verdict.hits if Act.STRIKE in hit.acts), UNSAID)
        terms = (await self._follow_up(unit, decision.policy)).strikes.of(reason)
        return Strike(
            id=secrets.token_hex(16),
            author=author,
            decision_id=decision.id,
            reason=reason,
            weight=terms.weight,
            half_life=terms.half_life,
            at=decision.at,
            expires_at=decision.at + terms.expires_after,
        )

    async def follow_all(self, unit: ReviewUnit, decisions: Sequence[Decision]) -> None:
        """As `follow`, of decisions that have just been stored, each about another content."""
        chains = {one.id: await self._same_content(unit, one) for one in decisions}
        mild = [one for one in decisions if Act.STRIKE not in one.verdict.acts and len(chains[one.id]) > 1]
        if mild:
            await unit.strikes.take_back([earlier for one in mild for earlier in chains[one.id]], mild[0].at)
        striking = [one for one in decisions if Act.STRIKE in one.verdict.acts]
        if not striking:
            return
        authors = await unit.strikes.authors_of([one.content_id for one in striking])
        given = await unit.strikes.standing([earlier for one in striking for earlier in chains[one.id]])
        new = [
            await self._strike(unit, one, authors[one.content_id])
            for one in striking
            if one.content_id in authors and given.isdisjoint(chains[one.id])
        ]
        await unit.strikes.add_all(new)

    async def weights(self, unit: ReviewUnit, authors: Collection[str], now: datetime) -> Mapping[str, float]:
        """`author.strikes` of each, 0 where there are none."""
        found = await unit.strikes.of_authors(authors, now)
        return {author: weight(found.get(author, ()), now) for author in authors}

    async def _same_content(self, unit: ReviewUnit, decision: Decision) -> list[str]:
        """The decision and those before it that judged the very same, the newest first."""
        chain = [decision.id]
        before = decision.supersedes
        while before is not None and len(chain) < _LONGEST_CHAIN:
            earlier = await self._deciding.get(unit, before)
            if earlier.input_digest != decision.input_digest:
                break
            chain.append(earlier.id)
            before = earlier.supersedes
        return chain
