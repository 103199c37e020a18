"""What items mean, by the text model in the package: vectors of sentences, beside the vectors of words."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

import numpy as np

from socialflow.recommendation.interactions import FloatArray, ItemTable
from socialflow.text.analyser import Analyser, bundled
from socialflow.text.records import Vector

WIDTH = 384
_QUESTION = "sentence"
_LONGEST = 200
"""Characters read of an item: a title, its tags and the gist of a description. Time grows with them."""
_AT_ONCE = 4096
_FEW, _KEPT = 64, 4096
"""Vectors of tables of at most so many rows, like the interests of people, are kept, and how many of them."""


class Sentences:
    """Vectors of what is written about items. Safe to use from several threads."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._guard = threading.Lock()
        self._kept: OrderedDict[bytes, FloatArray] = OrderedDict()
        self._last = b"", np.empty((0, WIDTH), np.float32)

    @property
    def digest(self) -> str:
        """Of the model: vectors of another one are not comparable."""
        return self._analyser.digest

    def of(self, items: ItemTable) -> FloatArray:
        """Vectors (len(items), 384) of length 1; 0 where nothing can be read.

        Raises:
            ArtefactError: the text model is damaged.
        """
        texts = [said(items, row) for row in range(len(items))]
        if len(texts) > _FEW:
            return self._of_many(texts)
        digests = [_digest(text) for text in texts]
        with self._guard:
            known = {digest: self._kept[digest] for digest in digests if digest in self._kept}
        new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        known.update(zip(new, self._encoded(list(new.values())), strict=True))
        with self._guard:
            for digest in digests:
                self._kept[digest] = known[digest]
                self._kept.move_to_end(digest)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return np.array([known[digest] for digest in digests], np.float32).reshape(len(texts), WIDTH)

    def _of_many(self, texts: Sequence[str]) -> FloatArray:
        """The last catalogue is kept: a gate fits it twice."""
        digest = _digest("\0".join(texts))
        with self._guard:
            known, vectors = self._last
        if known != digest:
            vectors = self._encoded(texts)
            with self._guard:
                self._last = digest, vectors
        return vectors.copy()

    def _encoded(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        for start in range(0, len(texts), _AT_ONCE):
            for row, told in enumerate(self._analyser.analyse(texts[start : start + _AT_ONCE], (_QUESTION,)), start):
                if (vector := told.record(_QUESTION, Vector)) is not None:
                    vectors[row] = vector.values
        return vectors


def _digest(text: str) -> bytes:
    """Stands for a text: what people say of themselves is not kept."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).digest()


@cache
def sentences() -> Sentences:
    """By the text model in the package, one a process. Raises ModelUnavailable, ArtefactError."""
    return Sentences(bundled())


def said(items: ItemTable, row: int) -> str:
    """What is written about an item, the beginning of it.

    >>> table = ItemTable(np.arange(1), ["Rye bread"], ["It rose."], [["baking"]], ["food"], np.array([3]), np.zeros(1))
    >>> said(table, 0)
    'Rye bread. food, baking. It rose.'
    """
    title, category = items.titles[row].strip(), items.categories[row]
    names = dict.fromkeys([*([category] if category else []), *items.tags[row]])
    about = ", ".join(name for name in names if name.casefold() != title.casefold())
    description = items.descriptions[row][:_LONGEST]
    return ". ".join(part for part in (title, about, description) if part)[:_LONGEST]
