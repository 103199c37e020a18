"""What people do with policies, as the audit chain keeps it."""

from datetime import datetime

from socialflow.moderation.audit import AuditEvent, AuditKind, event
from socialflow.moderation.policy.guard import Breach
from socialflow.moderation.policy.ports import PolicyUnit
from socialflow.moderation.policy.records import StoredPolicy
from socialflow.moderation.policy.replay import Replay
from socialflow.moderation.review.pseudonyms import pseudonym

AN_INSTALLATION = "socialflow"
"""Who acts where nobody is named."""


async def named(unit: PolicyUnit, account: str) -> str:
    """The name under which who acts is kept: a pseudonym, that of the same person among reviewers."""
    return pseudonym(await unit.reviews.key(), account) if account else AN_INSTALLATION


def policy_event(act: str, policy: StoredPolicy, actor: str, at: datetime, **more: object) -> AuditEvent:
    """What was done with which version; `more` is what else is kept of it."""
    body = {"act": act, "scope": policy.scope, "version": policy.version, "digest": policy.digest, **more}
    return event(AuditKind.POLICY, at, actor, body)


def figures(told: Replay, broken: tuple[Breach, ...]) -> dict[str, object]:
    """What of a replay is kept with an activation."""
    return {
        "decisions": told.decisions,
        "flipped": told.flipped,
        "newly_rejected": told.newly_rejected,
        "unreadable": told.unreadable,
        "beyond": [breach.name for breach in broken],
    }
