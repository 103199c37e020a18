"""What goes into a session of a chat, what comes out of it, and its bounds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from socialflow.content.records import ModerationStatus
from socialflow.errors import SocialflowError
from socialflow.kit.answers import Status
from socialflow.moderation.records import PolicyVersion

NO_TIME = "time"
"""What is missing of a message that was not judged by its deadline."""
BY_CONTEXT = "context"
"""The flag of a message that is held back for what it says together with those before it."""


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """Bounds of all sessions, of one, and of how long one waits (seconds)."""

    sessions: int = 256
    sessions_of_caller: int = 64
    waiting: int = 2048
    """Texts of all sessions that wait for the encoder."""
    batch: int = 32
    """Texts that go through the encoder together."""
    unanswered: int = 64
    """Messages of one session that were read and not answered; beyond, nothing more is read of it."""
    opening: float = 5.0
    """To say who calls, where no header could, and to open the session."""
    idle: float = 60.0
    """Without a word, until the session is asked whether it is still there."""
    pong: float = 30.0
    """To answer that."""
    send: float = 10.0
    """In which the other side takes one answer."""
    recheck: float = 60.0
    """After which it is asked anew whether the caller may still do this."""
    policy: float = 1.0
    """For which the policy that stands is not asked for again."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a session is about. `deadline` is in seconds; `store`: keep decisions that reject."""

    community: str | None = None
    language: str | None = None
    deadline: float = 0.5
    store: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat. `at` is when it was written, None: when it came."""

    id: str
    author: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What is said of one message. `missing` has signals that could not be had, and `time` where it was too late."""

    id: str
    decision: ModerationStatus
    flags: tuple[str, ...]
    labels: tuple[str, ...]
    confidence: float | None
    status: Status
    missing: tuple[str, ...]
    latency_ms: float
    """From when the message was read to when this was said."""

    @property
    def action(self) -> str:
        """What to do with the message.

        >>> Decided("m", ModerationStatus.REVIEW_REQUIRED, (), (), None, Status.ABSTAINED, (NO_TIME,), 500.0).action
        'flag_for_review'
        """
        return {ModerationStatus.APPROVED: "approve", ModerationStatus.REJECTED: "reject"}.get(
            self.decision, "flag_for_review"
        )


class Stance(StrEnum):
    """How somebody behaves."""

    NORMAL = "normal"
    SLOW_DOWN = "slow_down"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class AuthorChanged:
    """What the session advises about an author from here on. `because` has codes; `until` None: nothing is advised."""

    author: str
    state: Stance
    because: tuple[str, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A message that nobody judged, because too much waits: it may be sent again, and is not to be shown till then."""

    id: str


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """Messages from here on are judged by another version."""

    policy: PolicyVersion


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that was sent, and is not judged. `id` is that of the message, None: it has none."""

    error: SocialflowError
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The other side is asked whether it is there."""


Event: TypeAlias = Decided | AuthorChanged | NotTaken | PolicyChanged | Refused | Asked
