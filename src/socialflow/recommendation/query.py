"""Histories put to a model: what is made of them once serves every question about them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np

from socialflow.recommendation.checks import check_k
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.ranking import best_columns, mask_seen

if TYPE_CHECKING:
    from socialflow.recommendation.protocol import Recommender


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best items per history: `items` (m, k) int64 ids and `scores` (m, k) float32, best first.

    Rows with fewer than k rankable items end in id -1 and score NaN.
    """

    items: IntArray
    scores: FloatArray


class Query:
    """m histories put to one model: what is made of them once serves every question about them.

    `Recommender.query` makes it. This one keeps the scores of all items once they were asked for; `vectors` keeps a
    vector per history.
    """

    exhaustive: ClassVar[bool] = False
    """Whether nothing ranks beside the columns of `_likely`."""

    def __init__(self, model: "Recommender", histories: Histories) -> None:
        """`histories.items` are columns."""
        self._model = model
        self._histories = histories

    @final
    def score_items(self, items: IntArray) -> FloatArray:
        """Scores (m, len(items)) of the given ids; NaN for unknown ids."""
        columns, known = self._model._find(np.asarray(items, np.int64))
        scores = np.full((len(self._histories), len(columns)), np.nan, np.float32)
        scores[:, known] = self._some(columns[known])
        return scores

    @final
    def top(self, k: int, *, exclude_seen: bool = True, allowed: IntArray | None = None) -> Ranked:
        """As `Recommender.top`."""
        check_k(k)
        ranked = unranked(len(self._histories), k)
        if allowed is not None:
            found, known = self._model._find(np.asarray(allowed, np.int64))
            columns = np.unique(found[known])
            self._rank(ranked, slice(None), self._some(columns), columns, exclude_seen)
            return ranked
        likely = self._likely(2 * k + int(np.diff(self._histories.indptr).max(initial=0)))
        if likely is None:
            self._rank(ranked, slice(None), self._all, np.arange(len(self._model.item_ids)), exclude_seen)
            return ranked
        for row, columns in enumerate(likely):
            one = self.row(row)
            one._rank(ranked, slice(row, row + 1), one._some(columns), columns, exclude_seen)
            if ranked.items[row, -1] < 0 and not self.exhaustive:  # too few of the likely ones are left
                one._rank(ranked, slice(row, row + 1), one._all, np.arange(len(self._model.item_ids)), exclude_seen)
        return ranked

    def _rank(self, ranked: Ranked, rows: slice, scores: FloatArray, columns: IntArray, exclude_seen: bool) -> None:
        """Write the best of `scores` into `ranked[rows]`; score column j belongs to the ascending `columns[j]`."""
        if exclude_seen:
            scores = mask_seen(scores, self._histories, columns)
        if len(columns):
            ids = self._model.item_ids
            best, values = best_columns(scores, ranked.items.shape[1])
            ranked.items[rows] = np.where(best >= 0, ids[columns[best]], -1)
            ranked.scores[rows] = values

    @final
    def row(self, row: int) -> "Query":
        """One history of these, with what was made of it."""
        return self if len(self._histories) == 1 else self._row(row)

    def _row(self, row: int) -> "Query":
        return Query(self._model, self._histories.rows(row, row + 1))

    @cached_property
    def _all(self) -> FloatArray:
        """Scores (m, n) of all columns; not to be written to."""
        return self._model._score(self._histories)

    def _some(self, columns: IntArray) -> FloatArray:
        """Scores (m, len(columns)) of some columns."""
        if "_all" in self.__dict__:
            return self._all[:, columns]
        return self._model._score_items(self._histories, columns)

    def _likely(self, count: int) -> list[IntArray] | None:
        """Per history, ascending, columns that hold about its `count` best; None: all are to be scored."""
        del count
        return None


def unranked(rows: int, k: int) -> Ranked:
    """A result of `rows` rows in which nothing ranks."""
    return Ranked(np.full((rows, k), -1, np.int64), np.full((rows, k), np.nan, np.float32))
