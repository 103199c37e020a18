"""Every signal a policy may ask for, and what it means. A name that is not here is not a signal."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Medium(StrEnum):
    """What a signal is measured on."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    MATCH = "match"
    AUTHOR = "author"
    HISTORY = "history"


class Measure(StrEnum):
    """What a signal's value is."""

    SCORE = "score"
    """0 to 1."""
    COUNT = "count"
    """0 or more."""
    WORDS = "words"
    """A set of words."""


@dataclass(frozen=True, slots=True)
class SignalName:
    """One line of the table. `harm`: a greater value speaks for harm, so the ensemble may weigh it."""

    medium: Medium
    measure: Measure
    harm: bool
    meaning: str


_T, _I, _V, _M, _A = Medium.TEXT, Medium.IMAGE, Medium.VIDEO, Medium.MATCH, Medium.AUTHOR
_H = Medium.HISTORY
_S, _C, _W = Measure.SCORE, Measure.COUNT, Measure.WORDS

SIGNALS: Mapping[str, SignalName] = {
    "text.toxicity": SignalName(_T, _S, True, "rude, disrespectful or hateful words"),
    "text.severe_toxicity": SignalName(_T, _S, True, "very hateful or aggressive words"),
    "text.obscene": SignalName(_T, _S, True, "obscene or profane words"),
    "text.threat": SignalName(_T, _S, True, "a threat of violence or harm"),
    "text.insult": SignalName(_T, _S, True, "an insult of a person"),
    "text.identity_hate": SignalName(_T, _S, True, "hatred of a group of people"),
    "text.offensive": SignalName(_T, _S, True, "insults, threats and profanity, whomever they meet"),
    "text.hate": SignalName(_T, _S, True, "hatred of people for what they are"),
    "text.spam": SignalName(_T, _S, True, "spam by its words, as the text model says"),
    "text.spam_signs": SignalName(_T, _S, True, "spam by words, forms, links and behaviour together"),
    "text.obfuscation": SignalName(_T, _S, True, "share of words whose spelling is disguised"),
    "text.links": SignalName(_T, _C, False, "links in the text"),
    "text.link_hosts": SignalName(_T, _W, False, "hosts that the text links to"),
    "text.language": SignalName(_T, _W, False, "languages of the text (ISO 639-1)"),
    "image.nsfw": SignalName(_I, _S, True, "explicit pictures (the greatest of all)"),
    "image.suggestive": SignalName(_I, _S, True, "suggestive pictures (the greatest of all)"),
    "image.weapons": SignalName(_I, _S, True, "objects that are used as weapons"),
    "image.text_toxicity": SignalName(_I, _S, True, "toxicity of the words that pictures show, the greatest label"),
    "video.nsfw": SignalName(_V, _S, True, "explicit moments (the greatest of all)"),
    "video.suggestive": SignalName(_V, _S, True, "suggestive moments (the greatest of all)"),
    "video.violence": SignalName(_V, _S, True, "signs of violence (the scene with the most)"),
    "video.blood": SignalName(_V, _S, True, "how much of a scene has the colour of blood"),
    "video.weapons": SignalName(_V, _S, True, "objects that are used as weapons"),
    "video.text_toxicity": SignalName(_V, _S, True, "toxicity of the words that the video shows, the greatest label"),
    "video.speech_toxicity": SignalName(_V, _S, True, "toxicity of the words that are spoken, the greatest label"),
    "match.harmful": SignalName(_M, _S, True, "likeness to an entry of a bank of what is blocked"),
    "match.harmful_banks": SignalName(_M, _W, False, "banks of what is blocked that have it"),
    "match.held": SignalName(_M, _S, False, "likeness to such an entry that is held until people have looked at it"),
    "match.copyright": SignalName(_M, _S, False, "share of the content that a reference bank of owners has"),
    "match.owners": SignalName(_M, _W, False, "owners whose reference was matched"),
    "author.posts_last_hour": SignalName(_A, _C, False, "posts and comments within an hour, this one aside"),
    "author.account_age_days": SignalName(_A, _C, False, "days since the account was made"),
    "author.duplicates": SignalName(_A, _C, False, "recent texts of the author that are nearly this one"),
    "author.strikes": SignalName(_A, _C, False, "strikes that have not decayed, by weight"),
    "history.rejected": SignalName(_H, _C, False, "a person rejected what stood in the same place before"),
}
"""Names in the order in which they are told."""

HEURISTIC_ONLY = frozenset({"text.spam_signs", "text.obfuscation", "video.violence", "video.blood"})
"""Signals that nothing but a heuristic ever reads: nothing is rejected by them alone."""
