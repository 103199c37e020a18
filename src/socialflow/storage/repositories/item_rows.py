"""Items, their facts, words and statistics: between value objects and rows."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import case, func, or_, select

from socialflow.content.log import ItemFacts, ItemText
from socialflow.content.records import Findings, Item, ItemKind, ItemStats, ModerationStatus, Mood, NamedEntity
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories.rows import instant, json_text, micros, texts
from socialflow.storage.tables import analyses, channels, items, users
from socialflow.storage.transaction import Record, Values

_parents = items.alias("parents")

_FOUND = ("made_by", "analysed_at", "sentiment", "sentiment_score", "language", "mood", "category", "tags", "details")

WHOLE = (
    select(
        items,
        channels.c.id.label("channel"),
        users.c.id.label("author"),
        _parents.c.id.label("parent"),
        *(analyses.c[name].label(f"found_{name}") for name in _FOUND),
    )
    .outerjoin(analyses, analyses.c.item_key == items.c.key)
    .outerjoin(channels, channels.c.key == items.c.channel_key)
    .outerjoin(users, users.c.key == items.c.author_key)
    .outerjoin(_parents, _parents.c.key == items.c.parent_key)
)
"""Items with the external ids that they refer to."""

_NO_TAGS = items.c.tags == "[]"
_TAGS = case((_NO_TAGS, func.coalesce(analyses.c.tags, items.c.tags)), else_=items.c.tags)

FACTS = select(
    items.c.key,
    items.c.id,
    items.c.kind,
    items.c.created_at,
    items.c.moderation_status,
    or_(items.c.hidden, items.c.withheld).label("hidden"),
    items.c.channel_key,
    items.c.author_key,
    func.coalesce(items.c.category, analyses.c.category).label("category"),
    items.c.project_code,
    items.c.community,
    func.coalesce(items.c.mood, analyses.c.mood).label("mood"),
    func.coalesce(items.c.language, analyses.c.language).label("language"),
    items.c.is_promoted,
    items.c.age_restricted,
    _TAGS.label("tags"),
    items.c.moderation_flags,
).outerjoin(analyses, analyses.c.item_key == items.c.key)
"""Columns in the order of ItemFacts."""

TEXTS = (
    select(
        items.c.key,
        items.c.title,
        items.c.description,
        items.c.text,
        _TAGS.label("tags"),
        func.coalesce(items.c.category, analyses.c.category).label("category"),
        channels.c.name.label("channel"),
        _NO_TAGS.label("tags_found"),
        items.c.category.is_(None).label("category_found"),
    )
    .outerjoin(analyses, analyses.c.item_key == items.c.key)
    .outerjoin(channels, channels.c.key == items.c.channel_key)
)

_KINDS = {kind.value: kind for kind in ItemKind}
_STATUSES = {status.value: status for status in ModerationStatus}


def facts_of(row: Record) -> ItemFacts:
    """Facts from a row of FACTS."""
    key, item_id, kind, created_at, status, *plain, tags, flags = tuple(row)
    rest = [*plain, texts(tags), texts(flags)]
    return ItemFacts(key, item_id, _KINDS[kind], created_at, _STATUSES[status], *rest)


def words_of(row: Record) -> ItemText:
    """Words from a row of TEXTS."""
    key, tags = ItemKey(row.key), texts(row.tags)
    found = {"tags"} if tags and row.tags_found else set()
    if row.category is not None and row.category_found:
        found.add("category")
    return ItemText(key, row.title, row.description, row.text, tags, row.category, row.channel, frozenset(found))


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
        "withheld": item.withheld,
        "age_restricted": item.age_restricted,
        "labels": json_text(item.labels, "labels"),
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
        withheld=row.withheld,
        age_restricted=row.age_restricted,
        labels=texts(row.labels),
        is_promoted=row.is_promoted,
        viral_score=row.viral_score,
        sentiment=row.sentiment,
        sentiment_score=row.sentiment_score,
        simulated=row.simulated,
        analysis=None if row.found_made_by is None else _findings(row),
        key=ItemKey(row.key),
        channel_key=None if row.channel_key is None else ChannelKey(row.channel_key),
        author_key=None if row.author_key is None else UserKey(row.author_key),
    )


def findings_row(findings: Findings) -> Values:
    """The stored columns of findings: those that queries read, and the rest as JSON."""
    details = {
        "categories": findings.categories,
        "emotions": findings.emotions,
        "intent": findings.intent,
        "keywords": findings.keywords,
        "topics": findings.topics,
        "entities": findings.entities,
        "missing": findings.missing,
        "provenance": [{"model": one.model, "version": one.version, "tier": one.tier} for one in findings.provenance],
    }
    return {
        "analysed_at": to_micros(findings.analysed_at),
        "sentiment": findings.sentiment,
        "sentiment_score": findings.sentiment_score,
        "language": findings.language,
        "mood": None if findings.mood is None else findings.mood.value,
        "category": findings.category,
        "tags": json_text(findings.tags, "tags"),
        "details": json_text(details, "details"),
    }


def _findings(row: Record) -> Findings:
    details: Mapping[str, Any] = orjson.loads(row.found_details)
    names = ("categories", "emotions", "keywords", "topics", "missing")
    return Findings(
        analysed_at=from_micros(row.found_analysed_at),
        sentiment=row.found_sentiment,
        sentiment_score=row.found_sentiment_score,
        language=row.found_language,
        mood=None if row.found_mood is None else Mood(row.found_mood),
        category=row.found_category,
        tags=texts(row.found_tags),
        intent=details["intent"],
        entities=tuple(NamedEntity(**one) for one in details["entities"]),
        provenance=tuple(Provenance(one["model"], one["version"], Tier(one["tier"])) for one in details["provenance"]),
        **{name: tuple(details[name]) for name in names},
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
