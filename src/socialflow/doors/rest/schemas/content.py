"""Users, channels, items and statistics, in and out."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field

from socialflow.content.records import (
    Channel,
    Item,
    ItemKind,
    ItemStats,
    ModerationStatus,
    Mood,
    Privacy,
    User,
    completed,
)
from socialflow.doors.rest.schemas.analysis import FindingsOut, findings_out
from socialflow.doors.rest.schemas.common import (
    MAX_ROWS,
    Body,
    Count,
    Instant,
    JsonObject,
    Line,
    Name,
    Names,
    Text,
    Url,
    row_or_reason,
)
from socialflow.ids import ExternalId
from socialflow.kit.roles import Role

_CREATED = Field(
    description="When it came to be; left out: what is stored, else now.", examples=["2026-01-31T12:00:00Z"]
)


class PrivacyBody(Body):
    """What the user agreed to."""

    personalise: Annotated[bool, Field(description="Feeds may follow their history.", examples=[True])] = True
    analyse: Annotated[bool, Field(description="What they make may be analysed.", examples=[True])] = True
    train: Annotated[bool, Field(description="Models may learn from them.", examples=[True])] = True


class UserIn(Body):
    """A person of the platform."""

    username: Annotated[ExternalId, Field(description="Unique name.", examples=["user123"])]
    created_at: Annotated[Instant | None, _CREATED] = None
    locale: Annotated[Name | None, Field(description="BCP 47 tag.", examples=["en-GB"])] = None
    region: Annotated[Name | None, Field(description="Country or region.", examples=["GB"])] = None
    birth_year: Annotated[int | None, Field(ge=1900, le=2200, description="Year of birth.", examples=[1990])] = None
    role: Annotated[Role | None, Field(description="Given only by who may; left out it stays.", examples=["user"])] = (
        None
    )
    profile: Annotated[
        JsonObject | None, Field(description="Free-form, 16 KiB at most.", examples=[{"bio": "rain"}])
    ] = None
    interests: Annotated[Names, Field(description="Categories or topics they chose.", examples=[["Motivation"]])] = ()
    privacy: Annotated[PrivacyBody, Field(description="What they agreed to.")] = PrivacyBody()

    def record(self, user_id: str, *, created_at: datetime, role: Role) -> User:
        """The noun; `created_at` and `role` stand in for what was left out."""
        return User(
            id=user_id,
            username=self.username,
            created_at=self.created_at or created_at,
            locale=self.locale,
            region=self.region,
            birth_year=self.birth_year,
            role=self.role or role,
            profile=self.profile or {},
            interests=self.interests,
            privacy=Privacy(**self.privacy.model_dump()),
        )


class UserRow(UserIn):
    """One user of a bulk call."""

    id: Annotated[ExternalId, Field(description="User id.", examples=["u-7"])]


class UserOut(BaseModel):
    """A person of the platform."""

    id: Annotated[str, Field(description="User id.", examples=["u-7"])]
    username: Annotated[str, Field(description="Unique name.", examples=["user123"])]
    created_at: Annotated[datetime, Field(description="When they joined.", examples=["2026-01-31T12:00:00Z"])]
    locale: Annotated[str | None, Field(description="BCP 47 tag.", examples=["en-GB"])]
    region: Annotated[str | None, Field(description="Country or region.", examples=["GB"])]
    birth_year: Annotated[int | None, Field(description="Year of birth.", examples=[1990])]
    role: Annotated[Role, Field(description="What they may do.", examples=["user"])]
    profile: Annotated[dict[str, Any], Field(description="Free-form.", examples=[{"bio": "rain"}])]
    interests: Annotated[list[str], Field(description="Categories or topics.", examples=[["Motivation"]])]
    privacy: Annotated[PrivacyBody, Field(description="What they agreed to.")]


class ChannelIn(Body):
    """A creator's channel."""

    name: Annotated[Line, Field(min_length=1, description="Display name.", examples=["Quiet Hours"])]
    created_at: Annotated[Instant | None, _CREATED] = None
    description: Annotated[Text, Field(description="What it is about.", examples=["Rain, wind and fire."])] = ""
    subscriber_count: Annotated[Count, Field(description="As counted outside.", examples=[1200])] = 0
    owner: Annotated[ExternalId | None, Field(description="User id; with a token, your own.", examples=["u-7"])] = None
    categories: Annotated[Names, Field(description="Categories.", examples=[["Relaxation"]])] = ()

    def record(self, channel_id: str, *, created_at: datetime, owner: str | None = None) -> Channel:
        """The noun; `created_at` and `owner` stand in for what was left out."""
        return Channel(
            id=channel_id,
            name=self.name,
            created_at=self.created_at or created_at,
            description=self.description,
            subscriber_count=self.subscriber_count,
            owner=self.owner or owner,
            categories=self.categories,
        )


class ChannelRow(ChannelIn):
    """One channel of a bulk call."""

    id: Annotated[ExternalId, Field(description="Channel id.", examples=["quiet-hours"])]


class ChannelOut(BaseModel):
    """A creator's channel."""

    id: Annotated[str, Field(description="Channel id.", examples=["quiet-hours"])]
    name: Annotated[str, Field(description="Display name.", examples=["Quiet Hours"])]
    created_at: Annotated[datetime, Field(description="When it was made.", examples=["2026-01-31T12:00:00Z"])]
    description: Annotated[str, Field(description="What it is about.", examples=["Rain, wind and fire."])]
    subscriber_count: Annotated[int, Field(description="As counted outside.", examples=[1200])]
    owner: Annotated[str | None, Field(description="User id.", examples=["u-7"])]
    categories: Annotated[list[str], Field(description="Categories.", examples=[["Relaxation"]])]


class ItemIn(Body):
    """A video, post or comment."""

    kind: Annotated[ItemKind, Field(description="What it is.", examples=["video"])] = ItemKind.VIDEO
    created_at: Annotated[Instant | None, _CREATED] = None
    channel: Annotated[ExternalId | None, Field(description="Channel id.", examples=["quiet-hours"])] = None
    author: Annotated[ExternalId | None, Field(description="User id; with a token, your own.", examples=["u-7"])] = None
    title: Annotated[Line, Field(description="Title.", examples=["Ten minutes of calm"])] = ""
    description: Annotated[Text, Field(description="Description.", examples=["Rain on a tin roof."])] = ""
    text: Annotated[Text, Field(description="Body of a post or comment.", examples=[""])] = ""
    tags: Annotated[Names, Field(description="Tags.", examples=[["sleep", "rain"]])] = ()
    category: Annotated[Name | None, Field(description="Category.", examples=["Motivation"])] = None
    topics: Annotated[Names, Field(description="Topics.", examples=[["sleep"]])] = ()
    project_code: Annotated[Name | None, Field(description="Partition of the feeds.", examples=["flic"])] = None
    community: Annotated[Name | None, Field(description="Community id.", examples=["night-owls"])] = None
    mood: Annotated[Mood | None, Field(description="Mood.", examples=["calm"])] = None
    language: Annotated[Name | None, Field(description="BCP 47 tag.", examples=["en"])] = None
    duration: Annotated[
        float | None, Field(ge=0, le=1e7, allow_inf_nan=False, description="Seconds.", examples=[600.0])
    ] = None
    media_url: Annotated[Url | None, Field(description="Media.", examples=["https://cdn.example.org/1234.mp4"])] = None
    thumbnail_url: Annotated[
        Url | None, Field(description="Picture.", examples=["https://cdn.example.org/1234.webp"])
    ] = None
    hidden: Annotated[bool, Field(description="Shown to nobody but its author.", examples=[False])] = False
    parent: Annotated[ExternalId | None, Field(description="Item a comment belongs to.", examples=["1200"])] = None
    is_promoted: Annotated[
        bool, Field(description="Honoured from who may set it (scope `moderate`).", examples=[False])
    ] = False
    moderation_status: Annotated[
        ModerationStatus | None,
        Field(
            description="Honoured at creation from who may set it (scope `moderate`); otherwise `pending`. Where the "
            "content of a stored item changes, another status than `pending` vouches for it: it keeps the one it has.",
            examples=["approved"],
        ),
    ] = None

    def record(self, item_id: str, *, created_at: datetime, trusted: bool, author: str | None = None) -> Item:
        """The noun; `created_at` and `author` stand in for what was left out. Only `trusted` callers set its status."""
        status = self.moderation_status if trusted else None
        return Item(
            id=item_id,
            kind=self.kind,
            created_at=self.created_at or created_at,
            channel=self.channel,
            author=self.author or author,
            title=self.title,
            description=self.description,
            text=self.text,
            tags=self.tags,
            category=self.category,
            topics=self.topics,
            project_code=self.project_code,
            community=self.community,
            mood=self.mood,
            language=self.language,
            duration=self.duration,
            media_url=self.media_url,
            thumbnail_url=self.thumbnail_url,
            hidden=self.hidden,
            parent=self.parent,
            is_promoted=self.is_promoted and trusted,
            moderation_status=status or ModerationStatus.PENDING,
        )


class ItemRow(ItemIn):
    """One item of a bulk call."""

    id: Annotated[ExternalId, Field(description="Item id.", examples=["1234"])]


class ItemOut(BaseModel):
    """A video, post or comment."""

    id: Annotated[str, Field(description="Item id.", examples=["1234"])]
    kind: Annotated[ItemKind, Field(description="What it is.", examples=["video"])]
    created_at: Annotated[datetime, Field(description="When it was made.", examples=["2026-01-31T12:00:00Z"])]
    channel: Annotated[str | None, Field(description="Channel id.", examples=["quiet-hours"])]
    author: Annotated[str | None, Field(description="User id.", examples=["u-7"])]
    title: Annotated[str, Field(description="Title.", examples=["Ten minutes of calm"])]
    description: Annotated[str, Field(description="Description.", examples=["Rain on a tin roof."])]
    text: Annotated[str, Field(description="Body of a post or comment.", examples=[""])]
    tags: Annotated[list[str], Field(description="Tags.", examples=[["sleep", "rain"]])]
    category: Annotated[str | None, Field(description="Category.", examples=["Motivation"])]
    topics: Annotated[list[str], Field(description="Topics.", examples=[["sleep"]])]
    project_code: Annotated[str | None, Field(description="Partition of the feeds.", examples=["flic"])]
    community: Annotated[str | None, Field(description="Community id.", examples=["night-owls"])]
    mood: Annotated[Mood | None, Field(description="Mood.", examples=["calm"])]
    language: Annotated[str | None, Field(description="BCP 47 tag.", examples=["en"])]
    duration: Annotated[float | None, Field(description="Seconds.", examples=[600.0])]
    media_url: Annotated[str | None, Field(description="Media.", examples=["https://cdn.example.org/1234.mp4"])]
    thumbnail_url: Annotated[str | None, Field(description="Picture.", examples=["https://cdn.example.org/1234.webp"])]
    hidden: Annotated[bool, Field(description="Shown to nobody but its author.", examples=[False])]
    parent: Annotated[str | None, Field(description="Item a comment belongs to.", examples=[None])]
    moderation_status: Annotated[ModerationStatus, Field(description="Who may see it.", examples=["approved"])]
    moderation_flags: Annotated[list[str], Field(description="What moderation found.", examples=[[]])]
    moderated_at: Annotated[datetime | None, Field(description="When it was decided.", examples=[None])]
    is_flagged: Annotated[bool, Field(description="Whether somebody flagged it.", examples=[False])]
    flag_reason: Annotated[str | None, Field(description="Why.", examples=[None])]
    age_restricted: Annotated[bool, Field(description="By a decision, for people of 18 and more.", examples=[False])]
    labels: Annotated[
        list[str], Field(description="By a decision: what viewers are to be told of it, as codes.", examples=[[]])
    ]
    is_promoted: Annotated[bool, Field(description="Whether it is promoted.", examples=[False])]
    viral_score: Annotated[float | None, Field(description="0 to 1.", examples=[None])]
    sentiment: Annotated[str | None, Field(description="As given, else as found.", examples=["positive"])]
    sentiment_score: Annotated[float | None, Field(description="-1 to 1.", examples=[0.8])]
    simulated: Annotated[bool, Field(description="Made by the simulation, not by a person.", examples=[False])]
    analysis: Annotated[
        FindingsOut | None,
        Field(description="What its words say, beside what was given; null until it was analysed.", examples=[None]),
    ]


class StatsIn(Body):
    """Running totals of an item as an outside platform counted them at one instant."""

    at: Annotated[
        Instant | None, Field(description="When they were counted; left out: now.", examples=["2026-01-31T12:00:00Z"])
    ] = None
    views: Annotated[Count, Field(description="Views so far.", examples=[1000])] = 0
    likes: Annotated[Count, Field(description="Likes so far.", examples=[90])] = 0
    comments: Annotated[Count, Field(description="Comments so far.", examples=[12])] = 0
    shares: Annotated[Count, Field(description="Shares so far.", examples=[5])] = 0
    dislikes: Annotated[Count, Field(description="Dislikes so far.", examples=[1])] = 0

    def record(self, item_id: str, now: datetime) -> ItemStats:
        """The row for the service."""
        return ItemStats(item_id, self.at or now, self.views, self.likes, self.comments, self.shares, self.dislikes)


class StatsOut(BaseModel):
    """Running totals at one instant."""

    item: Annotated[str, Field(description="Item id.", examples=["1234"])]
    at: Annotated[datetime, Field(description="When they were counted.", examples=["2026-01-31T12:00:00Z"])]
    views: Annotated[int, Field(description="Views so far.", examples=[1000])]
    likes: Annotated[int, Field(description="Likes so far.", examples=[90])]
    comments: Annotated[int, Field(description="Comments so far.", examples=[12])]
    shares: Annotated[int, Field(description="Shares so far.", examples=[5])]
    dislikes: Annotated[int, Field(description="Dislikes so far.", examples=[1])]


class ItemStatsOut(BaseModel):
    """An item's totals over time."""

    stats: Annotated[list[StatsOut], Field(description="In time order.")]


class ReceiptOut(BaseModel):
    """What an erasure removed; holds nothing of the person."""

    receipt_id: Annotated[str, Field(description="Asks for this receipt again.", examples=["9b2d4e"])]
    erased_at: Annotated[datetime, Field(description="When.", examples=["2026-01-31T12:00:00Z"])]
    rows: Annotated[dict[str, int], Field(description="Rows removed, by table.", examples=[{"interactions": 120}])]
    caches: Annotated[int, Field(description="Cache entries removed.", examples=[1])]
    files: Annotated[int, Field(description="Rejected import rows removed from files.", examples=[0])]


UserRows: TypeAlias = Annotated[
    list[Annotated[UserRow, row_or_reason("id")]], Field(min_length=1, max_length=MAX_ROWS, description="Users.")
]
ChannelRows: TypeAlias = Annotated[
    list[Annotated[ChannelRow, row_or_reason("id")]], Field(min_length=1, max_length=MAX_ROWS, description="Channels.")
]
ItemRows: TypeAlias = Annotated[
    list[Annotated[ItemRow, row_or_reason("id")]], Field(min_length=1, max_length=MAX_ROWS, description="Items.")
]


class UsersBatch(Body):
    """Many users."""

    users: UserRows


class ChannelsBatch(Body):
    """Many channels."""

    channels: ChannelRows


class ItemsBatch(Body):
    """Many items."""

    items: ItemRows


_KEYS = frozenset({"key", "channel_key", "author_key"})


def _shower(noun: type[User | Channel | Item]) -> Callable[[object], Mapping[str, object]]:
    names = [field.name for field in fields(noun) if field.name not in _KEYS]
    return lambda record: {name: getattr(record, name) for name in names}


user_out = _shower(User)
channel_out = _shower(Channel)
_item = _shower(Item)


def item_out(item: Item) -> Mapping[str, object]:
    """The body of an `ItemOut`."""
    shown = completed(item)
    felt = {"sentiment": shown.sentiment, "sentiment_score": shown.sentiment_score}
    return {**_item(item), **felt, "analysis": None if item.analysis is None else findings_out(item.analysis)}
