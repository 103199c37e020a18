"""Items, their facts, words and statistics: between value objects and rows."""

from sqlalchemy import select

from socialflow.content.log import ItemFacts, ItemText
from socialflow.content.records import Item, ItemKind, ItemStats, ModerationStatus, Mood
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories.rows import instant, json_text, micros, texts
from socialflow.storage.tables import channels, items, users
from socialflow.storage.transaction import Record, Values

_parents = items.alias("parents")

WHOLE = (
    select(items, channels.c.id.label("channel"), users.c.id.label("author"), _parents.c.id.label("parent"))
    .outerjoin(channels, channels.c.key == items.c.channel_key)
    .outerjoin(users, users.c.key == items.c.author_key)
    .outerjoin(_parents, _parents.c.key == items.c.parent_key)
)
"""Items with the external ids that they refer to."""

FACTS = select(
    items.c.key,
    items.c.id,
    items.c.kind,
    items.c.created_at,
    items.c.moderation_status,
    items.c.hidden,
    items.c.channel_key,
    items.c.author_key,
    items.c.category,
    items.c.project_code,
    items.c.community,
    items.c.mood,
    items.c.language,
    items.c.is_promoted,
    items.c.tags,
    items.c.moderation_flags,
)
"""Columns in the order of ItemFacts."""

TEXTS = select(
    items.c.key,
    items.c.title,
    items.c.description,
    items.c.text,
    items.c.tags,
    items.c.category,
    channels.c.name.label("channel"),
).outerjoin(channels, channels.c.key == items.c.channel_key)

_KINDS = {kind.value: kind for kind in ItemKind}
_STATUSES = {status.value: status for status in ModerationStatus}


def facts_of(row: Record) -> ItemFacts:
    """Facts from a row of FACTS."""
    key, item_id, kind, created_at, status, *plain, tags, flags = tuple(row)
    rest = [*plain, texts(tags), texts(flags)]
    return ItemFacts(key, item_id, _KINDS[kind], created_at, _STATUSES[status], *rest)


def words_of(row: Record) -> ItemText:
    """Words from a row of TEXTS."""
    return ItemText(ItemKey(row.key), row.title, row.description, row.text, texts(row.tags), row.category, row.channel)


def row_of(item: Item) -> Values:
    """The stored row of an item, without the keys it refers to."""
    return {
        "id": item.id,
        "kind": item.kind.value,
        "created_at": to_micros(item.created_at),
        "title": item.title,
        "description": item.description,
        "text": item.text,
        "tags": json_text(item.tags, "tags"),
        "category": item.category,
        "topics": json_text(item.topics, "topics"),
        "project_code": item.project_code,
        "community": item.community,
        "mood": None if item.mood is None else item.mood.value,
        "language": item.language,
        "duration": item.duration,
        "media_url": item.media_url,
        "thumbnail_url": item.thumbnail_url,
        "hidden": item.hidden,
        "parent_key": None,
        "moderation_status": item.moderation_status.value,
        "moderation_flags": json_text(item.moderation_flags, "moderation_flags"),
        "moderated_at": micros(item.moderated_at),
        "is_flagged": item.is_flagged,
        "flag_reason": item.flag_reason,
        "is_promoted": item.is_promoted,
        "viral_score": item.viral_score,
        "sentiment": item.sentiment,
        "sentiment_score": item.sentiment_score,
        "simulated": item.simulated,
    }


def item_of(row: Record) -> Item:
    """An item from a row of WHOLE."""
    return Item(
        id=row.id,
        kind=_KINDS[row.kind],
        created_at=from_micros(row.created_at),
        channel=row.channel,
        author=row.author,
        title=row.title,
        description=row.description,
        text=row.text,
        tags=texts(row.tags),
        category=row.category,
        topics=texts(row.topics),
        project_code=row.project_code,
        community=row.community,
        mood=None if row.mood is None else Mood(row.mood),
        language=row.language,
        duration=row.duration,
        media_url=row.media_url,
        thumbnail_url=row.thumbnail_url,
        hidden=row.hidden,
        parent=row.parent,
        moderation_status=_STATUSES[row.moderation_status],
        moderation_flags=texts(row.moderation_flags),
        moderated_at=instant(row.moderated_at),
        is_flagged=row.is_flagged,
        flag_reason=row.flag_reason,
        is_promoted=row.is_promoted,
        viral_score=row.viral_score,
        sentiment=row.sentiment,
        sentiment_score=row.sentiment_score,
        simulated=row.simulated,
        key=ItemKey(row.key),
        channel_key=None if row.channel_key is None else ChannelKey(row.channel_key),
        author_key=None if row.author_key is None else UserKey(row.author_key),
    )


def stats_row(key: ItemKey, stats: ItemStats) -> Values:
    """The stored row of an item's totals."""
    return {
        "item_key": key,
        "at": to_micros(stats.at),
        "views": stats.views,
        "likes": stats.likes,
        "comments": stats.comments,
        "shares": stats.shares,
        "dislikes": stats.dislikes,
    }


def stats_of(item_id: str, row: Record) -> ItemStats:
    """Totals from a row of `item_stats`."""
    return ItemStats(item_id, from_micros(row.at), row.views, row.likes, row.comments, row.shares, row.dislikes)
