"""Recommenders that are one item-item matrix: what a history's items are linked to, summed."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, Matrix, Recommender, Saved
from socialflow.recommendation.query import Query, Ranked, unranked

Columns = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

MOST_LINKS = 40_000_000
"""Links of a model at most, where it chooses the length of its lists itself: 320 MB."""


_TABLE_CELLS = 8_000_000
_CELLS_AT_ONCE = 500_000
"""Links that are summed together: what they take then stays in the caches of a processor."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Lists of n items, each of one length: `columns` (n, longest), n where a list has ended, and their `links`, 0
    there. Many histories are summed from it at once, in a third of the time that row after row takes."""

    columns: Columns
    links: FloatArray

    def sum_into(self, scores: FloatArray, histories: Histories) -> None:
        """Write the sums of all histories into `scores` (m, n), NaN where nothing is linked."""
        n, longest = self.columns.shape
        owner = np.repeat(np.arange(len(histories)), np.diff(histories.indptr))
        first = 0
        while first < len(scores):
            reach = histories.indptr[first] + _CELLS_AT_ONCE // longest
            last = max(first + 1, int(np.searchsorted(histories.indptr, reach, side="right")) - 1)
            part = slice(histories.indptr[first], histories.indptr[last])
            items, weights = histories.items[part], histories.weights[part]
            places = self.columns[items] + ((owner[part] - first) * (n + 1))[:, None]
            weighted = self.links[items] * weights[:, None]
            sums = np.bincount(places.ravel(), weighted.ravel(), (last - first) * (n + 1)).astype(
                np.float64, copy=False
            )
            scores[first:last] = _or_nan(sums.reshape(last - first, n + 1)[:, :n])
            first = last


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
        scores = np.empty((len(histories), len(self._item_ids)), np.float32)
        if len(histories.items) >= len(self._item_ids) and (table := self._table()) is not None:
            table.sum_into(scores, histories)
            return scores
        for row in range(len(scores)):  # several times quicker than a product of sparse matrices
            scores[row] = _or_nan(self._summed(histories, row))
        return scores

    def _table(self) -> "_Table | None":
        """All links as rows of one length, where that is not much more than they are."""
        columns, links, counts = self._linked_to(np.arange(len(self._item_ids)))
        longest = int(counts.max(initial=0))
        if not longest or len(counts) * longest > min(_TABLE_CELLS, 2 * len(columns)):
            return None
        filled = np.arange(longest) < counts[:, None]
        table = _Table(np.full(filled.shape, len(counts), np.int32), np.zeros(filled.shape, np.float32))
        table.columns[filled], table.links[filled] = columns, links
        return table

    def _summed(self, histories: Histories, row: int) -> Floats:
        """What one history's items are linked to, summed, (n,)."""
        one = slice(histories.indptr[row], histories.indptr[row + 1])
        columns, links, counts = self._linked_to(histories.items[one])
        weighted = np.repeat(histories.weights[one], counts) * links
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
