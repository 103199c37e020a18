"""Recommenders that are one item-item matrix: what a history's items are linked to, summed."""

import numpy as np
from scipy import sparse

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, Matrix, Ranked, Recommender, Saved, unranked

MOST_LINKS = 40_000_000
"""Links of a model at most, where it chooses the length of its lists itself: 320 MB."""


class LinkRecommender(Recommender):
    """Template of ``score(h)[j] = sum over the history's items i of weight_i * links[i, j]``.

    A subclass sets `_links` in `_fit`: CSR (n, n) float32 without a diagonal. NaN where no item of the history has a
    link.
    """

    def __init__(self) -> None:
        super().__init__()
        self._links: Matrix = sparse.csr_array(np.empty((0, 0), np.float32))

    def _score(self, histories: Histories) -> FloatArray:
        if len(histories) == 1:
            return self._one(histories)
        shape = (len(histories), len(self._item_ids))
        cells = (histories.weights, histories.items.astype(np.int32), histories.indptr.astype(np.int32))
        weights: Matrix = sparse.csr_array(cells, shape=shape)
        scores: FloatArray = (weights @ self._links).toarray()
        scores[scores == 0] = np.nan
        return scores

    def _score_items(self, histories: Histories, columns: IntArray) -> FloatArray:
        if len(histories) > 1:
            return super()._score_items(histories, columns)
        return self._one(histories)[:, columns]

    def _one(self, histories: Histories) -> FloatArray:
        """Scores (1, n) of a single history, several times quicker than a product of sparse matrices."""
        scores = np.zeros(len(self._item_ids), np.float32)
        for item, weight in zip(histories.items.tolist(), histories.weights.tolist(), strict=True):
            span = slice(self._links.indptr[item], self._links.indptr[item + 1])
            scores[self._links.indices[span]] += np.float32(weight) * self._links.data[span]
        scores[scores == 0] = np.nan
        return scores[None, :]

    def _neighbours(self, columns: IntArray, k: int) -> Ranked:
        ranked = unranked(len(columns), k)
        for row, column in enumerate(columns.tolist()):
            span = slice(self._links.indptr[column], self._links.indptr[column + 1])
            near, links = self._links.indices[span], self._links.data[span]
            best = np.lexsort((near, -links))[:k]
            ranked.items[row, : len(best)] = near[best]
            ranked.scores[row, : len(best)] = links[best]
        return ranked

    def _arrays(self) -> Arrays:
        return {"data": self._links.data, "indices": self._links.indices, "indptr": self._links.indptr}

    def _restore(self, saved: Saved) -> None:
        n = len(self._item_ids)
        cells = (saved.arrays["data"], saved.arrays["indices"], saved.arrays["indptr"])
        self._links = sparse.csr_array(cells, shape=(n, n))
