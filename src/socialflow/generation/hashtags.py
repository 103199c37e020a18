"""Which tags fit a draft: those of the platform's items that share its words."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from socialflow.generation.bank import words_of
from socialflow.generation.continuations import PEOPLE

RARE = 2.0
"""Items that are added to those with a word: a word that was seen once says little."""

_BEGUN = re.compile(r"#(\w*)$")
_GIVEN = re.compile(r"#(\w+)")


@dataclass(frozen=True, slots=True)
class Hashtag:
    """A tag; `score`, 0 to 1, is how much of the draft's words speaks for it."""

    tag: str
    score: float


@dataclass(frozen=True, slots=True)
class Tagged:
    """The words and tags of one item of one person."""

    person: int
    text: str
    tags: tuple[str, ...]


class Hashtags:
    """Tags of at least three people, by the words of the items that have them.

    ``score = sum_w idf(w) n(w, tag) / (n(w) + 2) / sum_w idf(w)`` over the different words w of a draft; ``n`` counts
    items, ``idf(w) = ln(N / n(w))``, and a word that no item has counts as one that a single item has.
    """

    def __init__(self, items: Iterable[Tagged]) -> None:
        people: dict[str, set[int]] = defaultdict(set)
        self._having: dict[str, Counter[str]] = defaultdict(Counter)
        self._items = Counter[str]()
        self._total = 0
        for item in items:
            tags = {tag.casefold().lstrip("#") for tag in item.tags} - {""}
            words = {*words_of(item.text), *tags}
            self._total += 1
            self._items.update(words)
            for tag in tags:
                people[tag].add(item.person)
            for word in words if tags else ():
                self._having[word].update(tags)
        self._people = {tag: len(who) for tag, who in people.items() if len(who) >= PEOPLE}

    def fitting(self, draft: str, limit: int) -> list[Hashtag]:
        """The best tags for a draft that it does not have yet. Where it ends in "#" and letters, only those that begin
        so, and among equals those of most people."""
        begun = _BEGUN.search(draft)
        start = None if begun is None else begun.group(1).casefold()
        had = {tag.casefold() for tag in _GIVEN.findall(draft if begun is None else draft[: begun.start()])}
        found = [
            Hashtag(tag, score)
            for tag, score in self._scores(draft if begun is None else draft[: begun.start()]).items()
            if tag not in had and (score > 0.0 if start is None else tag.startswith(start))
        ]
        return sorted(found, key=lambda one: (-one.score, -self._people[one.tag], one.tag))[:limit]

    def _scores(self, draft: str) -> dict[str, float]:
        scores = dict.fromkeys(self._people, 0.0)
        words = {word: math.log(max(1, self._total) / max(1, self._items[word])) for word in set(words_of(draft))}
        weight = sum(words.values()) or 1.0
        for word, rarity in words.items():
            for tag, count in self._having.get(word, {}).items():
                if tag in scores:
                    scores[tag] += rarity * count / (self._items[word] + RARE) / weight
        return scores
