"""From texts to signals: every question in one pass of the encoder, links and forms beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from socialflow.errors import ModelUnavailable
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.moderation.behaviour import Author, behaviour_signals
from socialflow.moderation.checks import LONGEST
from socialflow.moderation.gather.combining import MOST_PLACES
from socialflow.moderation.gather.spelling import disguised
from socialflow.moderation.links import Link, link_signals, links
from socialflow.moderation.patterns import pattern_signals
from socialflow.moderation.records import Place, Reading, Signals
from socialflow.moderation.signals import Signal, combined
from socialflow.text.bundle import NAME as ENCODER
from socialflow.text.language import identifier
from socialflow.text.ports import Answering
from socialflow.text.records import Analysis, Answer, Choice, Detection, Labels, Spans

QUESTIONS = ("toxicity", "toxic_spans", "offensive", "hate", "hate_speech", "spam")
"""What the text model is asked."""
LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_hate")
"""Labels of toxicity, each a signal `text.LABEL`."""
NO_MODEL = "model:text"
"""What is missing where there is no text model."""
MOST_HOSTS = 50
"""Hosts that one reading tells, the first ones."""

SIGNS = Provenance("spam_signs", "1", Tier.HEURISTIC)
SPELLING = Provenance("spelling", "1", Tier.HEURISTIC)
COUNTED = Provenance("links", "1", Tier.BUNDLED)
"""What is counted is no heuristic: a link is there or not."""

_NOTHING = Signals({})


def text_signals(analyser: Answering, texts: Sequence[str]) -> list[Signals]:
    """Signals of some texts, which go through the analyser once, together. Raises ArtefactError."""
    return [measured(text, told) for text, told in zip(texts, analyses(analyser, texts), strict=True)]


def analyses(analyser: Answering, texts: Sequence[str]) -> list[Analysis]:
    """What the analyser says of the first 100,000 characters of each text; without its model, that."""
    try:
        return analyser.analyse([text[:LONGEST] for text in texts], QUESTIONS)
    except ModelUnavailable:
        return unanswered(len(texts))


def unanswered(texts: int) -> list[Analysis]:
    """What is said of so many texts where there is no model."""
    return [Analysis({}, Status.ABSTAINED, (*QUESTIONS, NO_MODEL), 0.0, 0)] * texts


def measured(text: str, told: Analysis, author: Author | None = None) -> Signals:
    """Signals of one text, with what the analyser told of it and what is known of its author.

    `text.spam` is the text model's probability alone and has its tier (that of the package for other languages than
    English counts as a heuristic: `_spam`). `text.spam_signs` is all that speaks for
    spam together, as `SpamDetector` weighs it: the words as far as they could be judged, forms, links, behaviour; its
    weights were set by hand, so it is a heuristic whatever the model said. Places of `text.toxicity` are the stretches
    that offend, those of `text.links` the links. A text that says nothing has no signals and misses none.
    """
    if "text:empty" in told.missing or not text.strip():
        return _NOTHING
    text, share = text[:LONGEST], min(1.0, LONGEST / len(text))
    readings, missing = dict[str, Reading](), dict[str, str]()
    _toxicity(told, share, readings, missing)
    for name, found in {"offensive": _offensive(told), "hate": _hate(told), "spam": _spam(told)}.items():
        if found is None:
            missing[f"text.{name}"] = why(told)
        else:
            readings[f"text.{name}"] = _read(*found, told.coverage * share)
    hidden, stretches = disguised(text, told.disguised)
    linked = links(text)
    readings["text.spam_signs"] = _by(SIGNS, _signs(text, told, linked, author), share)
    readings["text.obfuscation"] = _by(SPELLING, hidden, share, tuple(Place(*one, 1.0) for one in stretches))
    readings["text.links"] = _by(
        COUNTED, float(len(linked)), share, tuple(Place(link.start, link.end, 1.0) for link in linked)
    )
    if hosts := _hosts(linked):
        readings["text.link_hosts"] = _by(COUNTED, hosts, share)
    if told.language is not None:
        readings["text.language"] = _by(_identified_by(), (told.language,), share)
    return Signals(readings, missing)


def worst(told: Analysis) -> Reading | None:
    """The greatest of all labels of toxicity as one reading; None where there is none."""
    labels, answer = told.record("toxicity", Labels), told.answers.get("toxicity")
    if labels is None or answer is None or not labels.scores:
        return None
    return _read(max(labels.scores.values()), answer, told.coverage)


def why(told: Analysis) -> str:
    """Why the words of a text could not be judged: the language, the model, or what the text holds."""
    for name in told.missing:
        if name.startswith("language:"):
            return f"text:{name}"
        if name in (NO_MODEL, "text:vocabulary"):
            return name
    return "text:head"


def _toxicity(told: Analysis, share: float, readings: dict[str, Reading], missing: dict[str, str]) -> None:
    answer, labels = told.answers.get("toxicity"), told.record("toxicity", Labels)
    scores: Mapping[str, float] = {} if labels is None else labels.scores
    coverage = told.coverage * share
    for label in LABELS:
        if answer is not None and label in scores:
            readings[f"text.{label}"] = _read(
                scores[label], answer, coverage, offences(told) if label == LABELS[0] else ()
            )
        else:
            missing[f"text.{label}"] = why(told)


def offences(told: Analysis) -> tuple[Place, ...]:
    """Stretches that offend; the model does not tell by which label, so they stand with the first."""
    spans = told.record("toxic_spans", Spans)
    if spans is None:
        return ()
    return tuple(Place(span.start, span.end, round(span.score, 6)) for span in spans.spans[:MOST_PLACES])


def _detected(told: Analysis, question: str) -> tuple[float, Answer] | None:
    found = told.record(question, Detection)
    return None if found is None else (found.score, told.answers[question])


def _spam(told: Analysis) -> tuple[float, Answer] | None:
    """What the package knows of spam in other languages than English it has learnt from few texts: it is sure enough to
    ask people, and no more."""
    found = _detected(told, "spam")
    if found is None or found[1].provenance.model == ENCODER or found[1].provenance.tier is not Tier.BUNDLED:
        return found
    weak = replace(found[1].provenance, tier=Tier.HEURISTIC)
    return found[0], replace(found[1], provenance=weak)


def _offensive(told: Analysis) -> tuple[float, Answer] | None:
    """Of `offensive`, or in languages that only `hate_speech` is asked in, of not being normal."""
    return _detected(told, "offensive") or _chosen(told, lambda shares: 1.0 - shares["normal"])


def _hate(told: Analysis) -> tuple[float, Answer] | None:
    return _detected(told, "hate") or _chosen(told, lambda shares: shares["hatespeech"])


def _chosen(told: Analysis, of: Callable[[Mapping[str, float]], float]) -> tuple[float, Answer] | None:
    found = told.record("hate_speech", Choice)
    return None if found is None else (of(found.probabilities), told.answers["hate_speech"])


def _signs(text: str, told: Analysis, linked: Sequence[Link], author: Author | None) -> float:
    signals = pattern_signals(text)
    if linked:
        signals += link_signals(linked)
    if (spam := told.record("spam", Detection)) is not None:
        signals.append(Signal("words", "text", spam.score, 1.0))
    if author is not None:
        signals += behaviour_signals(text, author)
    return round(combined(signals), 6)


_HOST_LETTERS = frozenset("-.")


def _hosts(linked: Sequence[Link]) -> tuple[str, ...]:
    """Hosts as they are, none that is only words in brackets."""
    hosts = {link.host for link in linked if 4 <= len(link.host) <= 253 and "." in link.host.strip(".")}
    plain = (host for host in hosts if all(letter.isalnum() or letter in _HOST_LETTERS for letter in host))
    return tuple(sorted(plain)[:MOST_HOSTS])


def _read(score: float, answer: Answer, coverage: float, places: tuple[Place, ...] = ()) -> Reading:
    made = answer.provenance
    return Reading(round(score, 6), made.model, made.version, made.tier, round(coverage, 4), places)


def _by(made: Provenance, value: float | tuple[str, ...], share: float, places: tuple[Place, ...] = ()) -> Reading:
    return Reading(value, made.model, made.version, made.tier, round(share, 4), places[:MOST_PLACES])


@lru_cache(1)
def _identified_by() -> Provenance:
    return identifier().provenance
