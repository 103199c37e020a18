"""The tables, by name."""

from socialflow.storage.tables.answers import feed_rules, impressions, value_models
from socialflow.storage.tables.bandit import bandit, bandit_people
from socialflow.storage.tables.base import metadata
from socialflow.storage.tables.content import (
    MODERATION,
    analyses,
    categories,
    item_stats,
    items,
    moment_vectors,
    moments,
    topics,
)
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
from socialflow.storage.tables.policies import policies
from socialflow.storage.tables.work import collections, jobs, schedules, workers

__all__ = [
    "MODERATION",
    "analyses",
    "api_keys",
    "bandit",
    "bandit_people",
    "blocks",
    "categories",
    "changes",
    "channel_mutes",
    "channels",
    "closed_names",
    "collections",
    "erasures",
    "feed_rules",
    "follows",
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
    "policies",
    "schedules",
    "subscriptions",
    "topics",
    "user_mutes",
    "users",
    "value_models",
    "workers",
]
