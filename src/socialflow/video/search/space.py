"""The space in which words and what is in a video are compared."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np

from socialflow.kit.answers import Provenance
from socialflow.text.analyser import bundled
from socialflow.text.ports import Answering
from socialflow.text.records import Vector
from socialflow.video.search.records import Floats
from socialflow.video.search.wording import SHORT

_KEPT = 10_000
"""Vectors of short phrases that are kept: names of classes come again and again."""
_BRIEF = 60
"""Characters of a phrase that is kept."""
_AT_ONCE = 512
ORDINARY = """
adult, alarm, animal, apple, arm, baby, bag, ball, band, bank, beard, bed, bell, boat, book, bottle, box, boy, bread,
bridge, building, business, cake, camera, car, chair, child, church, city, clock, cloud, coat, colour, computer,
crowd, dance, day, door, dress, drink, driving, ear, eating, engine, evening, face, family, farm, field, fire, fish,
flag, floor, flower, food, forest, friend, fruit, game, garden, girl, glass, grass, group, gun, hair, hand, hat, head,
hill, home, house, island, job, jumping, key, kitchen, knife, lamp, laughing, leaf, leg, letter, light, machine, man,
market, meal, meat, metal, money, morning, mountain, music, name, news, night, noise, number, office, painting, paper,
park, party, people, phone, picture, plane, plant, plate, playing, question, rain, reading, river, road, rock, room,
sand, school, screen, sea, shirt, shoe, shop, silence, singing, sky, sleeping, smoke, snow, song, speaking, sport,
stone, street, summer, sun, table, talking, team, toy, tool, town, train, tree, uniform, voice, walking, wall, war,
watch, water, weather, wheel, wind, window, winter, woman, wood, work, writing, year, a thing of no particular kind,
somebody does something, a few people are in a room, this is about what happened today, thank you for watching,
there is something on the table, we have to talk about it, it is very large, two of them at the same time
"""
"""What everything has something of: its mean is taken off all vectors, so that what is left tells things apart."""


NOISE = """
sdfgh, vbnm, ghjkl, wertz uiop, xcvb, qwrtp, zxcv bnm, jjkk llff, dfgkjh, bvcx nbvc, tgbyhn, rfvtgb, plokij, qazwsx,
kjhgfd, wqeqwe, dsadsa, xyzzq, mnbvc lkjh, eiwuq poqw
"""
"""Letters that say nothing: what is as near to them as to anything else says nothing either."""


class Space(Protocol):
    """Where phrases and queries have vectors of length 1, or 0 where nothing can be read."""

    @property
    def name(self) -> str:
        """Stands for everything that a vector depends on: those of two names do not compare."""
        ...

    @property
    def provenance(self) -> Provenance:
        """What makes the vectors."""
        ...

    def vectors(self, words: Sequence[str]) -> Floats:
        """Of each text (texts, width). Raises ModelUnavailable, ArtefactError."""
        ...

    def noise(self, vectors: Floats) -> Floats:
        """How near (texts,) such vectors are to what says nothing, -1 to 1."""
        ...


class TextSpace:
    """Sentence vectors less what all have in common, of length 1. Safe to use from several threads.

    ``v = (s - m) / |s - m|``, m being the mean of vectors of ordinary words: cosines of what is unrelated then lie
    about 0, and not at whatever a model holds for the least (Mu, Viswanath, "All-but-the-top: simple and effective
    postprocessing for word representations", ICLR 2018).

    Args:
        analyser: answers `sentence`, in English; whose language a few words are in, nobody can tell.
    """

    def __init__(self, analyser: Answering, provenance: Provenance) -> None:
        self._analyser, self.provenance = analyser, provenance
        self.name = f"text-1-{analyser.digest[:16]}"
        self._guard = threading.Lock()
        self._mean: Floats | None = None
        self._kept: OrderedDict[str, Floats] = OrderedDict()

    def vectors(self, words: Sequence[str]) -> Floats:
        """Of each text (texts, width), of the beginning of a long one."""
        cut = [text[:SHORT] for text in words]
        with self._guard:
            known = {text: self._kept[text] for text in cut if text in self._kept}
        new = [text for text in dict.fromkeys(cut) if text not in known]
        known.update(zip(new, self._made(new), strict=True))
        with self._guard:
            for text in cut:
                if len(text) <= _BRIEF:
                    self._kept[text] = known[text]
                    self._kept.move_to_end(text)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return np.array([known[text] for text in cut], np.float32).reshape(len(cut), -1 if cut else 0)

    def noise(self, vectors: Floats) -> Floats:
        """The highest cosine with `NOISE`."""
        nearest: Floats = (vectors @ self.vectors(listed(NOISE)).T).max(axis=1)
        return nearest

    def _made(self, texts: Sequence[str]) -> Floats:
        mean = self._ordinary()
        rows, read = self._sentences(texts, len(mean))
        rows[read] -= mean
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Floats = np.divide(rows, lengths, out=rows, where=lengths > 0)
        return unit

    def _ordinary(self) -> Floats:
        with self._guard:
            if self._mean is None:
                texts = listed(ORDINARY)
                (first,) = self._analyser.analyse(texts[:1], ("sentence",))
                told = first.record("sentence", Vector)
                width = 1 if told is None else len(told.values)
                self._mean = self._sentences(texts, width)[0].mean(axis=0)
            return self._mean

    def _sentences(self, texts: Sequence[str], width: int) -> tuple[Floats, list[int]]:
        """Vectors as the model gives them, and which of them it gives."""
        rows, read = np.zeros((len(texts), width), np.float32), list[int]()
        for start in range(0, len(texts), _AT_ONCE):
            for row, told in enumerate(self._analyser.analyse(texts[start : start + _AT_ONCE], ("sentence",)), start):
                if (vector := told.record("sentence", Vector)) is not None:
                    rows[row] = vector.values
                    read.append(row)
        return rows, read


def listed(texts: str) -> list[str]:
    """Texts that commas set apart."""
    return [" ".join(text.split()) for text in texts.split(",")]


@cache
def text_space() -> TextSpace:
    """That of the text model in the package, one a process. Raises ModelUnavailable, ArtefactError."""
    return TextSpace(bundled(), bundled().provenance)
