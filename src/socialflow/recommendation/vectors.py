"""Recommenders that compare one vector per history with one per item."""

from abc import abstractmethod

import numpy as np

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Recommender


def cosines(vectors: FloatArray, columns: IntArray) -> FloatArray:
    """Cosines (len(columns), n) of some rows of `vectors` (n, d) and all of them; NaN for rows that are not numbers."""
    unit: FloatArray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit[columns] @ unit.T


class VectorRecommender(Recommender):
    """Template of ``score(h) = represent(h) . vectors[j]``.

    A subclass sets `_vectors` (n, d) float32, NaN for items of which nothing is known, and gives `_represent`.
    """

    _vectors: FloatArray

    @abstractmethod
    def _represent(self, histories: Histories) -> FloatArray:
        """Vectors (m, d) of histories, whose items are columns; NaN where a history says nothing."""

    def _score(self, histories: Histories) -> FloatArray:
        scores: FloatArray = self._represent(histories) @ self._vectors.T
        return scores

    def _score_items(self, histories: Histories, columns: IntArray) -> FloatArray:
        scores: FloatArray = self._represent(histories) @ self._vectors[columns].T
        return scores

    def _similarities(self, columns: IntArray) -> FloatArray:
        return cosines(self._vectors, columns)
