"""How authors feel: sentiment and sarcasm, emotions, and how emotions change over a conversation."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from socialflow.kit.answers import Status
from socialflow.text.conventions import Convention, conventions
from socialflow.text.language import identifier
from socialflow.text.ports import Model
from socialflow.text.records import Analysis, Detection, Emotions, Language, Sentiment
from socialflow.text.told import Told, Turn, together, told

_CERTAIN = 0.9
"""Confidence from which a text counts as being in a language: two words are easily taken for another."""


class SentimentTold(Told):
    """How an author feels; None, each, where it is missing.

    The three scores are probabilities that sum to 1, `confidence` is that of `sentiment`, and `sentiment_score` =
    positive - negative, -1 to 1. `sarcasm_score` is the probability that the opposite of the words is meant; the
    sentiment is not turned round for it. `language` is told separately from the words.
    """

    sentiment: str | None
    sentiment_score: float | None
    positive_score: float | None
    negative_score: float | None
    neutral_score: float | None
    confidence: float | None
    is_sarcastic: bool | None
    sarcasm_score: float | None
    language: Language


class EmotionsTold(Told):
    """Seven emotions, each with its probability; empty or None where they are missing.

    `present` are those above their thresholds, none to several; `dominant_emotion` the most probable of all and
    `confidence` its probability; `intensity` the probability of the strongest emotion, neutral aside. `conventions` of
    writing are told beside them, as cultures read them; `missing` names a language that the model was not trained on.
    """

    emotions: Mapping[str, float]
    present: list[str]
    dominant_emotion: str | None
    confidence: float | None
    intensity: float | None
    language: Language
    conventions: list[Convention]


class Transition(TypedDict):
    """From one message of an author to their next, by number: the dominant emotion is another.

    `change`, 0 to 1, is how much of the emotions went over: half the sum of the differences of their shares.
    """

    author: str | None
    from_message: int
    to_message: int
    from_emotion: str
    to_emotion: str
    change: float


class ThreadTold(EmotionsTold):
    """Emotions of the last message of a conversation, of each, and where those of an author turn.

    `status`, `missing`, `provenance` and `coverage` are of all messages together.
    """

    messages: list[EmotionsTold]
    transitions: list[Transition]


def sentiments(analyser: Model, texts: Sequence[str]) -> list[SentimentTold]:
    """Sentiment, sarcasm and language of each text; `missing` names a language that the model was not trained on."""
    analyses = analyser.analyse(texts, ("sentiment", "irony"))
    found = [sentiment_of(*pair) for pair in zip(analyses, identifier().identify(texts), strict=True)]
    for one in found:
        _own_up(analyser, one, one["language"], answered=one["sentiment"] is not None)
    return found


def emotions(analyser: Model, texts: Sequence[str]) -> list[EmotionsTold]:
    """Emotions of each text."""
    analyses = analyser.analyse(texts, ("emotion",))
    languages = identifier().identify(texts)
    found = [_emotions(*parts) for parts in zip(texts, analyses, languages, strict=True)]
    for one in found:
        _own_up(analyser, one, one["language"], answered=one["dominant_emotion"] is not None)
    return found


def _own_up(analyser: Model, one: Told, language: Language, *, answered: bool) -> None:
    """Name the language of a text where it certainly is one that the model was not trained on."""
    unknown = f"language:{language.code}"
    foreign = bool(analyser.languages) and language.code not in analyser.languages
    if foreign and language.confidence >= _CERTAIN and unknown not in one["missing"]:
        one["missing"].append(unknown)
        one["status"] = Status.PARTIAL if answered else Status.ABSTAINED


def thread(analyser: Model, turns: Sequence[Turn]) -> ThreadTold:
    """Emotions of each message, one at least, and transitions between the messages of each author."""
    texts = [turn.text for turn in turns]
    messages = emotions(analyser, texts)
    last = messages[-1]
    return ThreadTold(
        **together(messages, texts),
        emotions=last["emotions"],
        present=last["present"],
        dominant_emotion=last["dominant_emotion"],
        confidence=last["confidence"],
        intensity=last["intensity"],
        language=last["language"],
        conventions=last["conventions"],
        messages=messages,
        transitions=transitions(turns, messages),
    )


def transitions(turns: Sequence[Turn], messages: Sequence[EmotionsTold]) -> list[Transition]:
    """In the order of the messages that they lead to; a message without an answer is passed over."""
    last: dict[str | None, int] = {}
    found: list[Transition] = []
    for number, (turn, message) in enumerate(zip(turns, messages, strict=True)):
        if message["dominant_emotion"] is None:
            continue
        before = last.get(turn.author)
        last[turn.author] = number
        if before is None:
            continue
        was = messages[before]["dominant_emotion"]
        if was is not None and was != message["dominant_emotion"]:
            found.append(
                Transition(
                    author=turn.author,
                    from_message=before,
                    to_message=number,
                    from_emotion=was,
                    to_emotion=message["dominant_emotion"],
                    change=_change(messages[before]["emotions"], message["emotions"]),
                )
            )
    return found


def sentiment_of(analysis: Analysis, language: Language) -> SentimentTold:
    """What an analysis says of sentiment and irony."""
    felt, irony = analysis.record("sentiment", Sentiment), analysis.record("irony", Detection)
    shares: Mapping[str, float] = {} if felt is None else felt.probabilities
    return SentimentTold(
        **told(analysis),
        sentiment=None if felt is None else felt.label,
        sentiment_score=None if felt is None else felt.score,
        positive_score=shares.get("positive"),
        negative_score=shares.get("negative"),
        neutral_score=shares.get("neutral"),
        confidence=None if felt is None else shares[felt.label],
        is_sarcastic=None if irony is None else irony.found,
        sarcasm_score=None if irony is None else irony.score,
        language=language,
    )


def _emotions(text: str, analysis: Analysis, language: Language) -> EmotionsTold:
    felt = analysis.record("emotion", Emotions)
    return EmotionsTold(
        **told(analysis),
        emotions={} if felt is None else felt.scores,
        present=[] if felt is None else list(felt.present),
        dominant_emotion=None if felt is None else felt.dominant,
        confidence=None if felt is None else felt.scores[felt.dominant],
        intensity=None if felt is None else felt.intensity,
        language=language,
        conventions=conventions(text),
    )


def _change(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Total variation distance of the two, each scaled to sum 1."""
    was, now = sum(before.values()), sum(after.values())
    return sum(abs(share / was - after[name] / now) for name, share in before.items()) / 2
