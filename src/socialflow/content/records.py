"""The nouns as frozen value objects. Times are timezone-aware UTC; ids are external text."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.kit.answers import Provenance, Status
from socialflow.kit.roles import Role

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of our clock an event may be dated; further ahead is refused. Late events are always taken."""


class ItemKind(StrEnum):
    """What an item is."""

    VIDEO = "video"
    POST = "post"
    COMMENT = "comment"


class Mood(StrEnum):
    """The mood of an item: given, or derived from the emotion answers."""

    CALM = "calm"
    JOYFUL = "joyful"
    SAD = "sad"
    TENSE = "tense"
    EXCITED = "excited"
    INSPIRED = "inspired"
    CURIOUS = "curious"
    ROMANTIC = "romantic"
    ANGRY = "angry"
    NEUTRAL = "neutral"


class ModerationStatus(StrEnum):
    """Who may see an item: approved everyone; flagged everyone unless policy hides; the rest only the author."""

    APPROVED = "approved"
    FLAGGED = "flagged"
    PENDING = "pending"
    REVIEW_REQUIRED = "review_required"
    REJECTED = "rejected"


class InteractionType(StrEnum):
    """What a user did with an item. The order is the storage code: append only."""

    VIEW = "view"
    WATCH_TIME = "watch_time"
    LIKE = "like"
    DISLIKE = "dislike"
    COMMENT = "comment"
    SHARE = "share"
    SAVE = "save"
    FOLLOW = "follow"
    SUBSCRIBE = "subscribe"
    RATING = "rating"
    INSPIRE = "inspire"
    SKIP = "skip"
    HIDE = "hide"
    NOT_INTERESTED = "not_interested"
    REPORT = "report"


INTERACTION_TYPES: tuple[InteractionType, ...] = tuple(InteractionType)
INTERACTION_CODES: Mapping[InteractionType, int] = {kind: code for code, kind in enumerate(INTERACTION_TYPES)}
VALUE_RANGES: Mapping[InteractionType, tuple[float, float]] = {
    InteractionType.VIEW: (0.0, 1.0),  # watched fraction
    InteractionType.WATCH_TIME: (0.0, 86_400.0),  # seconds
    InteractionType.RATING: (0.5, 5.0),  # stars
}
"""Closed range of `value` per type; every other type takes [-1, 1] with 1 as default."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """What a user agreed to."""

    personalise: bool = True
    analyse: bool = True
    train: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """A person of the platform. `key` is 0 until stored."""

    id: str
    username: str
    created_at: datetime
    locale: str | None = None
    region: str | None = None
    birth_year: int | None = None
    role: Role = Role.USER
    profile: Mapping[str, object] = field(default_factory=dict)
    interests: tuple[str, ...] = ()
    privacy: Privacy = Privacy()
    key: UserKey = UserKey(0)


@dataclass(frozen=True, slots=True)
class Channel:
    """A creator's channel. `owner` is a user id."""

    id: str
    name: str
    created_at: datetime
    description: str = ""
    subscriber_count: int = 0
    owner: str | None = None
    categories: tuple[str, ...] = ()
    key: ChannelKey = ChannelKey(0)


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """Somebody or something that a text names; `score` 0 to 1."""

    text: str
    type: str
    score: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What analysis found in an item's words: it stands beside what the platform gave, and replaces nothing of it.

    None and empty where nothing was found; `missing` names what could not be looked for.
    """

    analysed_at: datetime
    sentiment: str | None = None
    sentiment_score: float | None = None
    """-1 to 1."""
    language: str | None = None
    """ISO 639-1."""
    mood: Mood | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Every category that is likely enough, the likeliest first."""
    emotions: tuple[str, ...] = ()
    intent: str | None = None
    keywords: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    entities: tuple[NamedEntity, ...] = ()
    missing: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    @property
    def status(self) -> Status:
        """Abstained where nothing was looked for at all."""
        if not self.missing:
            return Status.COMPLETE
        return Status.PARTIAL if self.provenance else Status.ABSTAINED


@dataclass(frozen=True, slots=True)
class Item:
    """A video, post or comment. `channel`, `author` and `parent` are external ids; `duration` is in seconds."""

    id: str
    kind: ItemKind
    created_at: datetime
    channel: str | None = None
    author: str | None = None
    title: str = ""
    description: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    category: str | None = None
    topics: tuple[str, ...] = ()
    project_code: str | None = None
    community: str | None = None
    mood: Mood | None = None
    language: str | None = None
    duration: float | None = None
    media_url: str | None = None
    thumbnail_url: str | None = None
    hidden: bool = False
    """Shown to nobody but its author, who wants it so."""
    parent: str | None = None
    moderation_status: ModerationStatus = ModerationStatus.PENDING
    moderation_flags: tuple[str, ...] = ()
    moderated_at: datetime | None = None
    is_flagged: bool = False
    flag_reason: str | None = None
    withheld: bool = False
    """Shown to nobody but its author, by a decision."""
    age_restricted: bool = False
    """For grown-ups only, by a decision."""
    labels: tuple[str, ...] = ()
    """What a decision says that viewers are to be told of it, as codes."""
    is_promoted: bool = False
    viral_score: float | None = None
    sentiment: str | None = None
    sentiment_score: float | None = None
    simulated: bool = False
    analysis: Findings | None = None
    key: ItemKey = ItemKey(0)
    channel_key: ChannelKey | None = None
    author_key: UserKey | None = None


def completed(item: Item) -> Item:
    """The item as readers and recommenders take it: what the platform gave, else what analysis found."""
    found = item.analysis
    if found is None:
        return item
    given = item.sentiment is not None
    return replace(
        item,
        tags=item.tags or found.tags,
        category=item.category or found.category,
        mood=item.mood or found.mood,
        language=item.language or found.language,
        sentiment=item.sentiment if given else found.sentiment,
        sentiment_score=item.sentiment_score if given else found.sentiment_score,
    )


@dataclass(frozen=True, slots=True)
class ItemStats:
    """Running totals of an item as an outside platform counted them at one instant."""

    item: str
    at: datetime
    views: int = 0
    likes: int = 0
    comments: int = 0
    shares: int = 0
    dislikes: int = 0


@dataclass(frozen=True, slots=True)
class InteractionContext:
    """Where an interaction happened; `request_id` and `position` tie it to the feed answer that showed the item."""

    surface: str | None = None
    device: str | None = None
    position: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    """One act of a user on an item, before storage. `id` is the client's idempotency key or one we made.

    `user` is a username or user id as the door received it; `item` an item id.
    """

    id: str
    user: str
    item: str
    type: InteractionType
    value: float
    at: datetime
    received_at: datetime
    context: InteractionContext = InteractionContext()


class RowStatus(StrEnum):
    """What became of one row of a batch."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """Answer to one row of a batch; `code` and `detail` only when rejected."""

    id: str
    status: RowStatus
    code: str | None = None
    detail: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """A user's edges at request time, as keys."""

    follows: frozenset[UserKey] = frozenset()
    open_follows: frozenset[UserKey] = frozenset()
    """Those of `follows` who permit analysis: whose taste may count for others, and who may be named."""
    subscriptions: frozenset[ChannelKey] = frozenset()
    blocked_users: frozenset[UserKey] = frozenset()
    """Both directions: whom the user blocked and who blocked the user."""
    muted_users: frozenset[UserKey] = frozenset()
    muted_channels: frozenset[ChannelKey] = frozenset()


class EdgeKind(StrEnum):
    """A directed edge from a user."""

    FOLLOW = "follow"
    SUBSCRIPTION = "subscription"
    BLOCK = "block"
    MUTE_USER = "mute_user"
    MUTE_CHANNEL = "mute_channel"


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` (user id) follows, subscribes to, blocks or mutes `target` (user or channel id)."""

    kind: EdgeKind
    source: str
    target: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """What an erasure removed: rows per table, cache entries, and rows and checkpoints kept in files.

    Holds nothing of the person.
    """

    receipt_id: str
    erased_at: datetime
    rows: Mapping[str, int]
    caches: int = 0
    files: int = 0
