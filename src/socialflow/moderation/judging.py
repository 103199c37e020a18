"""Judging what callers send, and judging again what is stored; decisions as their readers may see them."""

from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from socialflow.content.records import Item, ModerationStatus
from socialflow.errors import Conflict, DecidedByPerson, InvalidInput
from socialflow.kit.incoming import Incoming
from socialflow.moderation.gather.records import Content
from socialflow.moderation.given import refuse_nothing
from socialflow.moderation.moderator import ModerationStore, Moderator, Policies
from socialflow.moderation.policy.records import Policy
from socialflow.moderation.records import ActorKind, ContentKind, Decision, PolicyVersion
from socialflow.moderation.told import Moderated, Reasoned, RuleTold, moderated, reasons, rules
from socialflow.moderation.transparency.author import reasons_for_author


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """What a stored item was judged to be, and the decision that stands for it from now on."""

    told: Moderated
    decision: Decision


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """A decision as the author of the content reads it: no scores, which would show how far one may go.

    `automated`: nobody looked. `grounds` say in whole sentences why and on what that rests, `follows` what it means for
    the content, `appeal` how to appeal. `appeal_until` is when appeals close; None where there is nothing to appeal
    against, or people have yet to look.
    """

    id: str
    content_id: str
    status: ModerationStatus
    reasons: tuple[Reasoned, ...]
    at: datetime
    automated: bool
    grounds: tuple[str, ...]
    follows: tuple[str, ...]
    appeal: str
    appeal_until: datetime | None


class Judging:
    """Judges content. Nothing that callers send is stored; files lie here only while they are looked at."""

    def __init__(self, store: ModerationStore, moderator: Moderator, policies: Policies, incoming: Incoming) -> None:
        self._store, self._moderator, self._policies = store, moderator, policies
        self._incoming = incoming

    async def judge(self, contents: Sequence[Content]) -> list[Moderated]:
        """What each piece of content is, all words in one pass.

        Raises:
            InvalidInput: there is nothing to judge in one of them.
            Overloaded, StoreUnavailable: it cannot be judged now.
        """
        for content in contents:
            refuse_nothing(content)
        return [moderated(one) for one in await self._moderator.judge(contents)]

    async def judge_file(self, pieces: AsyncIterable[bytes], content: Content) -> Moderated:
        """As `judge`, of a file that is sent: of a video its film, of anything else a picture.

        Raises:
            InvalidInput: the file is empty.
            TooLarge: it has more bytes than one may send.
        """
        async with self._incoming.sent(pieces) as path:
            if path.stat().st_size == 0:
                raise InvalidInput("send the file as the body: this one is empty", field="body")
            film = content.kind is ContentKind.VIDEO
            (told,) = await self.judge([replace(content, video=path) if film else replace(content, pictures=(path,))])
        return told

    async def judge_again(self, item: Item) -> JudgedAgain:
        """Judge a stored item by the policy that stands now, and decide about it.

        Raises:
            DecidedByPerson: a person decided on this very content, which stays.
            Conflict: it was altered, deleted or decided about while it was judged.
            Overloaded, StoreUnavailable: it cannot be judged now.
        """
        made = await self._moderator.decide_and_tell([item.key], again=True)
        if made:
            return JudgedAgain(moderated(made[0].judgement), made[0].decision)
        async with self._store.read() as unit:
            standing = await unit.decisions.current(item.id)
        if standing is not None and standing.actor.kind is ActorKind.PERSON:
            raise DecidedByPerson(f"a person decided on this very content ({standing.id})", field="content_id")
        raise Conflict("it was altered or decided about while it was judged: ask again", field="content_id")

    async def rules_of(self, decisions: Sequence[Decision]) -> list[list[RuleTold]]:
        """The rules of each decision, in the words of the version that it was taken by; each version is read once."""
        policies = await self._policies_of(decisions)
        return [rules(one.verdict, policies[one.policy]) for one in decisions]

    async def for_author(self, decisions: Sequence[Decision]) -> list[OwnDecision]:
        """Decisions as their author may read them."""
        policies = await self._policies_of(decisions)
        return [self._for_author(one, policies[one.policy]) for one in decisions]

    async def _policies_of(self, decisions: Sequence[Decision]) -> Mapping[PolicyVersion, Policy | None]:
        return {policy: await self._policies.policy_of(policy) for policy in {one.policy for one in decisions}}

    def _for_author(self, decision: Decision, policy: Policy | None) -> OwnDecision:
        told = reasons_for_author(decision, policy)
        return OwnDecision(
            id=decision.id,
            content_id=decision.content_id,
            status=decision.verdict.status,
            reasons=tuple(reasons(decision.verdict.hits, policy)),
            at=decision.at,
            automated=told.automated,
            grounds=told.reasons,
            follows=told.follows,
            appeal=told.appeal,
            appeal_until=told.appeal_until,
        )
