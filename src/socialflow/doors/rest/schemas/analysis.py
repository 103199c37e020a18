"""Bodies of what content and people are about."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from socialflow.analysis.interests import Kind
from socialflow.analysis.tags import Source
from socialflow.content.records import Findings, ItemKind, Mood
from socialflow.doors.rest.schemas.common import Answered, Body, Text, Url
from socialflow.ids import ExternalId
from socialflow.kit.answers import Tier


class TagOut(BaseModel):
    """One tag."""

    name: Annotated[str, Field(description="The tag.", examples=["sourdough"])]
    confidence: Annotated[float, Field(description="0 to 1.", examples=[0.92])]
    sources: Annotated[
        list[Source], Field(description="Where it comes from, the strongest evidence first.", examples=[["given"]])
    ]


class ChannelTagsOut(Answered):
    """Tags of a channel."""

    channel_id: Annotated[str, Field(description="Id of the channel.", examples=["quiet-hours"])]
    tags: Annotated[list[TagOut], Field(description="Best first.")]


class InterestOut(BaseModel):
    """One interest."""

    kind: Annotated[Kind, Field(description="What it is of.", examples=["category"])]
    name: Annotated[str, Field(description="Name of the category, tag or topic.", examples=["cooking"])]
    score: Annotated[float, Field(description="0 to 1.", examples=[1.0])]


class ChurnOut(BaseModel):
    """Whether somebody is leaving, from the gaps between the days on which they did something: a heuristic."""

    risk: Annotated[float, Field(description="0 to 1.", examples=[0.12])]
    silent_days: Annotated[float, Field(description="Days since the last act.", examples=[1.5])]
    usual_gap_days: Annotated[float, Field(description="Days between visits so far.", examples=[2.1])]


class InterestsOut(Answered):
    """What somebody is interested in."""

    user_id: Annotated[str, Field(description="Of whom.", examples=["u-7"])]
    interests: Annotated[list[InterestOut], Field(description="By acts, newer ones counting more; greatest first.")]
    next_interests: Annotated[
        list[InterestOut], Field(description="What the last 14 days have more of than the 42 before.")
    ]
    churn: Annotated[ChurnOut | None, Field(description="null where nothing is known of the person.")]


class ContentData(Body):
    """What the content consists of."""

    text: Annotated[
        Text | None, Field(description="Left out: the words of the stored item.", examples=["Amazing AI tutorial"])
    ] = None
    video_url: Annotated[Url | None, Field(description="Video.", examples=["https://example.com/video.mp4"])] = None
    image_url: Annotated[Url | None, Field(description="Picture.", examples=[None])] = None


class AnalyzeIn(Body):
    """Content to be analysed."""

    content_id: Annotated[ExternalId, Field(description="Id of the item.", examples=["1234"])]
    content_type: Annotated[ItemKind, Field(description="What it is.", examples=["video"])] = ItemKind.VIDEO
    content_data: Annotated[ContentData, Field(description="Its words and media.")] = ContentData()


class EntityOut(BaseModel):
    """Somebody or something that a text names."""

    text: Annotated[str, Field(description="As it is written.", examples=["OpenAI"])]
    type: Annotated[
        str,
        Field(
            description="`person`, `location`, `organization`, `product`, `work` or `group`.", examples=["organization"]
        ),
    ]
    score: Annotated[float, Field(description="0 to 1.", examples=[0.93])]


class FindingsOut(Answered):
    """What a text says; null and empty where nothing was found."""

    analysed_at: Annotated[datetime, Field(description="When.", examples=["2026-01-31T12:00:03Z"])]
    sentiment: Annotated[str | None, Field(description="`negative`, `neutral` or `positive`.", examples=["positive"])]
    sentiment_score: Annotated[float | None, Field(description="-1 to 1.", examples=[0.8])]
    language: Annotated[str | None, Field(description="ISO 639-1.", examples=["en"])]
    mood: Annotated[Mood | None, Field(description="From the emotions, by a table.", examples=["joyful"])]
    category: Annotated[str | None, Field(description="The likeliest, where it is likely.", examples=["technology"])]
    categories: Annotated[list[str], Field(description="Likely ones, best first.", examples=[["technology"]])]
    tags: Annotated[
        list[str], Field(description="Hashtags, key phrases and category, best first.", examples=[["ai", "tutorial"]])
    ]
    keywords: Annotated[list[str], Field(description="Key phrases, best first.", examples=[["AI tutorial"]])]
    topics: Annotated[list[str], Field(description="Clear topics of the platform's.", examples=[[]])]
    emotions: Annotated[list[str], Field(description="Those above their thresholds.", examples=[["joy"]])]
    intent: Annotated[str | None, Field(description="What the author wants.", examples=["praise"])]
    entities: Annotated[list[EntityOut], Field(description="Names, in the order of the text.")]


class AnalyzeOut(FindingsOut):
    """What content says."""

    content_id: Annotated[str, Field(description="Id of the item.", examples=["1234"])]
    content_type: Annotated[ItemKind, Field(description="What it is.", examples=["video"])]
    visual_tags: Annotated[list[str], Field(description="What pictures show.", examples=[[]])]


class TextModelOut(BaseModel):
    """The text model in use."""

    loaded: Annotated[bool, Field(description="Whether it answers.", examples=[True])]
    reason: Annotated[str, Field(description="Why it does not.", examples=[""])]
    version: Annotated[str | None, Field(description="Its version.", examples=["20260101T000000-1a2b3c"])]
    tier: Annotated[Tier | None, Field(description="What kind of thing it is.", examples=["bundled"])]
    heads: Annotated[list[str], Field(description="What it can be asked.", examples=[["sentiment", "emotion"]])]


class AnalysedOut(BaseModel):
    """How far the analysis of items is."""

    items: Annotated[int, Field(description="Items with findings.", examples=[1200])]
    waiting: Annotated[int, Field(description="Items whose words wait.", examples=[0])]
    last_at: Annotated[datetime | None, Field(description="When the last was analysed.", examples=[None])]


class MlStatusOut(BaseModel):
    """What models say and do."""

    text: Annotated[TextModelOut, Field(description="The text model.")]
    models: Annotated[
        dict[str, str],
        Field(description="Version in use of each recommender, or why there is none.", examples=[{"als": "0003"}]),
    ]
    lanes: Annotated[dict[str, int], Field(description="Calls that wait, by queue of compute.", examples=[{"text": 0}])]
    analysis: Annotated[AnalysedOut, Field(description="Analysis of items.")]


def findings_out(found: Findings) -> Mapping[str, object]:
    """The body of a `FindingsOut`."""
    return {"status": found.status, **{field.name: getattr(found, field.name) for field in fields(found)}}
