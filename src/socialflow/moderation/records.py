"""The nouns of moderation as frozen value objects: what was seen, what a policy says of it, and what was decided.

Nothing here holds a word of the content: what was found is told by places, what was read by a digest. Times are
timezone-aware UTC; ids are external text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from socialflow.content.records import ModerationStatus
from socialflow.kit.answers import Tier

NOTHING: Mapping[str, str] = MappingProxyType({})


class ContentKind(StrEnum):
    """What is judged: an item of the platform, or what a caller sends without storing it."""

    VIDEO = "video"
    POST = "post"
    COMMENT = "comment"
    TEXT = "text"
    IMAGE = "image"
    CHAT = "chat"


class Trust(StrEnum):
    """How well the platform knows an author."""

    NEW = "new"
    USUAL = "usual"
    TRUSTED = "trusted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found: characters ``[start, end)`` of a text, seconds of a video or sound, or numbers of
    pictures, from 0."""

    start: float
    end: float
    score: float


Value = float | tuple[str, ...]
"""A score (0 to 1), a count (0 or more), a flag (0 or 1), or words (sorted, each once)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One signal as it was measured.

    `model` and `version` made it; `coverage`, 0 to 1, is the share of the content that was looked at. `tier` decides
    what it may bring about: a heuristic never rejects.
    """

    value: Value
    model: str
    version: str
    tier: Tier
    coverage: float = 1.0
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything that was measured of one piece of content.

    `readings` has it by name (`moderation.signal_names.SIGNALS`); `missing` names each signal that belongs to this
    content and could not be had, with why (`model:nsfw-mobilenet-v2`, `text:language:th`). A signal that does not
    belong to the content (violence of a text) is in neither. One that is in both was measured on a part of what it is
    about (one of two pictures, a film up to where it is damaged): the reading is the least that it may be.
    """

    readings: Mapping[str, Reading]
    missing: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the content besides what it shows: a policy may ask for it, and it is sealed with a decision."""

    kind: ContentKind
    community: str | None = None
    language: str | None = None
    """ISO 639-1; None: not known."""
    trust: Trust = Trust.UNKNOWN


class Act(StrEnum):
    """What a rule brings about. The first four decide who may see the content, the strongest wins."""

    APPROVE = "approve"
    FLAG = "flag"
    REVIEW = "review"
    REJECT = "reject"
    HIDE = "hide"
    AGE_GATE = "age_gate"
    LABEL = "label"
    STRIKE = "strike"
    COPYRIGHT_BLOCK = "copyright_block"
    COPYRIGHT_TRACK = "copyright_track"


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that applied.

    `acts` are what it brings about, after what it may not (`capped`: a heuristic would have rejected). `because` has
    the conditions that held, as ``text.threat 0.93 >= 0.7``. `missing` names signals for want of which it applied; it
    is empty where the conditions held.
    """

    rule: str
    reason: str
    acts: tuple[Act, ...]
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one version of a policy says of signals and facts.

    `risk`, 0 to 1, is the policy's weighted mean over the harm signals that are present, None where none is;
    `confidence`, 0 to 1, is that of `status`, None where nothing could be measured.
    """

    status: ModerationStatus
    acts: tuple[Act, ...]
    hits: tuple[Hit, ...]
    risk: float | None
    confidence: float | None

    @property
    def flags(self) -> tuple[str, ...]:
        """Reason codes of the rules that applied, each once, in the order of the policy."""
        return tuple(dict.fromkeys(hit.reason for hit in self.hits))

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the rules that bring about `label`, each once, in the order of the policy."""
        return tuple(dict.fromkeys(label for hit in self.hits if Act.LABEL in hit.acts for label in hit.labels))


class ActorKind(StrEnum):
    """Who decided."""

    SERVICE = "service"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who decided; `name` of a person is the reviewer's pseudonym, never an account's name."""

    kind: ActorKind
    name: str


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """Which policy a decision was taken by; `digest` (SHA-256, hexadecimal) stands for all of it, thresholds too."""

    scope: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one piece of content, sealed: nothing of it changes afterwards.

    `input_digest` stands for what was judged and `author` for whose it is (both hexadecimal, keyed by the author's own
    key, so that erasing the key erases the person and leaves the record whole). Where nobody is named, `author` is
    empty and the installation's key stands in for the other. A later decision names the one it `supersedes`; it never
    overwrites it. `seal` (SHA-256, hexadecimal) is over everything else in canonical form (`moderation.sealing`).
    """

    id: str
    content_id: str
    facts: Facts
    input_digest: str
    author: str
    signals: Signals
    policy: PolicyVersion
    verdict: Verdict
    actor: Actor
    at: datetime
    supersedes: str | None = None
    note: str = ""
    seal: str = field(default="", compare=False)
