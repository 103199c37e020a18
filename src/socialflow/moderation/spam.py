"""Spam by what a text says, how it is written, where its links lead, and how its author behaves."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypedDict

from socialflow.errors import ModelUnavailable
from socialflow.kit.answers import Status
from socialflow.moderation.behaviour import Author, behaviour_signals
from socialflow.moderation.checks import readable, threshold_of
from socialflow.moderation.links import link_signals, links
from socialflow.moderation.patterns import pattern_signals
from socialflow.moderation.signals import Signal, combined
from socialflow.text.bundle import NAME as ENCODER
from socialflow.text.multilingual import multilingual
from socialflow.text.ports import Answering
from socialflow.text.records import Analysis, Detection

SPAM = 0.8
"""Least score that counts as spam (`ML_SPAM_THRESHOLD`)."""


class Spam(TypedDict):
    """What is said of one text.

    `score`, 0 to 1, is `signals.combined` of all signals; `is_spam` where it reaches the threshold; `confidence` is
    that of this verdict. `categories` has the score of each group of signals alone. Each of `signals` has name, group,
    value, weight, detail and tier. `missing` names what could not be had: `text` (with `text:...`, as in
    `text.records.Analysis`, or `text:model`) and `behaviour`, or `behaviour:FIELD`.
    """

    is_spam: bool
    confidence: float
    score: float
    categories: dict[str, float]
    recommended_action: str
    signals: list[dict[str, Any]]
    provenance: dict[str, Any] | None
    status: str
    missing: list[str]


class SpamDetector:
    """Spam, bots and bait, in every language whose words the text model knows; forms, links and behaviour in all.

    The text model's probability counts in full; everything else is a heuristic with a weight below 1. An action is
    `reject` where the text model for English alone is sure enough, `flag_for_review` where another language's model or
    only all together are, or where the words could not be judged, else `approve`.

    Parameters:
        analyser: answers questions about texts; None: the models of the package, loaded at the first text.
        threshold: least score that counts as spam.

    Raises:
        InvalidInput: a threshold outside 0 to 1, or a text of more than 100,000 characters; names the field.
    """

    def __init__(self, analyser: Answering | None = None, *, threshold: float = SPAM) -> None:
        self._analyser = analyser
        self._threshold = threshold_of(threshold)

    def predict(self, text: str, author: Author | None = None) -> Spam:
        """Judge one text, with what is known of its author. Raises InvalidInput, ArtefactError."""
        asked = [readable(text)]
        try:
            (analysis,) = (self._analyser or multilingual()).analyse(asked, ["spam"])
        except ModelUnavailable:
            analysis = Analysis({}, Status.ABSTAINED, ("text:model",), 0.0, 0)
        return judged(text, author, analysis, self._threshold)

    async def detect(self, text: str, author: Author | None = None) -> Spam:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, text, author)


def judged(text: str, author: Author | None, analysis: Analysis, threshold: float) -> Spam:
    """What a text, its author and the text model's answer to `spam` say together."""
    answer, told = analysis.answers.get("spam"), analysis.record("spam", Detection)
    signals = [*pattern_signals(text), *link_signals(links(text))]
    if answer is not None and told is not None:
        signals.insert(0, Signal("words", "text", told.score, 1.0, "", answer.provenance.tier))
    if author is not None:
        signals += behaviour_signals(text, author)
    score = combined(signals)
    return Spam(
        is_spam=score >= threshold,
        confidence=score if score >= threshold else 1.0 - score,
        score=score,
        categories=_by_group(signals),
        recommended_action=_action(score, threshold, analysis),
        signals=[asdict(signal) for signal in signals],
        provenance=None if answer is None else asdict(answer.provenance),
        status=Status.PARTIAL if (missing := _missing(analysis, author)) else Status.COMPLETE,
        missing=missing,
    )


def _by_group(signals: Sequence[Signal]) -> dict[str, float]:
    groups = dict.fromkeys(signal.group for signal in signals)
    return {group: combined(signal for signal in signals if signal.group == group) for group in groups}


def _action(score: float, threshold: float, analysis: Analysis) -> str:
    """Only the encoder is sure enough to reject by itself: what other languages have learnt from is little."""
    answer, told = analysis.answers.get("spam"), analysis.record("spam", Detection)
    if answer is not None and answer.provenance.model == ENCODER and told is not None and told.score >= threshold:
        return "reject"
    unread = told is None and "text:empty" not in analysis.missing
    return "flag_for_review" if score >= threshold or unread else "approve"


def _missing(analysis: Analysis, author: Author | None) -> list[str]:
    words = ["text" if name == "spam" else name for name in analysis.missing]
    if not analysis.answers and "text" not in words:
        words.insert(0, "text")
    return [*words, *(["behaviour"] if author is None else [f"behaviour:{name}" for name in author.unknown])]
