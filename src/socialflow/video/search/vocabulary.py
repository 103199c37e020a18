"""Phrases of all clips, each once: names of classes are the same in many videos."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from socialflow.video.search.records import Floats
from socialflow.video.search.wording import stems

_FIRST = 256
"""Rows that there is room for at first."""


class Vocabulary:
    """Rows of vectors by words; one that nobody uses any more is given to somebody else."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._words: dict[int, str] = {}
        self._uses = np.zeros(_FIRST, np.int64)
        self._free: list[int] = []
        self._stems: defaultdict[str, set[int]] = defaultdict(set)
        self._vectors: Floats = np.zeros((_FIRST, 0), np.float32)

    def take(self, words: Sequence[str], vectors: Floats) -> npt.NDArray[np.int64]:
        """Rows of phrases with these vectors (phrases, width), each in use once more."""
        if self._vectors.shape[1] == 0:
            self._vectors = np.zeros((len(self._vectors), vectors.shape[1]), np.float32)
        rows = np.array([self._row(*one) for one in zip(words, vectors, strict=True)], np.int64)
        np.add.at(self._uses, rows, 1)
        return rows

    def let_go(self, rows: npt.NDArray[np.int64]) -> None:
        """These are in use once less."""
        np.subtract.at(self._uses, rows, 1)
        for row in np.unique(rows[self._uses[rows] == 0]).tolist():
            words = self._words.pop(row)
            del self._rows[words]
            for stem in stems(words):
                self._stems[stem].discard(row)
                if not self._stems[stem]:
                    del self._stems[stem]
            self._vectors[row] = 0
            self._free.append(row)

    def vectors(self, rows: npt.NDArray[np.int64]) -> Floats:
        """Of some rows."""
        found: Floats = self._vectors[rows]
        return found

    def cosines(self, vector: Floats) -> Floats:
        """Of a vector (width,) of length 1 with every row's."""
        found: Floats = self._vectors @ vector
        return found

    def having(self, stem: str) -> npt.NDArray[np.bool_]:
        """Which rows have a word of this stem."""
        found = np.zeros(len(self._vectors), np.bool_)
        found[list(self._stems.get(stem, ()))] = True
        return found

    def _row(self, words: str, vector: Floats) -> int:
        row = self._rows.get(words)
        if row is None:
            if not self._free and len(self._rows) == len(self._vectors):
                self._grow()
            row = self._free.pop() if self._free else len(self._rows)
            self._rows[words], self._words[row] = row, words
            for stem in stems(words):
                self._stems[stem].add(row)
        self._vectors[row] = vector
        return row

    def _grow(self) -> None:
        self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
        self._uses = np.concatenate([self._uses, np.zeros_like(self._uses)])
