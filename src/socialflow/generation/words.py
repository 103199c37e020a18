"""What the people of a platform write in public: their phrases and tags, read again every ten minutes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from socialflow.content.log import ItemFacts, ItemText
from socialflow.content.ports import ContentStore
from socialflow.content.service import SEEN_BY_EVERYONE
from socialflow.generation.continuations import Phrases, common
from socialflow.generation.hashtags import Hashtags, Tagged
from socialflow.ids import ItemKey
from socialflow.inference.lane import Lane
from socialflow.kit.clock import Clock
from socialflow.kit.single_flight import SingleFlight

MOST_ITEMS = 20_000
"""The newest that are read."""
KEPT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases and tags of the newest public items."""

    phrases: Phrases
    hashtags: Hashtags


class PlatformWords:
    """Gives `Words`; whoever asks while they are read waits with the others.

    Items without an author, and those of people who bar training, are left out.
    """

    def __init__(self, store: ContentStore, clock: Clock, lane: Lane) -> None:
        self._store = store
        self._clock = clock
        self._lane = lane
        self._flight = SingleFlight[Words]()
        self._held: tuple[float, Words] | None = None

    async def get(self) -> Words:
        """Of ten minutes ago at most. Raises Overloaded, StoreUnavailable."""
        now = self._clock.now().timestamp()
        if self._held is not None and now - self._held[0] < KEPT_SECONDS:
            return self._held[1]
        return await self._flight.run("words", self._read)

    async def _read(self) -> Words:
        at = self._clock.now().timestamp()
        async with self._store.read() as unit:
            barred = frozenset(await unit.users.untrainable())
            authors: dict[ItemKey, int] = {}
            async for batch in unit.items.facts():
                authors |= {
                    one.key: int(one.author_key)
                    for one in batch
                    if _public(one) and one.author_key is not None and one.author_key not in barred
                }
            newest = list(authors)[-MOST_ITEMS:]
            texts = [text async for rows in unit.items.texts(newest) for text in rows]
        words = await self._lane.run(_words, texts, authors)
        self._held = at, words
        return words


def _public(item: ItemFacts) -> bool:
    return item.status in SEEN_BY_EVERYONE and not item.hidden


def _words(texts: list[ItemText], authors: Mapping[ItemKey, int]) -> Words:
    said: dict[int, list[str]] = defaultdict(list)
    tagged: list[Tagged] = []
    for text in texts:
        parts = (text.title, text.description, text.text)
        said[authors[text.key]] += parts
        tagged.append(Tagged(authors[text.key], " ".join(parts), text.tags))
    return Words(common(said), Hashtags(tagged))
