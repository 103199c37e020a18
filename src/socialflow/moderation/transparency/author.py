"""What an author is told of a decision (Regulation (EU) 2022/2065, article 17): plain words, no scores."""

from dataclasses import dataclass
from datetime import datetime

from socialflow.content.records import ModerationStatus
from socialflow.content.service import SEEN_BY_EVERYONE
from socialflow.moderation.policy.records import FollowUp, Ground, Policy
from socialflow.moderation.records import Act, ActorKind, Decision
from socialflow.moderation.review.records import RULINGS
from socialflow.moderation.told import text_of
from socialflow.moderation.transparency.statements import WITHHOLDING

_STATUS = {
    ModerationStatus.APPROVED: "Everybody can see it.",
    ModerationStatus.FLAGGED: "It can be seen. People who look after the platform may look at it.",
    ModerationStatus.PENDING: "Nobody but you can see it until it was checked.",
    ModerationStatus.REVIEW_REQUIRED: "Nobody but you can see it until people have looked at it.",
    ModerationStatus.REJECTED: "Nobody but you can see it.",
}
_ACTS = {
    Act.HIDE: "Nobody but you can see it.",
    Act.AGE_GATE: "It is shown to adults only.",
    Act.LABEL: "It is shown with a label.",
    Act.STRIKE: "A strike counts against your account. It weighs less with time.",
    Act.COPYRIGHT_BLOCK: "Nobody but you can see it, as somebody else owns a part of it.",
    Act.COPYRIGHT_TRACK: "That it has a part which somebody else owns is kept on record.",
}
_OF_WHAT_IS_SEEN = frozenset({Act.AGE_GATE, Act.LABEL})
_ELSEWHERE = "You may also turn to a certified body for out-of-court dispute settlement, or to a court."


@dataclass(frozen=True, slots=True)
class AuthorReasons:
    """Reasons in words for the author.

    `reasons` say why and on what they rest; `follows` what it means for the content; `automated` whether no person
    looked. `appeal` says how to appeal, `appeal_until` until when; None where there is nothing to appeal, or not yet.
    """

    reasons: tuple[str, ...]
    automated: bool
    follows: tuple[str, ...]
    appeal: str
    appeal_until: datetime | None = None


def reasons_for_author(decision: Decision, policy: Policy | None) -> AuthorReasons:
    """What the author of the content is told; `policy` is that of the decision, None where it is not known."""
    verdict = decision.verdict
    codes = dict.fromkeys(hit.reason for hit in verdict.hits)
    appeal, until = _appeal(decision, FollowUp() if policy is None else policy.follow_up)
    return AuthorReasons(
        reasons=tuple(_words(policy, code) for code in codes),
        automated=decision.actor.kind is ActorKind.SERVICE,
        follows=_follows(decision),
        appeal=appeal,
        appeal_until=until,
    )


def _words(policy: Policy | None, code: str) -> str:
    try:
        reason = None if policy is None else policy.reason(code)
    except KeyError:
        reason = None
    if reason is None:
        return text_of(code, policy)
    rests = "the law" if reason.ground is Ground.LEGAL else "the rules of the platform"
    return f"{reason.text} This rests on {rests}: {reason.clause}."


def _follows(decision: Decision) -> tuple[str, ...]:
    status, acts = decision.verdict.status, decision.verdict.acts
    withheld = not WITHHOLDING.isdisjoint(acts)
    unseen = withheld or status is ModerationStatus.REJECTED
    told = [_ACTS[act] for act in acts if act in _ACTS and not (unseen and act in _OF_WHAT_IS_SEEN)]
    if withheld and status in SEEN_BY_EVERYONE:
        return tuple(dict.fromkeys(told))
    return tuple(dict.fromkeys((_STATUS[status], *told)))


def _appeal(decision: Decision, follow_up: FollowUp) -> tuple[str, datetime | None]:
    """How to appeal and until when; the conditions are those of `review.appeals`."""
    verdict = decision.verdict
    if verdict.status is ModerationStatus.APPROVED and not set(verdict.acts) - {Act.APPROVE}:
        return "There is nothing to appeal.", None
    if verdict.status not in RULINGS:
        return "People will look at it first. You can appeal what they decide.", None
    until = decision.at + follow_up.review.appeal_within
    how = (
        f"You can appeal once, until {until:%Y-%m-%d %H:%M} UTC: say in your own words why it is wrong. "
        f"Somebody who had no part in it will judge. {_ELSEWHERE}"
    )
    return how, until
