"""Recommenders that compare one vector per history with one per item."""

from abc import abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from socialflow.recommendation import candidates
from socialflow.recommendation.candidates import Candidates, ItemIndex
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.query import Query

_ROUNDING = 1e-6
_MANY = 16
"""Histories from which one product with all items takes less time than as many searches of an index."""


def cosines(vectors: FloatArray, columns: IntArray) -> FloatArray:
    """Cosines (len(columns), n) of some rows of `vectors` (n, d) and all of them; NaN for rows that are not numbers."""
    unit: FloatArray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit[columns] @ unit.T


class VectorQuery(Query):
    """Histories of which a `VectorRecommender` has made vectors, once."""

    def __init__(self, model: "VectorRecommender", histories: Histories, vectors: FloatArray | None = None) -> None:
        super().__init__(model, histories)
        self._of_vectors = model
        self._vectors = model._represent(histories) if vectors is None else vectors

    @cached_property
    def _all(self) -> FloatArray:
        return self._of_vectors._compare(self._vectors, None)

    def _some(self, columns: IntArray) -> FloatArray:
        return self._of_vectors._compare(self._vectors, columns)

    def _row(self, row: int) -> Query:
        vectors = self._vectors[row : row + 1]
        return VectorQuery(self._of_vectors, self._histories.rows(row, row + 1), vectors)

    def _likely(self, count: int) -> list[IntArray] | None:
        index = self._of_vectors.index
        if index is None or (len(self._histories) >= _MANY and not self._of_vectors.costly):
            return None
        likely, late = index.likely(self._of_vectors._aims(self._vectors), count), self._of_vectors._late
        return [np.union1d(columns, late) for columns in likely] if len(late) else likely


class VectorRecommender(Recommender):
    """Template of ``score(h) = represent(h) . vectors[j]``.

    A subclass sets `_vectors` (n, d) float32, NaN for items of which nothing is known, and gives `_represent`. Where a
    score is more than this product, it gives `_compare`, and with `_targets` and `_aims` a product that comes near.
    """

    costly: ClassVar[bool] = False
    """Whether `_compare` takes far longer than a product."""
    _vectors: FloatArray

    def __init__(self) -> None:
        super().__init__()
        self._late: IntArray = np.empty(0, np.int64)
        """Ascending columns of items that got a vector after the fit, and are not in its index."""

    def index_items(self, histories: Histories) -> Candidates:
        """Make the index of a fitted model where there are many items, and measure on histories what it misses.

        The index is used where it misses little; see `Candidates`.
        """
        self.index, self.candidates = None, Candidates(len(self._item_ids))
        if len(self._item_ids) <= candidates.EXACT_UP_TO or not len(histories):
            return self.candidates
        exact = self.top(histories, candidates.AT).scores
        least = np.fmin.reduce(exact, axis=1, keepdims=True) - _ROUNDING  # items that score alike are as good
        index = ItemIndex.build(self._targets())
        for width in candidates.WIDTHS:
            self.index = replace(index, width=width)
            alone = (self.top(histories.rows(row, row + 1), candidates.AT) for row in range(len(histories)))
            found = np.concatenate([ranked.scores for ranked in alone])
            recall = (found >= least).sum() / max(np.isfinite(exact).sum(), 1)
            self.candidates = Candidates(len(self._item_ids), float(recall), width)
            if self.candidates.indexed:
                return self.candidates
        self.index = None
        return self.candidates

    @abstractmethod
    def _represent(self, histories: Histories) -> FloatArray:
        """Vectors (m, d) of histories, whose items are columns; NaN where a history says nothing."""

    def _compare(self, vectors: FloatArray, columns: IntArray | None) -> FloatArray:
        """Scores of some columns, or of all, for vectors (m, d) of histories."""
        items = self._vectors if columns is None else self._vectors[columns]
        scores: FloatArray = vectors @ items.T
        return scores

    def _targets(self) -> FloatArray:
        """Vectors (n, e) of items, whose products with `_aims` order items about as their scores do."""
        return self._vectors

    def _aims(self, vectors: FloatArray) -> FloatArray:
        """Vectors (m, e) that ask for items; `vectors` (m, d) are of histories."""
        return vectors

    def _score(self, histories: Histories) -> FloatArray:
        return self._compare(self._represent(histories), None)

    def _score_items(self, histories: Histories, columns: IntArray) -> FloatArray:
        return self._compare(self._represent(histories), columns)

    def _query(self, histories: Histories) -> Query:
        return VectorQuery(self, histories)

    def _similarities(self, columns: IntArray) -> FloatArray:
        return cosines(self._vectors, columns)
