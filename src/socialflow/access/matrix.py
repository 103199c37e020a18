"""The role matrix: every action, and who may do it. This table is the decision; everything else asks it.

What each kind of refusal means at a door:

the call                                error                        HTTP
carries no credentials                  AuthenticationRequired       401
carries a token that is damaged,        InvalidToken                 401
expired or signed by another
carries a wrong or revoked service key  InvalidCredentials           403
is of a role that may not do this       PermissionDenied             403
touches another person's things         PermissionDenied             403
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from socialflow.access.records import Principal, Scope
from socialflow.errors import PermissionDenied
from socialflow.kit.roles import Role


class Action(StrEnum):
    """Something a caller can ask for."""

    FEED_READ = "feed.read"
    FEED_EXPLAIN = "feed.explain"
    TRENDING_READ = "trending.read"
    SIMILAR_READ = "similar.read"
    SIMILAR_USERS_READ = "similar_users.read"
    INTERACTION_WRITE = "interaction.write"
    ITEM_READ = "item.read"
    ITEM_READ_UNSEEN = "item.read_unseen"
    ITEM_WRITE = "item.write"
    ITEM_TRUST = "item.trust"
    STATS_READ = "stats.read"
    STATS_WRITE = "stats.write"
    CHANNEL_READ = "channel.read"
    CHANNEL_WRITE = "channel.write"
    USER_READ = "user.read"
    USER_WRITE = "user.write"
    USER_ROLE = "user.role"
    USER_ERASE = "user.erase"
    RECEIPT_READ = "receipt.read"
    EDGES_READ = "edges.read"
    EDGES_WRITE = "edges.write"
    VALUE_MODEL_READ = "value_model.read"
    VALUE_MODEL_WRITE = "value_model.write"
    RULES_READ = "rules.read"
    RULES_WRITE = "rules.write"
    PIPELINE_READ = "pipeline.read"
    PIPELINE_WRITE = "pipeline.write"
    ORCHESTRATOR_READ = "orchestrator.read"
    ORCHESTRATOR_WRITE = "orchestrator.write"
    SCHEDULE_READ = "schedule.read"
    SCHEDULE_WRITE = "schedule.write"
    TOPICS_TRAIN = "topics.train"
    CHANNEL_ANALYSE = "channel.analyse"
    INTERESTS_READ = "interests.read"
    SENTIMENT_READ = "sentiment.read"
    CONTENT_ANALYSE = "content.analyse"
    ML_STATUS_READ = "ml_status.read"
    TEXT_SUGGEST = "text.suggest"
    MODEL_READ = "model.read"
    MODEL_WRITE = "model.write"
    VIDEO_ANALYSE = "video.analyse"
    VIDEO_SEARCH = "video.search"
    VIDEO_INDEX = "video.index"
    VIDEO_THUMBNAILS = "video.thumbnails"
    IMAGE_ANALYSE = "image.analyse"
    POLICY_READ = "policy.read"
    POLICY_WRITE = "policy.write"
    TRANSPARENCY_READ = "transparency.read"
    COMMENT_ANALYSE = "comment.analyse"
    HASH_BANK_READ = "hash_bank.read"
    HASH_BANK_WRITE = "hash_bank.write"
    CONTENT_MODERATE = "content.moderate"
    ITEM_MODERATE = "item.moderate"
    DECISION_READ = "decision.read"
    DECISION_VERIFY = "decision.verify"
    AUDIT_READ = "audit.read"
    REVIEW_READ = "review.read"
    REVIEW_WRITE = "review.write"
    REVIEW_QUALITY = "review.quality"
    GOLDEN_WRITE = "golden.write"
    ADVICE_READ = "advice.read"
    APPEAL_WRITE = "appeal.write"
    APPEAL_READ = "appeal.read"
    STRIKES_READ = "strikes.read"
    CHAT_MODERATE = "chat.moderate"
    SUGGESTION_WRITE = "suggestion.write"
    SUGGESTION_READ = "suggestion.read"
    SUGGESTION_JUDGE = "suggestion.judge"


class Reach(StrEnum):
    """How far a role reaches with an action."""

    NONE = "none"
    OWN = "own"
    """Only what belongs to the caller."""
    ANY = "any"


NONE, OWN, ANY = Reach.NONE, Reach.OWN, Reach.ANY


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the matrix: the reach of each role, and the scope a service key needs."""

    user: Reach
    creator: Reach
    moderator: Reach
    admin: Reach
    service: Scope

    def reach(self, role: Role) -> Reach:
        """The reach of one role."""
        reach: Reach = getattr(self, role.value)
        return reach


MATRIX: Mapping[Action, Rule] = {
    #                              user  creator moderator admin  service key with
    Action.FEED_READ: Rule(OWN, OWN, OWN, ANY, Scope.READ),
    Action.FEED_EXPLAIN: Rule(OWN, OWN, OWN, ANY, Scope.READ),
    Action.TRENDING_READ: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.SIMILAR_READ: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.SIMILAR_USERS_READ: Rule(OWN, OWN, OWN, ANY, Scope.READ),
    Action.INTERACTION_WRITE: Rule(OWN, OWN, OWN, ANY, Scope.WRITE),
    Action.ITEM_READ: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.ITEM_READ_UNSEEN: Rule(OWN, OWN, ANY, ANY, Scope.READ),  # pending, rejected, hidden
    Action.ITEM_WRITE: Rule(OWN, OWN, OWN, ANY, Scope.WRITE),
    Action.ITEM_TRUST: Rule(NONE, NONE, NONE, ANY, Scope.MODERATE),  # set moderation_status, promote
    Action.STATS_READ: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.STATS_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.WRITE),
    Action.CHANNEL_READ: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.CHANNEL_WRITE: Rule(NONE, OWN, OWN, ANY, Scope.WRITE),
    Action.USER_READ: Rule(OWN, OWN, ANY, ANY, Scope.READ),
    Action.USER_WRITE: Rule(OWN, OWN, OWN, ANY, Scope.WRITE),
    Action.USER_ROLE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),  # give a user another role than `user`
    Action.USER_ERASE: Rule(OWN, OWN, OWN, ANY, Scope.WRITE),
    Action.RECEIPT_READ: Rule(NONE, NONE, NONE, ANY, Scope.WRITE),
    Action.EDGES_READ: Rule(OWN, OWN, OWN, ANY, Scope.READ),
    Action.EDGES_WRITE: Rule(OWN, OWN, OWN, ANY, Scope.WRITE),
    Action.VALUE_MODEL_READ: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.VALUE_MODEL_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.RULES_READ: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.RULES_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.PIPELINE_READ: Rule(NONE, NONE, NONE, ANY, Scope.READ),
    Action.PIPELINE_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.WRITE),  # submit, cancel, run again
    Action.ORCHESTRATOR_READ: Rule(NONE, NONE, NONE, ANY, Scope.READ),
    Action.ORCHESTRATOR_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),  # hold and resume all work
    Action.SCHEDULE_READ: Rule(NONE, NONE, NONE, ANY, Scope.READ),
    Action.SCHEDULE_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.TOPICS_TRAIN: Rule(NONE, NONE, NONE, ANY, Scope.WRITE),
    Action.CHANNEL_ANALYSE: Rule(NONE, OWN, OWN, ANY, Scope.READ),
    Action.INTERESTS_READ: Rule(OWN, OWN, OWN, ANY, Scope.READ),
    Action.SENTIMENT_READ: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.CONTENT_ANALYSE: Rule(OWN, OWN, OWN, ANY, Scope.READ),
    Action.ML_STATUS_READ: Rule(NONE, NONE, NONE, ANY, Scope.READ),
    Action.TEXT_SUGGEST: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.MODEL_READ: Rule(NONE, NONE, NONE, ANY, Scope.READ),
    Action.MODEL_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),  # fetch, remove, load, unload
    Action.VIDEO_ANALYSE: Rule(NONE, NONE, ANY, ANY, Scope.READ),
    Action.VIDEO_SEARCH: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.VIDEO_INDEX: Rule(NONE, OWN, OWN, ANY, Scope.WRITE),
    Action.VIDEO_THUMBNAILS: Rule(NONE, ANY, ANY, ANY, Scope.READ),
    Action.IMAGE_ANALYSE: Rule(NONE, NONE, ANY, ANY, Scope.READ),
    Action.POLICY_READ: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),  # policies of moderation: read, check
    Action.POLICY_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),  # draft, replay, activate, shadow, delete
    Action.TRANSPARENCY_READ: Rule(NONE, NONE, NONE, ANY, Scope.MODERATE),
    Action.COMMENT_ANALYSE: Rule(ANY, ANY, ANY, ANY, Scope.READ),
    Action.HASH_BANK_READ: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),
    Action.HASH_BANK_WRITE: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),
    Action.CONTENT_MODERATE: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),  # nothing is stored
    Action.ITEM_MODERATE: Rule(NONE, NONE, NONE, ANY, Scope.MODERATE),  # a stored item again
    Action.DECISION_READ: Rule(OWN, OWN, ANY, ANY, Scope.MODERATE),  # authors: without scores
    Action.DECISION_VERIFY: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),
    Action.AUDIT_READ: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.REVIEW_READ: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),
    Action.REVIEW_WRITE: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),  # claim, judge, pass on; never one's own content
    Action.REVIEW_QUALITY: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),  # would tell reviewers which items are golden
    Action.GOLDEN_WRITE: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.ADVICE_READ: Rule(NONE, NONE, NONE, ANY, Scope.ADMIN),
    Action.APPEAL_WRITE: Rule(OWN, OWN, OWN, OWN, Scope.MODERATE),  # a service speaks for the author
    Action.APPEAL_READ: Rule(OWN, OWN, ANY, ANY, Scope.MODERATE),
    Action.STRIKES_READ: Rule(OWN, OWN, ANY, ANY, Scope.MODERATE),
    Action.CHAT_MODERATE: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),
    Action.SUGGESTION_WRITE: Rule(ANY, ANY, ANY, ANY, Scope.READ),  # with the key that scores: clients know of one
    Action.SUGGESTION_READ: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),
    Action.SUGGESTION_JUDGE: Rule(NONE, NONE, ANY, ANY, Scope.MODERATE),  # never one's own
}


def allowed(principal: Principal, action: Action, owner: str | None = None) -> bool:
    """Whether the caller may do `action` to something that belongs to `owner` (a user id; None: to nobody).

    A service key with the scope `admin` may do everything.
    """
    rule = MATRIX[action]
    if principal.role is None:
        return rule.service in principal.scopes or Scope.ADMIN in principal.scopes
    reach = rule.reach(principal.role)
    return reach is ANY or (reach is OWN and owner is not None and owner == principal.subject)


def authorise(principal: Principal, action: Action, owner: str | None = None) -> None:
    """Raise PermissionDenied unless `allowed`."""
    if allowed(principal, action, owner):
        return
    if principal.role is None:
        raise PermissionDenied(f"{action} needs a key with the scope {MATRIX[action].service}")
    if MATRIX[action].reach(principal.role) is OWN:
        raise PermissionDenied(f"{action} is allowed only for what is your own")
    raise PermissionDenied(f"{action} is not allowed for the role {principal.role}")
