"""What is suggested, by whom, and what people made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_CONTEXT_BYTES = 65_536
"""Bytes of a comment's context as JSON, at most."""
MAX_LINE = 512
"""Characters of a community's id and of a client's token, at most."""
MAX_LANGUAGES = 16
MAX_TAG = 35
"""Characters of a language's tag, at most (what RFC 5646, section 4.4.1, tells software to have room for)."""
MAX_SPANS = 200
"""Stretches of a comment that one attribute may have scores for, at most."""
MAX_PAGE = 200


class SuggestionState(StrEnum):
    """What became of a suggestion."""

    NEW = "new"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class SuggestedSpan:
    """A score, 0 to 1, of the stretch from `begin` until before `end`, in UTF-16 code units."""

    begin: int
    end: int
    value: float


@dataclass(frozen=True, slots=True)
class SuggestedScores:
    """The scores one attribute should have: of the whole comment (0 to 1), of parts of it, or both."""

    summary: float | None = None
    spans: tuple[SuggestedSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class NewSuggestion:
    """A comment and the scores it should have, by attribute as it was named.

    `languages` is what the caller says the comment is in, `detected` what the service takes it for. `context` is what
    the comment answers, as it was sent.
    """

    text: str
    scores: Mapping[str, SuggestedScores]
    detected: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    context: Mapping[str, object] | None = None
    community: str | None = None
    client_token: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A kept suggestion. `sender` and `reviewer` are pseudonyms; `reviewer` is None where nobody judged it, or where
    who did was erased."""

    id: str
    at: datetime
    sender: str
    said: NewSuggestion
    state: SuggestionState = SuggestionState.NEW
    reviewer: str | None = None
    judged_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some suggestions, the newest first, and the id after which older ones come; None: there are no more."""

    suggestions: Sequence[Suggestion]
    next: str | None
