"""What the words of posts, comments and videos say: every answer about a text, from one encoding of all."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from socialflow.analysis.keywords import extract
from socialflow.analysis.service import CLEAR_TOPIC, TopicSource
from socialflow.analysis.tags import Source, combine
from socialflow.content.ports import ContentStore
from socialflow.content.records import Findings, Mood, NamedEntity
from socialflow.errors import Erased, ModelUnavailable, UserNotFound
from socialflow.inference.lane import Lane
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.clock import Clock
from socialflow.text.language import UNDETERMINED, identifier
from socialflow.text.records import Analysis, Choice, Emotions, Language, Sentiment, Spans
from socialflow.text.service import TextService

RECIPE = 1
"""Raised whenever the same answers of the model give other findings, so that items are analysed again."""
QUESTIONS = ("sentiment", "emotion", "intent", "category", "entities")
"""What the text model is asked."""
WAITING = 64
"""Calls that wait for their turn at most."""
KEYWORDS, TAGS = 10, 8
LIKELY, CLEAR = 0.2, 0.5
"""Probabilities from which a category is among those of a text, and from which it is the one of its item."""
TYPES: Mapping[str, str] = {
    "PER": "person",
    "LOC": "location",
    "ORG": "organization",
    "PRODUCT": "product",
    "WORK": "work",
    "GROUP": "group",
}
MOODS: Mapping[str, Mood] = {
    "joy": Mood.JOYFUL,
    "sadness": Mood.SAD,
    "anger": Mood.ANGRY,
    "disgust": Mood.ANGRY,
    "fear": Mood.TENSE,
    "surprise": Mood.EXCITED,
    "neutral": Mood.NEUTRAL,
}

_HASHTAG = re.compile(r"(?<![\w#&])#(\w*[^\W\d_]\w*)")


def whole(title: str, description: str, text: str) -> str:
    """All words of an item, a line each.

    >>> whole("Rye bread", " ", "It rose!")
    'Rye bread\\nIt rose!'
    """
    return "\n".join(part for part in (title, description, text) if part.strip())


class ContentAnalyser:
    """Reads texts. Without a text model it finds key phrases, language, tags and topics, and names what is missing.

    Args:
        topics: gives the topic model in use.
    """

    def __init__(self, store: ContentStore, text: TextService, topics: TopicSource, clock: Clock) -> None:
        self._store = store
        self._text = text
        self._topics = topics
        self._clock = clock
        self._languages = identifier()
        self._lane = Lane("content", capacity=WAITING)

    async def close(self) -> None:
        """Finish what is being worked out."""
        await self._lane.close()

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return self._lane.waiting

    async def made_by(self) -> str:
        """What findings are made by now: items that something else made findings of are worth reading again.

        Raises ModelUnavailable where there is no text model, Overloaded.
        """
        return f"{RECIPE} {await self._text.ask(lambda analyser: analyser.makers)}"

    async def read(self, texts: Sequence[str]) -> list[Findings]:
        """What each text says, in order. Raises Overloaded."""
        try:
            answers: Sequence[Analysis | None] = await self._text.analyse(texts, QUESTIONS)
        except ModelUnavailable:
            answers = [None] * len(texts)
        return await self._lane.run(self._findings, texts, answers)

    async def read_of(self, author: str | None, text: str) -> Findings:
        """What a text by somebody says; nothing where they do not permit analysis. Raises Overloaded,
        StoreUnavailable."""
        if not await self._permitted(author):
            return Findings(self._clock.now(), missing=("analysis:not_permitted",))
        return (await self.read([text]))[0]

    async def channel(self, channel_id: str) -> Findings:
        """What the name and the description of a channel say, as `read_of` its owner. Raises ChannelNotFound."""
        async with self._store.read() as unit:
            channel = await unit.channels.get(channel_id)
        return await self.read_of(channel.owner, whole(channel.name, channel.description, ""))

    async def _permitted(self, author: str | None) -> bool:
        if author is None:
            return True
        async with self._store.read() as unit:
            try:
                return (await unit.users.get(author)).privacy.analyse
            except (UserNotFound, Erased):
                return True

    def _findings(self, texts: Sequence[str], answers: Sequence[Analysis | None]) -> list[Findings]:
        """Everything that is found; runs in the lane."""
        languages = self._languages.identify(texts)
        topics, made_by = self._topics_of(texts)
        made = zip(texts, answers, languages, topics, strict=True)
        return [self._finding(*one, made_by) for one in made]

    def _topics_of(self, texts: Sequence[str]) -> tuple[Sequence[tuple[str, ...]], Sequence[Provenance]]:
        """Clear topics of each text, and what knows them (nothing: no model was made)."""
        model = self._topics()
        if model is None:
            return [()] * len(texts), ()
        names = [topic.name for topic in model[0].topics]
        shares = model[0].topics_of(texts)
        clear = [np.flatnonzero(row >= CLEAR_TOPIC) for row in shares]
        return [tuple(names[number] for number in row.tolist()) for row in clear], model[1:]

    def _finding(
        self,
        text: str,
        answers: Analysis | None,
        language: Language,
        topics: tuple[str, ...],
        knows_topics: Sequence[Provenance],
    ) -> Findings:
        now = self._clock.now()
        if not text.strip():
            return Findings(now, missing=("text:empty",))
        known = None if language is UNDETERMINED else language.code
        phrases = extract(text, KEYWORDS, language=known)
        sentiment = answers.record("sentiment", Sentiment) if answers else None
        emotions = answers.record("emotion", Emotions) if answers else None
        intent = answers.record("intent", Choice) if answers else None
        category = answers.record("category", Choice) if answers else None
        entities = answers.record("entities", Spans) if answers else None
        categories = _likely(category)
        evidence = {
            Source.GIVEN: dict.fromkeys(_HASHTAG.findall(text), 1.0),
            Source.PHRASE: {phrase.text: phrase.score for phrase in phrases},
            Source.CLASSIFIED: categories,
        }
        return Findings(
            now,
            sentiment=sentiment.label if sentiment else None,
            sentiment_score=sentiment.score if sentiment else None,
            language=known,
            mood=mood_of(emotions, intent.label if intent else None) if emotions else None,
            category=next((name for name, share in categories.items() if share >= CLEAR), None),
            tags=tuple(tag.name.casefold() for tag in combine(evidence, TAGS)),
            categories=tuple(categories),
            emotions=emotions.present if emotions else (),
            intent=intent.label if intent else None,
            keywords=tuple(phrase.text for phrase in phrases),
            topics=topics,
            entities=tuple(_named(text, entities)) if entities else (),
            missing=(
                *(answers.missing if answers else QUESTIONS),
                *(() if known else ("language",)),
                *(() if knows_topics else ("model:topics",)),
            ),
            provenance=(
                *dict.fromkeys(answer.provenance for answer in (answers.answers if answers else {}).values()),
                self._languages.provenance,
                Provenance("tags", "1", Tier.HEURISTIC),
                *((Provenance("mood", "1", Tier.HEURISTIC),) if emotions else ()),
                *knows_topics,
            ),
        )


def mood_of(emotions: Emotions, intent: str | None) -> Mood | None:
    """The mood of what is written with these emotions: that of the strongest, by a table set by hand, a heuristic.

    Joy with surprise is excitement, a question without emotion is curiosity; where no emotion is clear there is none.

    >>> from socialflow.text.records import Emotions
    >>> mood_of(Emotions({"joy": 0.9, "surprise": 0.7}, ("joy", "surprise"), "joy", 0.9), None).value
    'excited'
    """
    if not emotions.present:
        return None
    if {"joy", "surprise"} <= set(emotions.present):
        return Mood.EXCITED
    strongest = max(emotions.present, key=emotions.scores.__getitem__)
    return Mood.CURIOUS if strongest == "neutral" and intent == "question" else MOODS[strongest]


def _likely(category: Choice | None) -> dict[str, float]:
    """Categories that are likely enough, the likeliest first."""
    shares = category.probabilities if category else {}
    return {name: share for name, share in sorted(shares.items(), key=lambda one: -one[1]) if share >= LIKELY}


def _named(text: str, entities: Spans) -> Iterator[NamedEntity]:
    """Each name once, in the order of the text."""
    seen = set()
    for span in entities.spans:
        name = text[span.start : span.end]
        if (name.casefold(), span.label) not in seen:
            seen.add((name.casefold(), span.label))
            yield NamedEntity(name, TYPES[span.label], span.score)
