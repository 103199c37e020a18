"""Feeds as they go out."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Annotated

from msgspec import structs
from pydantic import BaseModel, Field

from socialflow.content.records import Item, ItemKind, Mood, completed
from socialflow.doors.rest.schemas.common import Answered
from socialflow.ids import ItemKey
from socialflow.recommendation.answers import in_words
from socialflow.recommendation.people import Via
from socialflow.recommendation.records import (
    Explanation,
    FeedAnswer,
    SimilarUsers,
    TrendingAnswer,
)


class CardOut(BaseModel):
    """The part of an item that a feed shows."""

    id: Annotated[str, Field(description="Item id.", examples=["1234"])]
    kind: Annotated[ItemKind, Field(description="What it is.", examples=["video"])]
    title: Annotated[str, Field(description="Title.", examples=["Ten minutes of calm"])]
    channel: Annotated[str | None, Field(description="Channel id.", examples=["quiet-hours"])]
    author: Annotated[str | None, Field(description="User id of the author.", examples=["u-7"])]
    category: Annotated[str | None, Field(description="Category.", examples=["Motivation"])]
    tags: Annotated[list[str], Field(description="Tags.", examples=[["sleep", "rain"]])]
    mood: Annotated[Mood | None, Field(description="Mood.", examples=["calm"])]
    project_code: Annotated[str | None, Field(description="Partition of the feeds.", examples=["flic"])]
    thumbnail_url: Annotated[str | None, Field(description="Picture.", examples=["https://cdn.example.org/1234.webp"])]
    media_url: Annotated[str | None, Field(description="Media.", examples=["https://cdn.example.org/1234.mp4"])]
    created_at: Annotated[datetime, Field(description="When it was made.", examples=["2026-01-31T12:00:00Z"])]
    duration: Annotated[float | None, Field(description="Seconds.", examples=[600.0])]
    age_restricted: Annotated[bool, Field(description="By a decision, for people of 18 and more.", examples=[False])]
    labels: Annotated[
        list[str], Field(description="By a decision: what viewers are to be told of it, as codes.", examples=[[]])
    ]


class EntryOut(BaseModel):
    """One place in a feed."""

    item: Annotated[CardOut, Field(description="What is shown.")]
    score: Annotated[
        float | None, Field(description="Only the order within one answer means something.", examples=[0.83])
    ]
    reason: Annotated[str, Field(description="Why, in words.", examples=['because you liked "Rain at night"'])]
    source: Annotated[str, Field(description="Where it came from.", examples=["item_item"])]
    position: Annotated[int, Field(description="Place over all pages, from 1.", examples=[1])]


class FeedOut(Answered):
    """One page of a feed."""

    request_id: Annotated[str, Field(description="Give it back for the next page.", examples=["b7e1c2d94f6a4c0d"])]
    page: Annotated[int, Field(description="This page, from 1.", examples=[1])]
    page_size: Annotated[int, Field(description="Entries asked for.", examples=[20])]
    has_more: Annotated[bool, Field(description="Whether another page has entries.", examples=[True])]
    algorithm: Annotated[str, Field(description="What ranked it.", examples=["hybrid"])]
    arm: Annotated[str | None, Field(description="The algorithm that `smart` chose.", examples=["als"])]
    items: Annotated[list[EntryOut], Field(description="Best first.")]


class TrendOut(BaseModel):
    """One place in the trending list."""

    item: Annotated[CardOut, Field(description="What is shown.")]
    score: Annotated[float | None, Field(description="Time-decayed engagement.", examples=[12.4])]
    velocity: Annotated[float | None, Field(description="Recent rate over the rate of the window.", examples=[2.1])]
    direction: Annotated[str, Field(description="`rising`, `stable` or `falling`.", examples=["rising"])]
    position: Annotated[int, Field(description="Place over all pages, from 1.", examples=[1])]


class TrendingOut(Answered):
    """One page of what moves the platform."""

    page: Annotated[int, Field(description="This page, from 1.", examples=[1])]
    page_size: Annotated[int, Field(description="Entries asked for.", examples=[20])]
    has_more: Annotated[bool, Field(description="Whether another page may have entries.", examples=[True])]
    time_window: Annotated[str, Field(description="How far back.", examples=["24h"])]
    items: Annotated[list[TrendOut], Field(description="Best first.")]


class TermOut(BaseModel):
    """One summand of a score."""

    name: Annotated[str, Field(description="What it measures.", examples=["item_item"])]
    weight: Annotated[float | None, Field(description="Its weight.", examples=[0.4])]
    value: Annotated[float | None, Field(description="Its value before weighting.", examples=[0.71])]


class GapOut(BaseModel):
    """One summand of two scores."""

    name: Annotated[str, Field(description="What it measures.", examples=["item_item"])]
    here: Annotated[float | None, Field(description="What it gives the item asked about.", examples=[0.02])]
    there: Annotated[float | None, Field(description="What it gives the other.", examples=[0.31])]


class MarginOut(BaseModel):
    """How an item's score stands to that of the last item that fits on the pages shown."""

    item_id: Annotated[str, Field(description="The last that fits.", examples=["77"])]
    position: Annotated[int, Field(description="Its place, from 1.", examples=[20])]
    score: Annotated[float | None, Field(description="Its score.", examples=[0.83])]
    by: Annotated[float | None, Field(description="Below 0: outscored by this much.", examples=[-0.29])]
    gaps: Annotated[list[GapOut], Field(description="What makes the difference, the most costly first.")]


class ViaOut(BaseModel):
    """Somebody whom the asking person follows and who likes the item."""

    user_id: Annotated[str, Field(description="The person followed.", examples=["u-8"])]
    shared: Annotated[str | None, Field(description="The newest item that both like.", examples=["1180"])]


class ExplanationOut(BaseModel):
    """Why an item stands where it stands, or does not."""

    request_id: Annotated[str, Field(description="The feed asked about.", examples=["b7e1c2d94f6a4c0d"])]
    item_id: Annotated[str, Field(description="The item asked about.", examples=["1234"])]
    shown: Annotated[bool, Field(description="Whether the feed showed it.", examples=[True])]
    position: Annotated[int | None, Field(description="Where, from 1.", examples=[3])]
    source: Annotated[str | None, Field(description="Where it came from.", examples=["item_item"])]
    reason: Annotated[str | None, Field(description="Why, in words.", examples=["popular in Motivation"])]
    score: Annotated[float | None, Field(description="Its score.", examples=[0.83])]
    terms: Annotated[list[TermOut], Field(description="What the score is made of.")]
    moves: Annotated[list[str], Field(description="What re-ranking did.", examples=[["author cap 3 -> 9"]])]
    removed_by: Annotated[str | None, Field(description="The stage that removed it.", examples=["seen"])]
    removed_because: Annotated[str | None, Field(description="Why it did.", examples=["watched yesterday"])]
    recomputed: Annotated[bool, Field(description="Worked out now, not read from the trace.", examples=[False])]
    margin: Annotated[MarginOut | None, Field(description="Where it ranks, but below what was shown.")]
    notes: Annotated[list[str], Field(description="What else to know.", examples=[[]])]
    arm: Annotated[str | None, Field(description="The algorithm that `smart` chose.", examples=["als"])]
    via: Annotated[
        list[ViaOut],
        Field(description="Followed people it comes through; told to nobody but the person who follows them."),
    ]


class SimilarUserOut(BaseModel):
    """A user with like taste."""

    id: Annotated[str, Field(description="User id.", examples=["u-8"])]
    similarity: Annotated[float | None, Field(description="0 to 1.", examples=[0.42])]


class SimilarUsersOut(Answered):
    """Users with like taste, best first."""

    user_id: Annotated[str, Field(description="The user asked about.", examples=["u-7"])]
    users: Annotated[list[SimilarUserOut], Field(description="Best first.")]


def card(item: Item) -> dict[str, object]:
    """The body of a `CardOut`."""
    item = completed(item)
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title,
        "channel": item.channel,
        "author": item.author,
        "category": item.category,
        "tags": item.tags,
        "mood": item.mood,
        "project_code": item.project_code,
        "thumbnail_url": item.thumbnail_url,
        "media_url": item.media_url,
        "created_at": item.created_at,
        "duration": item.duration,
        "age_restricted": item.age_restricted,
        "labels": item.labels,
    }


def _why(reason: str, anchor: ItemKey | None, items: Mapping[ItemKey, Item]) -> str:
    """A reason with the title of the item it speaks of, if that may be shown."""
    return in_words(reason, items[anchor].title if anchor is not None and anchor in items else None)


def explanation_out(explanation: Explanation, items: Mapping[ItemKey, Item], via: Sequence[Via]) -> dict[str, object]:
    """The body of an `ExplanationOut`."""
    body = {field.name: getattr(explanation, field.name) for field in fields(explanation) if field.name != "anchor"}
    body |= {"terms": [structs.asdict(term) for term in explanation.terms], "via": via}
    if explanation.reason is not None:
        body["reason"] = _why(explanation.reason, explanation.anchor, items)
    return body


def feed_out(answer: FeedAnswer, items: Mapping[ItemKey, Item]) -> dict[str, object]:
    """The body of a `FeedOut`; entries whose item is not in `items` (gone since) are left out."""
    impression = answer.impression
    entries = [
        {
            "item": card(items[entry.item]),
            "score": entry.score,
            "reason": _why(entry.reason, entry.anchor, items),
            "source": entry.source,
            "position": entry.position,
        }
        for entry in impression.entries
        if entry.item in items
    ]
    return {
        "request_id": impression.request_id,
        "page": impression.page,
        "page_size": impression.page_size,
        "has_more": answer.has_more,
        "algorithm": impression.algorithm,
        "arm": impression.arm,
        "status": impression.status,
        "missing": impression.missing,
        "provenance": impression.provenance,
        "items": entries,
    }


def trending_out(
    answer: TrendingAnswer,
    items: Mapping[ItemKey, Item],
    *,
    page: int,
    page_size: int,
    time_window: str,
) -> dict[str, object]:
    """The body of a `TrendingOut`."""
    first = (page - 1) * page_size + 1
    return {
        "page": page,
        "page_size": page_size,
        "has_more": answer.has_more,
        "time_window": time_window,
        "status": answer.status,
        "missing": answer.missing,
        "provenance": [answer.provenance],
        "items": [
            {
                "item": card(items[entry.item]),
                "score": entry.score,
                "velocity": entry.velocity,
                "direction": entry.direction,
                "position": position,
            }
            for position, entry in enumerate(answer.entries, first)
            if entry.item in items
        ],
    }


def similar_users_out(user_id: str, similar: SimilarUsers) -> dict[str, object]:
    """The body of a `SimilarUsersOut`."""
    return {
        "user_id": user_id,
        "users": [{"id": other, "similarity": similarity} for other, similarity in similar.users],
        "status": similar.status,
        "missing": similar.missing,
        "provenance": [similar.provenance],
    }
