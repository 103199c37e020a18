"""Recommenders that are one item-item matrix: what a history's items are linked to, summed."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray, numbered
from socialflow.recommendation.products import multiply
from socialflow.recommendation.protocol import Arrays, Matrix, Recommender, Saved
from socialflow.recommendation.query import Query, Ranked, unranked

Columns = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

MOST_LINKS = 40_000_000
"""Links of a model at most, where it chooses the length of its lists itself: 320 MB."""


_MOST_CELLS = 1 << 24
"""Links that are summed in doubles by one product: 200 MB."""


class LinkQuery(Query):
    """Histories put to a `LinkRecommender`: nothing ranks but what is linked to an item of the history."""

    exhaustive = True

    def __init__(self, model: "LinkRecommender", histories: Histories) -> None:
        super().__init__(model, histories)
        self._of_links = model

    def _row(self, row: int) -> Query:
        return LinkQuery(self._of_links, self._histories.rows(row, row + 1))

    @cached_property
    def _sums(self) -> Floats:
        return self._of_links._summed(self._histories, 0)

    def _some(self, columns: IntArray) -> FloatArray:
        return _or_nan(self._sums[columns])[None] if len(self._histories) == 1 else super()._some(columns)

    def _likely(self, count: int) -> list[IntArray] | None:
        del count
        # Compared first: places in booleans are found ten times as quickly as in numbers.
        return [np.flatnonzero(self._sums != 0)] if len(self._histories) == 1 else None


class LinkRecommender(Recommender):
    """Template of ``score(h)[j] = sum over the history's items i of weight_i * links[i, j]``.

    A subclass sets `_links` in `_fit`: CSR (n, n) float32 without a diagonal. NaN where no item of the history has a
    link.
    """

    def __init__(self) -> None:
        super().__init__()
        self._links: Matrix = sparse.csr_array(np.empty((0, 0), np.float32))

    def _linked(self, item: int) -> tuple[Columns, FloatArray]:
        """What one item is linked to, and how strongly."""
        span = slice(self._links.indptr[item], self._links.indptr[item + 1])
        return self._links.indices[span], self._links.data[span]

    def _linked_to(self, items: IntArray) -> tuple[Columns, FloatArray, IntArray]:
        """What some items are linked to, one after another, how strongly, and how many links each has."""
        starts = self._links.indptr[items]
        counts = (self._links.indptr[items + 1] - starts).astype(np.int64)
        places = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
        return self._links.indices[places], self._links.data[places], counts

    def _score(self, histories: Histories) -> FloatArray:
        n = len(self._item_ids)
        asked, rows = numbered(histories.items)
        columns, links, counts = self._linked_to(asked)
        if len(links) <= _MOST_CELLS:
            linked: Matrix = sparse.csr_array((links, columns, _ends(counts)), shape=(len(asked), n))
            return _sums(histories, rows, linked)
        scores = np.empty((len(histories), n), np.float32)
        for row in range(len(scores)):
            scores[row] = _or_nan(self._summed(histories, row))
        return scores

    def _summed(self, histories: Histories, row: int) -> Floats:
        """What one history's items are linked to, summed, (n,)."""
        one = slice(histories.indptr[row], histories.indptr[row + 1])
        columns, links, counts = self._linked_to(histories.items[one])
        weighted = np.repeat(histories.weights[one].astype(np.float64), counts) * links
        return np.bincount(columns, weighted, len(self._item_ids)).astype(np.float64, copy=False)

    def _query(self, histories: Histories) -> Query:
        return LinkQuery(self, histories)

    def _neighbours(self, columns: IntArray, k: int) -> Ranked:
        ranked = unranked(len(columns), k)
        for row, column in enumerate(columns.tolist()):
            near, links = self._linked(column)
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


def _or_nan(sums: Floats) -> FloatArray:
    """NaN where nothing is linked."""
    scores = sums.astype(np.float32)
    scores[scores == 0] = np.nan
    return scores


def _sums(histories: Histories, rows: IntArray, links: Matrix) -> FloatArray:
    """What the histories' items are linked to, summed, (m, n), NaN for nothing; theirs are `rows` of `links` (r, n).

    One product for all of them gives the same numbers as history after history: links are added up in the same order,
    in doubles.
    """
    shape = (len(histories), links.shape[1])
    asked: Matrix = sparse.csr_array((histories.weights, rows, histories.indptr), shape=(shape[0], links.shape[0]))
    summed = multiply(asked, links, np.float64)
    scores = np.full(shape, np.nan, np.float32)
    starts = np.repeat(np.arange(shape[0]) * shape[1], np.diff(summed.indptr))
    scores.ravel()[starts + summed.indices] = summed.data
    scores[scores == 0] = np.nan
    return scores


def _ends(counts: IntArray) -> Columns:
    """Where each of consecutive lists begins, and where the last one ends."""
    ends: Columns = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return ends
