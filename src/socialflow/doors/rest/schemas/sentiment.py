"""Bodies of how authors feel and what they want."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Answered, Body, Name
from socialflow.text.dialogue import Action
from socialflow.text.phrases import FoundBy

MAX_TEXT = 100_000
"""Characters of the texts of one call, together."""
MAX_TEXTS, MAX_ASPECTS = 100, 20

_TEXT = "What a goal! Still shaking."
_SCORES = {"joy": 0.83, "sadness": 0.01, "anger": 0.01, "fear": 0.02, "surprise": 0.6, "disgust": 0.01, "neutral": 0.04}
_INTENTS = {"question": 0.9, "statement": 0.04, "command": 0.01, "complaint": 0.02, "praise": 0.01, "request": 0.02}

Words: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT, pattern=NO_NUL)]


class MessageIn(Body):
    """One message of a conversation."""

    text: Annotated[Words, Field(description="What it says.", examples=[_TEXT])]
    author: Annotated[
        Name | None, Field(description="Who wrote it; all without one count as one person.", examples=["u-7"])
    ] = None


def _not_too_much(texts: Sequence[str]) -> Sequence[str]:
    if sum(map(len, texts)) > MAX_TEXT:
        raise ValueError(f"must not hold more than {MAX_TEXT} characters in all")
    return texts


def _no_long_talk(messages: Sequence[MessageIn]) -> Sequence[MessageIn]:
    _not_too_much([message.text for message in messages])
    return messages


Conversation: TypeAlias = Annotated[
    tuple[MessageIn, ...], Field(min_length=1, max_length=MAX_TEXTS), AfterValidator(_no_long_talk)
]


class TextIn(Body):
    """One text."""

    text: Annotated[Words, Field(description="At any length up to 100,000 characters.", examples=[_TEXT])]


class TextsIn(Body):
    """Several texts, each on its own."""

    texts: Annotated[
        tuple[Words, ...],
        Field(min_length=1, max_length=MAX_TEXTS, description="100,000 characters in all.", examples=[[_TEXT]]),
        AfterValidator(_not_too_much),
    ]


class AspectsIn(Body):
    """A text, and what is asked about in it."""

    text: Annotated[Words, Field(description="The text.", examples=["Great camera, awful battery."])]
    aspects: Annotated[
        tuple[Annotated[Name, Field(min_length=1)], ...] | None,
        Field(
            min_length=1,
            max_length=MAX_ASPECTS,
            description="As the text says them, in any case; without them they are found in it.",
            examples=[["camera", "battery"]],
        ),
    ] = None


class EmotionsIn(Body):
    """One text, or the messages of a conversation."""

    text: Annotated[Words | None, Field(description="One text.", examples=[_TEXT])] = None
    messages: Annotated[Conversation | None, Field(description="Instead of `text`; oldest first.")] = None


class IntentIn(Body):
    """One text, or the turns of a conversation."""

    text: Annotated[Words | None, Field(description="One text.", examples=["When does the shop open?"])] = None
    turns: Annotated[Conversation | None, Field(description="Instead of `text`; oldest first.")] = None


class ReadOut(Answered):
    """How much of a text was read."""

    coverage: Annotated[float, Field(description="Share of the text that was read, 0 to 1.", examples=[1.0])]


class LanguageOut(BaseModel):
    """The language of a text."""

    code: Annotated[str, Field(description="ISO 639-1; `und` where it cannot be told.", examples=["en"])]
    name: Annotated[str, Field(description="In English.", examples=["English"])]
    confidence: Annotated[float, Field(description="0 to 1.", examples=[0.98])]


class SentimentOut(ReadOut):
    """How the author of a text feels; null, each, where it is missing."""

    sentiment: Annotated[str | None, Field(description="positive, neutral or negative.", examples=["positive"])]
    sentiment_score: Annotated[float | None, Field(description="Positive less negative, -1 to 1.", examples=[0.91])]
    positive_score: Annotated[float | None, Field(description="Probability.", examples=[0.93])]
    negative_score: Annotated[float | None, Field(description="Probability.", examples=[0.02])]
    neutral_score: Annotated[float | None, Field(description="Probability.", examples=[0.05])]
    confidence: Annotated[float | None, Field(description="Probability of `sentiment`.", examples=[0.93])]
    is_sarcastic: Annotated[bool | None, Field(description="Whether the opposite is meant.", examples=[False])]
    sarcasm_score: Annotated[float | None, Field(description="Probability of that.", examples=[0.07])]
    language: Annotated[LanguageOut, Field(description="Told from the words, apart from the rest.")]


class SentimentsOut(ReadOut):
    """One answer a text, in their order."""

    results: Annotated[list[SentimentOut], Field(description="One entry a text.")]


class MentionOut(BaseModel):
    """Where an aspect stands."""

    start: Annotated[int, Field(description="Offset of its first character.", examples=[6])]
    end: Annotated[int, Field(description="Offset after its last character.", examples=[12])]


class AspectOut(BaseModel):
    """How the author feels about one thing."""

    aspect: Annotated[str, Field(description="As it was given or stands in the text.", examples=["camera"])]
    sentiment: Annotated[str, Field(description="positive, neutral or negative.", examples=["positive"])]
    sentiment_score: Annotated[float, Field(description="Positive less negative, -1 to 1.", examples=[0.9])]
    positive_score: Annotated[float, Field(description="Probability, the mean of the mentions.", examples=[0.93])]
    negative_score: Annotated[float, Field(description="Probability.", examples=[0.03])]
    neutral_score: Annotated[float, Field(description="Probability.", examples=[0.04])]
    confidence: Annotated[float, Field(description="Probability of `sentiment`.", examples=[0.93])]
    mentions: Annotated[list[MentionOut], Field(description="The first ten.")]
    found_by: Annotated[FoundBy, Field(description="`noun_phrases` is a heuristic.", examples=["given"])]


class AspectsOut(ReadOut):
    """In the order of the text."""

    aspects: Annotated[list[AspectOut], Field(description="At most 20; `missing` names given ones that were not read.")]


class ConventionOut(BaseModel):
    """What a stretch of writing means by convention; it changes no score."""

    start: Annotated[int, Field(description="Offset of its first character.", examples=[0])]
    end: Annotated[int, Field(description="Offset after its last character.", examples=[5])]
    text: Annotated[str, Field(description="As it stands.", examples=["kkkkk"])]
    meaning: Annotated[str, Field(description="In English.", examples=["laughter"])]
    whom: Annotated[str, Field(description="In which language or culture.", examples=["Portuguese (Brazil)"])]
    emotion: Annotated[str | None, Field(description="joy or sadness; null where readers differ.", examples=["joy"])]


class EmotionOut(ReadOut):
    """Emotions of one message; empty or null where they are missing."""

    emotions: Annotated[dict[str, float], Field(description="Probability of each of seven.", examples=[_SCORES])]
    present: Annotated[list[str], Field(description="Those above their thresholds.", examples=[["joy", "surprise"]])]
    dominant_emotion: Annotated[str | None, Field(description="The most probable.", examples=["joy"])]
    confidence: Annotated[float | None, Field(description="Its probability.", examples=[0.83])]
    intensity: Annotated[
        float | None, Field(description="Probability of the strongest, neutral aside.", examples=[0.83])
    ]
    language: Annotated[LanguageOut, Field(description="Told from the words, apart from the rest.")]
    conventions: Annotated[
        list[ConventionOut], Field(description="Laughter, tears and signs as cultures read them; at most 20.")
    ]


class TransitionOut(BaseModel):
    """Between two messages of one author, the dominant emotion is another."""

    author: Annotated[str | None, Field(description="Who wrote both.", examples=["u-7"])]
    from_message: Annotated[int, Field(description="Number of the earlier one, from 0.", examples=[0])]
    to_message: Annotated[int, Field(description="Number of the later one.", examples=[2])]
    from_emotion: Annotated[str, Field(description="Before.", examples=["joy"])]
    to_emotion: Annotated[str, Field(description="After.", examples=["anger"])]
    change: Annotated[float, Field(description="How much of the emotions went over, 0 to 1.", examples=[0.72])]


class EmotionsOut(EmotionOut):
    """Emotions of the text, or of the last message of a conversation and of each."""

    messages: Annotated[list[EmotionOut], Field(description="One entry a message.")]
    transitions: Annotated[list[TransitionOut], Field(description="In the order of the later message.")]


class TurnOut(ReadOut):
    """What the author of a turn wants; empty or null where it is missing."""

    author: Annotated[str | None, Field(description="Who wrote it.", examples=["u-7"])]
    intent: Annotated[str | None, Field(description="One of six.", examples=["question"])]
    confidence: Annotated[float | None, Field(description="Its probability.", examples=[0.9])]
    intents: Annotated[dict[str, float], Field(description="Probability of each.", examples=[_INTENTS])]


class NextActionOut(BaseModel):
    """What to do next: a heuristic."""

    action: Annotated[Action, Field(description="What.", examples=["answer"])]
    turn: Annotated[int, Field(description="About which turn, from 0.", examples=[0])]
    reason: Annotated[str, Field(description="Why.", examples=["a question waits for an answer"])]


class IntentOut(ReadOut):
    """The intent of the text or of the last turn, and where the conversation stands."""

    intent: Annotated[
        str | None,
        Field(description="question, statement, command, complaint, praise or request.", examples=["question"]),
    ]
    confidence: Annotated[float | None, Field(description="Its probability.", examples=[0.9])]
    intents: Annotated[dict[str, float], Field(description="Probability of each.", examples=[_INTENTS])]
    turns: Annotated[list[TurnOut], Field(description="One entry a turn.")]
    open_turns: Annotated[list[int], Field(description="Turns that wait for an answer, from 0.", examples=[[0]])]
    next_action: Annotated[NextActionOut | None, Field(description="null where no turn has an intent.")]


class TopicSentimentOut(ReadOut):
    """How the newest public items that name a topic feel; null, each, where none was read."""

    topic: Annotated[str, Field(description="As it was asked.", examples=["sourdough"])]
    overall_sentiment: Annotated[
        str | None, Field(description="The most frequent; neutral where two are.", examples=["positive"])
    ]
    positive_percentage: Annotated[float | None, Field(description="Of `items_read`.", examples=[65.5])]
    negative_percentage: Annotated[float | None, Field(description="Of `items_read`.", examples=[14.0])]
    neutral_percentage: Annotated[float | None, Field(description="Of `items_read`.", examples=[20.5])]
    sentiment_score: Annotated[float | None, Field(description="The mean, -1 to 1.", examples=[0.47])]
    items_read: Annotated[int, Field(description="Items with an answer.", examples=[200])]
    items_found: Annotated[int, Field(description="Items that name the topic.", examples=[311])]
    items_searched: Annotated[int, Field(description="The newest public items, 2,000 at most.", examples=[2000])]
    oldest_at: Annotated[datetime | None, Field(description="Of the items read.", examples=["2026-01-30T08:00:00Z"])]
    newest_at: Annotated[datetime | None, Field(description="Of the items read.", examples=["2026-01-31T12:00:00Z"])]
