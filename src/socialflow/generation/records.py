"""What is told to who asked for words: plain dictionaries of known keys, the same in Python and over REST."""

from enum import StrEnum
from typing import TypedDict

from socialflow.kit.answers import Provenance, Status


class Reason(StrEnum):
    """Why nothing is suggested."""

    HARMFUL = "harmful"
    """Harm was found in what was given, or could not be ruled out: no reply stands beside it."""
    LANGUAGE = "language"
    """It is in a language in which there are no replies."""
    TOO_FAR = "too_far"
    """It is like nothing that the replies are known to answer."""
    EMPTY = "empty"
    """There is nothing in it that the model knows."""


class ReplyTold(TypedDict):
    """One reply: what it does (`act`) in answer to what (`situation`); `score` as in `choosing.scores`."""

    text: str
    tone: str
    act: str
    situation: str
    score: float


class CompletionTold(TypedDict):
    """The draft and how it could go on, from `replies` or the `platform`; `share` as of `Continuation`."""

    text: str
    added: str
    source: str
    share: float


class HashtagTold(TypedDict):
    """A tag without its "#"; `score` as in `hashtags.Hashtag`."""

    tag: str
    score: float


class _Told(TypedDict):
    reason: Reason | None
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class RepliesTold(_Told):
    """Replies, best first; intent and dominant emotion of the message, None where they are not known."""

    replies: list[ReplyTold]
    intent: str | None
    emotion: str | None


class SuggestionsTold(_Told):
    """How a draft could go on, and tags for it; each best first."""

    completions: list[CompletionTold]
    hashtags: list[HashtagTold]
