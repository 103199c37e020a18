"""What waits for people, what they said of it, and how they like to be shown it.

A reviewer is a pseudonym everywhere (`pseudonyms.pseudonym`), never an account's name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from socialflow.content.records import ModerationStatus
from socialflow.moderation.records import Act, ContentKind

LEASE = timedelta(minutes=10)
MAX_CLAIM = 50
"""How many items one reviewer may hold at a time."""
MAX_NOTE = 4_000
"""Characters of a note."""
FIRST_LINE, ESCALATED = 0, 1
"""Levels of the queue."""

RULINGS = (ModerationStatus.APPROVED, ModerationStatus.FLAGGED, ModerationStatus.REJECTED)
"""What a person may say of content, from the mildest to the strictest."""


class ReviewState(StrEnum):
    """Where an item of the queue stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    """Held under a lease; once that has run out, anybody may claim it as if it were open."""
    ESCALATED = "escalated"
    """Waits for the second line."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Lease:
    """A reviewer's hold on an item. `token` is new with every claim: who holds an old one can change nothing."""

    token: str
    reviewer: str
    until: datetime


@dataclass(frozen=True, slots=True)
class NewReview:
    """What shall be looked at by people, and why it may be urgent.

    `decision_id` is the decision that asked for it; one decision gives one item. `severity`, 0 to 1, is the policy's
    risk; `reach` counts views, 0 or more. `scope` is the policy's. `root` is that of an earlier question about the same
    content, whose reviewers shall not get it; None: it is a question of its own.
    """

    decision_id: str
    content_id: str
    kind: ContentKind
    scope: str
    severity: float
    reach: int = 0
    language: str | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One piece of work of the queue, as the service knows it; reviewers are told a `QueueEntry`.

    `root` is shared by everything that asks the same question of people (first and second review, appeal, copies of
    one golden item): nobody judges one root twice. `second_of` names the item this is the blind second review of,
    `golden` the known answer it is a copy of, `appeal` the appeal it is about; at most one of them is there.
    """

    id: str
    root: str
    decision_id: str
    content_id: str
    kind: ContentKind
    language: str | None
    scope: str
    severity: float
    reach: int
    created_at: datetime
    state: ReviewState
    level: int = FIRST_LINE
    lease: Lease | None = None
    second_of: str | None = None
    golden: str | None = None
    appeal: str | None = None

    @property
    def queue(self) -> str:
        """Policy scope and language."""
        return queue_name(self.scope, self.language)


def queue_name(scope: str, language: str | None) -> str:
    """Name of the queue of a policy scope and a language (ISO 639-1; None: not known, `und`).

    >>> queue_name("default", "en"), queue_name("default", None)
    ('default/en', 'default/und')
    """
    return f"{scope}/{language or 'und'}"


@dataclass(frozen=True, slots=True)
class Shield:
    """How content is shown to a reviewer until they ask for more: pictures blurred and grey, sound off."""

    blur: bool = True
    grey: bool = True
    mute: bool = True


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """What a reviewer is told of an item they hold.

    Nothing in it tells a second review or a golden item from any other. `priority` is `priority.priority` at the
    instant of the claim.
    """

    id: str
    token: str
    until: datetime
    decision_id: str
    content_id: str
    kind: ContentKind
    language: str | None
    queue: str
    severity: float
    reach: int
    created_at: datetime
    priority: float
    level: int
    appeal: str | None
    shield: Shield


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items a reviewer would take: empty means any. `appeals`: appeals, and nothing else."""

    queues: Collection[str] = ()
    languages: Collection[str] = ()
    level: int = FIRST_LINE
    appeals: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person says of content: one of `RULINGS`, a reason's code, and what else shall come of it."""

    status: ModerationStatus
    reason: str
    labels: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    """Besides what the status means: hide, age gate, label, strike."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """A ruling as it was given by one reviewer.

    `decision_id` is the decision that came of it: None for second reviews and golden items, which bring nothing about.
    `expected` is the known answer of a golden item.
    """

    item_id: str
    root: str
    scope: str
    reviewer: str
    level: int
    ruling: Ruling
    at: datetime
    second: bool = False
    expected: ModerationStatus | None = None
    decision_id: str | None = None
    appeal: str | None = None


class NoteKind(StrEnum):
    """Why something was written beside an item."""

    NOTE = "note"
    SKIP = "skip"
    ESCALATE = "escalate"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Note:
    """Words of a reviewer about an item."""

    item_id: str
    reviewer: str
    kind: NoteKind
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Golden:
    """Content whose right answer is known, to be mixed into the queue of its scope (and language, where given)."""

    id: str
    decision_id: str
    content_id: str
    kind: ContentKind
    scope: str
    expected: ModerationStatus
    language: str | None = None

    @property
    def root(self) -> str:
        """What all its copies share."""
        return f"golden:{self.id}"


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How much waits in a queue at a level, how much of it is held, and since when the oldest waits."""

    queue: str
    level: int
    waiting: int
    held: int
    oldest: datetime | None
