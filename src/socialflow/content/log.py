"""The interaction log as columns: what storage hands out and what recommenders keep in memory."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.ids import ChannelKey, ItemKey, UserKey


@dataclass(frozen=True, slots=True)
class InteractionBlock:
    """n stored interactions, in storage order. All arrays have length n.

    `users`, `items`: int64 keys; `types`: uint8 codes (`INTERACTION_CODES`); `values`: float32; `at`: int64
    microseconds since the epoch (event time).
    """

    users: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    types: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float32]
    at: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.users)

    @classmethod
    def empty(cls) -> "InteractionBlock":
        """A block without rows."""
        return cls(
            np.empty(0, np.int64),
            np.empty(0, np.int64),
            np.empty(0, np.uint8),
            np.empty(0, np.float32),
            np.empty(0, np.int64),
        )


@dataclass(frozen=True, slots=True)
class LogCursor:
    """How far a reader has read the log and the change list. Opaque outside storage.

    `interactions` and `changes` are positions (SQLite: last row id; PostgreSQL: snapshot xmin); `recent` holds row
    ids already handed out at or above the position, so that rows that commit late are never lost nor given twice.
    """

    interactions: int = 0
    changes: int = 0
    recent_interactions: frozenset[int] = frozenset()
    recent_changes: frozenset[int] = frozenset()


class ChangeKind(StrEnum):
    """What else than an interaction a reader of the store must hear of."""

    ITEM = "item"
    """An item was created, changed or its visibility was decided; `key` is its key."""
    ITEM_ERASED = "item_erased"
    CHANNEL = "channel"
    USER_ERASED = "user_erased"
    USER = "user"
    VALUE_MODEL = "value_model"
    API_KEY = "api_key"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change list."""

    kind: ChangeKind
    key: int


@dataclass(frozen=True, slots=True)
class LogDelta:
    """What became visible since a cursor. `more` says that another read at once will bring more."""

    block: InteractionBlock
    changes: tuple[Change, ...]
    cursor: LogCursor
    more: bool = False


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """The part of an item that filters and selectors need; kept in memory for every item.

    Category, mood, language and tags are those that the platform gave, else those that analysis found.
    """

    key: ItemKey
    id: str
    kind: ItemKind
    created_at: int
    """Microseconds since the epoch."""
    status: ModerationStatus
    hidden: bool
    """By its author, or withheld by a decision."""
    channel_key: ChannelKey | None = None
    author_key: UserKey | None = None
    category: str | None = None
    project_code: str | None = None
    community: str | None = None
    mood: str | None = None
    language: str | None = None
    is_promoted: bool = False
    age_restricted: bool = False
    """For grown-ups only, by a decision."""
    tags: tuple[str, ...] = ()
    moderation_flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemText:
    """The words of an item, for content models. Tags and category are as in `ItemFacts`."""

    key: ItemKey
    title: str
    description: str
    text: str
    tags: tuple[str, ...]
    category: str | None
    channel: str | None
    found: frozenset[str] = frozenset()
    """Which of `tags` and `category` analysis found."""
