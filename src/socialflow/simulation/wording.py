"""Titles, descriptions, tags and names, written from topic vocabularies with a seeded generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from socialflow.content.records import Mood
from socialflow.simulation.vocabulary import (
    ADJECTIVES,
    CHANNEL_FORMS,
    COLOURS,
    CREATURES,
    MOOD_ADJECTIVES,
    NUMBERS,
    SENTENCES,
    TITLE_FORMS,
    TOPICS,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Words:
    """What an item says."""

    title: str
    description: str
    tags: tuple[str, ...]
    mood: Mood


class Writer:
    """Writes words; the same generator state writes the same words."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._numbers: list[float] = []

    def item(self, main: int, second: int | None) -> Words:
        """Words about topic `main`, and a sentence on topic `second` if there is one."""
        topic = TOPICS[main]
        mood = self._pick(topic.moods)
        slots = self._slots(main, mood)
        title = _upper_first(self._pick(TITLE_FORMS).format(**slots))
        first = int(self._next() * len(SENTENCES))
        second_form = (first + 1 + int(self._next() * (len(SENTENCES) - 1))) % len(SENTENCES)
        forms = (SENTENCES[first], SENTENCES[second_form])
        description = " ".join(form.format(**self._slots(main, mood)) for form in forms)
        tags = [topic.name, self._pick(topic.things), self._pick(topic.things)]
        if second is not None:
            other = TOPICS[second]
            description += f" With a little {other.name}: {self._pick(other.subjects)}."
            tags += [other.name, self._pick(other.things)]
        return Words(title, _sentences(description), tuple(dict.fromkeys(tags)), mood)

    def channel(self, main: int, number: int) -> tuple[str, str]:
        """Name and description of a channel on topic `main`."""
        topic = TOPICS[main]
        thing, other = self._pick(topic.things), self._pick(topic.things)
        form = self._pick(CHANNEL_FORMS)
        name = form.format(
            Thing=thing.title(),
            Other=(other if other != thing else topic.name).title(),
            Name=CREATURES[number % len(CREATURES)].title(),
            topic=topic.name,
            Topic=topic.name.title(),
        )
        return name, f"Videos about {topic.name}: {self._pick(topic.subjects)} and {self._pick(topic.subjects)}."

    def _slots(self, main: int, mood: Mood) -> dict[str, str]:
        topic = TOPICS[main]
        adjective = self._pick(MOOD_ADJECTIVES[mood] if self._next() < 0.6 else ADJECTIVES)
        subjects, doing, number = self._pick(topic.subjects), self._pick(topic.doings), self._pick(NUMBERS)
        thing = self._pick(topic.things)
        return {
            "adjective": adjective,
            "Article": "An" if adjective[0] in "aeiou" else "A",
            "subjects": subjects,
            "Subjects": _upper_first(subjects),
            "doing": doing,
            "Doing": _upper_first(doing),
            "setting": self._pick(topic.settings),
            "Number": number,
            "number": number.lower(),
            "thing": thing,
            "other": self._pick([one for one in topic.things if one != thing]),
        }

    def _pick(self, options: Sequence[T]) -> T:
        return options[int(self._next() * len(options))]

    def _next(self) -> float:
        if not self._numbers:
            self._numbers = self._rng.random(4096).tolist()
        return self._numbers.pop()


def username(number: int, seed: int) -> str:
    """A readable username, one per number and seed.

    >>> username(0, 7)
    'amber-otter-7-0'
    """
    colour, creature = number % len(COLOURS), (number // len(COLOURS)) % len(CREATURES)
    return f"{COLOURS[colour]}-{CREATURES[creature]}-{seed}-{number}"


def _upper_first(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sentences(words: str) -> str:
    return ". ".join(_upper_first(sentence) for sentence in words.split(". "))
