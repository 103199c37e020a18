"""Text answers for code that calls this project as a library: constructors without arguments, plain dictionaries."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from socialflow.errors import InvalidInput
from socialflow.kit.defaults import Startable, resident, started
from socialflow.text.aspects import AspectsTold
from socialflow.text.aspects import aspects as aspects_of
from socialflow.text.dialogue import IntentTold, intents
from socialflow.text.feelings import EmotionsTold, SentimentTold, ThreadTold, emotions, sentiments, thread
from socialflow.text.multilingual import multilingual
from socialflow.text.opinion import Opinions, PostSentiment, TopicSentiment
from socialflow.text.ports import Model
from socialflow.text.service import TextService
from socialflow.text.told import Turn

T = TypeVar("T")


class _Asking:
    """Asks one model; loaded at the first text.

    Args:
        analyser: the model to ask; without it, the one that comes with the package.

    Raises, in every method: InvalidInput, ModelUnavailable, ArtefactError.
    """

    def __init__(self, analyser: Model | None = None) -> None:
        self._given = analyser

    @property
    def _analyser(self) -> Model:
        return self._given or multilingual()


class SentimentAnalyzer(_Asking):
    """Whether an author feels positive, negative or neutral, whether it is meant ironically, and the language."""

    def predict(self, text: str) -> SentimentTold:
        """Of one text, in this thread."""
        return sentiments(self._analyser, [_text(text)])[0]

    async def analyze(self, text: str) -> SentimentTold:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, text)


class AspectSentimentAnalyzer(_Asking):
    """How an author feels about each of several things."""

    def predict(self, text: str, aspects: Sequence[str] | None = None) -> AspectsTold:
        """Sentiment towards the given aspects, or towards those that are found in the text; each says what found it."""
        return aspects_of(self._analyser, _text(text), aspects)

    async def analyze(self, text: str, aspects: Sequence[str] | None = None) -> AspectsTold:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, text, aspects)


class EmotionDetector(_Asking):
    """Seven emotions (Ekman's six and neutral), any number of them at once, and how they change over a conversation."""

    def predict(self, text: str) -> EmotionsTold:
        """Of one text, in this thread."""
        return emotions(self._analyser, [_text(text)])[0]

    async def detect(self, text: str) -> EmotionsTold:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, text)

    def predict_thread(self, messages: Sequence[str | Turn]) -> ThreadTold:
        """Of each message, oldest first, and the transitions between the messages of each author."""
        return thread(self._analyser, _turns(messages))

    async def detect_thread(self, messages: Sequence[str | Turn]) -> ThreadTold:
        """As `predict_thread`, in another thread."""
        return await asyncio.to_thread(self.predict_thread, messages)


class IntentRecognizer(_Asking):
    """What people want (question, statement, command, complaint, praise, request) over the turns of a conversation."""

    def predict(self, turns: str | Sequence[str | Turn]) -> IntentTold:
        """Of a text or a conversation, oldest turn first: each turn's intent, which turns wait, what to do next."""
        return intents(self._analyser, _turns([turns] if isinstance(turns, str) else turns))

    async def detect(self, turns: str | Sequence[str | Turn]) -> IntentTold:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, turns)

    async def analyze(self, turns: str | Sequence[str | Turn]) -> IntentTold:
        """As `detect`."""
        return await self.detect(turns)


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def recommendation(self) -> Startable:
        """What knows the newest items."""
        ...

    @property
    def text(self) -> TextService:
        """Its text model."""
        ...

    @property
    def opinions(self) -> Opinions:
        """Its sentiment of posts and topics."""
        ...


class SentimentService:
    """Sentiment of a platform's texts, posts and topics.

    Args:
        db: a platform on the running event loop; without it, the one which the environment's settings describe, on a
            loop of its own.

    Raises, in every method: ModelUnavailable, Overloaded, StoreUnavailable.
    """

    def __init__(self, db: Home | None = None) -> None:
        self._home = db

    async def analyze(self, text: str) -> SentimentTold:
        """As `SentimentAnalyzer.analyze`, by the model that the platform uses now."""
        (felt,) = await self._with(lambda home: home.text.ask(sentiments, [_text(text)]))
        return felt

    async def analyze_post(self, post_id: str, content: str) -> PostSentiment:
        """The sentiment of a post's words, kept as the given one of the item of this id, where there is one."""
        return await self._with(lambda home: home.opinions.post(post_id, _text(content)))

    async def get_trending_sentiment(self, topic: str) -> TopicSentiment:
        """How the newest public items that name a topic feel. Raises InvalidInput."""

        async def ask(home: Home) -> TopicSentiment:
            await started(home.recommendation)
            return await home.opinions.topic(topic)

        return await self._with(ask)

    async def _with(self, use: Callable[[Home], Awaitable[T]]) -> T:
        return await (resident().run(use) if self._home is None else use(self._home))


def _text(given: str) -> str:
    if not isinstance(given, str):
        raise InvalidInput(f"a text is a string, not {type(given).__name__}", field="text")
    return given


def _turns(given: Sequence[str | Turn]) -> list[Turn]:
    turns = [Turn.of(one) for one in given]
    if not turns:
        raise InvalidInput("a conversation has one message at least", field="turns")
    return [Turn(_text(turn.text), turn.author) for turn in turns]
