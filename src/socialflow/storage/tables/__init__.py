"""The tables, by name."""

from socialflow.storage.tables.answers import feed_rules, impressions, value_models
from socialflow.storage.tables.bandit import bandit, bandit_people
from socialflow.storage.tables.banks import (
    content_films,
    content_matches,
    content_prints,
    hash_banks,
    hash_entries,
    hash_hits,
    hash_opinions,
    hash_watermark,
)
from socialflow.storage.tables.base import metadata
from socialflow.storage.tables.content import (
    JUDGED,
    MODERATION,
    analyses,
    categories,
    item_stats,
    items,
    moment_vectors,
    moments,
    topics,
)
from socialflow.storage.tables.decisions import audit_batches, audit_events, decisions, person_keys
from socialflow.storage.tables.installation import api_keys, closed_names, erasures, installation
from socialflow.storage.tables.log import changes, interaction_keys, interactions
from socialflow.storage.tables.people import (
    blocks,
    channel_mutes,
    channels,
    follows,
    subscriptions,
    user_mutes,
    users,
)
from socialflow.storage.tables.policies import policies, policy_shadows
from socialflow.storage.tables.review import (
    appeals,
    golden_items,
    review_items,
    review_notes,
    review_verdicts,
    reviewer_settings,
    strikes,
)
from socialflow.storage.tables.suggestions import score_suggestions
from socialflow.storage.tables.work import collections, jobs, schedules, workers

__all__ = [
    "JUDGED",
    "MODERATION",
    "analyses",
    "api_keys",
    "audit_batches",
    "audit_events",
    "appeals",
    "bandit",
    "bandit_people",
    "blocks",
    "categories",
    "changes",
    "channel_mutes",
    "channels",
    "closed_names",
    "collections",
    "content_matches",
    "content_films",
    "content_prints",
    "decisions",
    "erasures",
    "feed_rules",
    "follows",
    "golden_items",
    "hash_banks",
    "hash_entries",
    "hash_hits",
    "hash_opinions",
    "hash_watermark",
    "impressions",
    "installation",
    "interaction_keys",
    "interactions",
    "item_stats",
    "items",
    "jobs",
    "metadata",
    "moment_vectors",
    "moments",
    "person_keys",
    "review_items",
    "review_notes",
    "review_verdicts",
    "reviewer_settings",
    "policies",
    "policy_shadows",
    "schedules",
    "score_suggestions",
    "strikes",
    "subscriptions",
    "topics",
    "user_mutes",
    "users",
    "value_models",
    "workers",
]
