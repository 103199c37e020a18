"""What the platform's people feel about a topic, and the sentiment that is kept beside an item."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from socialflow.content.log import ItemText
from socialflow.content.ports import ContentStore
from socialflow.content.records import Item, User
from socialflow.errors import InvalidInput
from socialflow.ids import ItemKey, UserKey
from socialflow.kit.answers import Status
from socialflow.text.feelings import SentimentTold, sentiment_of, sentiments
from socialflow.text.language import UNDETERMINED
from socialflow.text.records import Analysis, Sentiment
from socialflow.text.service import TextService
from socialflow.text.told import Told, together, told

SEARCHED, MOST_READ, MOST_CHARACTERS = 2_000, 200, 100_000
"""The newest public items that are searched for a topic; those of them that are read at most, and their characters."""
NOT_PERMITTED = "analysis:not_permitted"


class Recent(Protocol):
    """What is new on the platform."""

    async def newest(self, limit: int) -> Sequence[ItemKey]:
        """Public items, newest first. Raises Overloaded, StoreUnavailable."""
        ...


class PostSentiment(SentimentTold):
    """The sentiment of a post; `stored` where an item of this id keeps it now."""

    post_id: str
    stored: bool


class TopicSentiment(Told):
    """How the newest items about a topic feel; None, each, where none was read.

    Percentages are of `items_read`, the newest of `items_found` (200 items and 100,000 characters at most) that say
    enough and whose authors permit analysis; they were found among the `items_searched` newest. `overall_sentiment` is
    the most frequent, neutral where two are; `sentiment_score` the mean, -1 to 1.
    """

    topic: str
    overall_sentiment: str | None
    positive_percentage: float | None
    negative_percentage: float | None
    neutral_percentage: float | None
    sentiment_score: float | None
    items_read: int
    items_found: int
    items_searched: int
    oldest_at: datetime | None
    newest_at: datetime | None


class Opinions:
    """Sentiment of posts and topics of one platform.

    Raises, in every method: ModelUnavailable, Overloaded, StoreUnavailable.
    """

    def __init__(self, store: ContentStore, text: TextService, recent: Recent) -> None:
        self._store = store
        self._text = text
        self._recent = recent

    async def post(self, post_id: str, content: str) -> PostSentiment:
        """The sentiment of a post's words, kept as the given sentiment of the item of this id, where there is one.

        Abstains where the item's author does not permit analysis; `item:unknown` of `missing` says that there is none.
        """
        item, author = await self._item(post_id)
        if author is not None and not author.privacy.analyse:
            nothing = sentiment_of(Analysis({}, Status.ABSTAINED, (NOT_PERMITTED,), 0.0, 0), UNDETERMINED)
            return PostSentiment(**nothing, post_id=post_id, stored=False)
        (felt,) = await self._text.ask(sentiments, [content])
        if item is None:
            felt["missing"].append("item:unknown")
            felt["status"] = Status.ABSTAINED if felt["sentiment"] is None else Status.PARTIAL
        stored = False
        if item is not None and felt["sentiment"] is not None and felt["sentiment_score"] is not None:
            async with self._store.write() as unit:
                stored = await unit.items.set_sentiment(item.key, felt["sentiment"], felt["sentiment_score"])
        return PostSentiment(**felt, post_id=post_id, stored=stored)

    async def topic(self, topic: str, limit: int = MOST_READ) -> TopicSentiment:
        """How the newest public items that name a topic feel: by tag, category, or as words, in any case.

        Raises:
            InvalidInput: the topic holds no word.
        """
        names = _named(topic)
        keys = await self._recent.newest(SEARCHED)
        found = await self._about(names, keys)
        newest = list(_first(found[:limit]))
        items, barred = await self._permitted([text.key for text in newest])
        texts = [text for text in newest if text.key in items]
        words = [_words(text) for text in texts]
        analyses = await self._text.analyse(words, ("sentiment",))
        felt = [
            (text.key, analysis.record("sentiment", Sentiment)) for text, analysis in zip(texts, analyses, strict=True)
        ]
        read = [(items[key], sentiment) for key, sentiment in felt if sentiment is not None]
        overall = together([told(analysis) for analysis in analyses], words)
        if not found:
            overall["missing"].append("items:none")
        elif barred:
            overall["missing"].append(NOT_PERMITTED)
            overall["status"] = Status.PARTIAL if read else Status.ABSTAINED
        return _summary(topic, overall, read, len(found), len(keys))

    async def _item(self, post_id: str) -> tuple[Item | None, User | None]:
        async with self._store.read() as unit:
            key = (await unit.items.keys([post_id])).get(post_id)
            item = None if key is None else (await unit.items.by_keys([key])).get(key)
            if item is None or item.author_key is None:
                return item, None
            return item, (await unit.users.by_keys([item.author_key])).get(item.author_key)

    async def _about(self, topic: re.Pattern[str], keys: Sequence[ItemKey]) -> list[ItemText]:
        """Items that name a topic, in the order of `keys`."""
        found: dict[ItemKey, ItemText] = {}
        if keys:
            async with self._store.read() as unit:
                async for batch in unit.items.texts(list(keys)):
                    found |= await asyncio.to_thread(_naming, topic, batch)
        return [found[key] for key in keys if key in found]

    async def _permitted(self, keys: Sequence[ItemKey]) -> tuple[dict[ItemKey, Item], bool]:
        """Those items whose authors permit analysis, and whether others were left out."""
        async with self._store.read() as unit:
            items = await unit.items.by_keys(keys) if keys else {}
            authors: set[UserKey] = {item.author_key for item in items.values() if item.author_key is not None}
            people = await unit.users.by_keys(authors) if authors else {}
        barred = {key for key, user in people.items() if not user.privacy.analyse}
        permitted = {key: item for key, item in items.items() if item.author_key not in barred}
        return permitted, len(permitted) < len(items)


def _summary(
    topic: str, overall: Told, read: Sequence[tuple[Item, Sentiment]], found: int, searched: int
) -> TopicSentiment:
    labels = [sentiment.label for _, sentiment in read]
    dates = [item.created_at for item, _ in read]

    def percentage(label: str) -> float | None:
        return round(100 * labels.count(label) / len(labels), 1) if labels else None

    return TopicSentiment(
        **overall,
        topic=topic,
        overall_sentiment=_most_frequent(labels),
        positive_percentage=percentage("positive"),
        negative_percentage=percentage("negative"),
        neutral_percentage=percentage("neutral"),
        sentiment_score=sum(sentiment.score for _, sentiment in read) / len(read) if read else None,
        items_read=len(read),
        items_found=found,
        items_searched=searched,
        oldest_at=min(dates, default=None),
        newest_at=max(dates, default=None),
    )


def _most_frequent(labels: Sequence[str]) -> str | None:
    if not labels:
        return None
    most = max(labels.count(label) for label in labels)
    leading = {label for label in labels if labels.count(label) == most}
    return leading.pop() if len(leading) == 1 else "neutral"


def _named(topic: str) -> re.Pattern[str]:
    """The topic as whole words; in a tag its words may stand without spaces."""
    words = re.findall(r"\w+", topic)
    if not words:
        raise InvalidInput(f"{topic!r} names no topic; say it in words", field="topic")
    between = r"[\W_]*"
    return re.compile(rf"(?<!\w){between.join(words)}(?!\w)", re.IGNORECASE)


def _naming(topic: re.Pattern[str], texts: Sequence[ItemText]) -> dict[ItemKey, ItemText]:
    return {text.key: text for text in texts if topic.search(_everything(text))}


def _first(texts: Sequence[ItemText]) -> Iterator[ItemText]:
    """As many as there is room for, the first one always."""
    size = 0
    for number, text in enumerate(texts):
        size += len(_words(text))
        if number and size > MOST_CHARACTERS:
            return
        yield text


def _words(text: ItemText) -> str:
    return ". ".join(filter(None, (text.title, text.description, text.text)))


def _everything(text: ItemText) -> str:
    return "\n".join((text.title, text.description, text.text, text.category or "", *text.tags))
