"""Recommenders that take in what came after their fit, without another fit."""

from abc import abstractmethod
from copy import copy
from dataclasses import dataclass
from typing import Self, final

import numpy as np
from scipy import sparse

from socialflow.recommendation.interactions import IntArray
from socialflow.recommendation.protocol import Matrix, Recommender


@dataclass(frozen=True, slots=True)
class News:
    """What people took, as summed positive weights (people, ids of all items there are), CSR.

    `before` and `now` have the same people: those of whom a model hears in one step, as it has counted them and as they
    are. `since` are all of whom it has heard since its fit and who took something that the fit knew nothing of, as they
    are.
    """

    before: Matrix
    now: Matrix
    since: Matrix

    def on(self, item_ids: IntArray) -> "News":
        """The same with columns of an axis (ascending ids) for ids; what is not on it is left out."""
        return News(*(_on_axis(matrix, item_ids) for matrix in (self.before, self.now, self.since)))


class Following(Recommender):
    """Template of a recommender that goes on learning between two fits.

    `follow` gives a new model and leaves this one as it is. Ids beyond the greatest one known join the axis, all of
    them, so that columns stay what they are; an unknown id below it waits for the next fit.
    """

    @property
    def can_follow(self) -> bool:
        """Whether the stored model holds what following needs."""
        return self.learnt_until is not None

    @property
    def fitted_ids(self) -> IntArray:
        """Ids of items of which the fit has learnt something; asked before the model follows anything."""
        return self.item_ids

    @final
    def follow(self, news: News) -> Self:
        """A model that counts the people of `news` as they are now, and has heard of every item there is."""
        self._check_fitted()
        model = copy(self)
        model._item_ids = np.concatenate((self._item_ids, np.arange(self._item_ids[-1] + 1, news.now.shape[1])))
        model._follow(news.on(model._item_ids))
        return model

    @abstractmethod
    def _follow(self, news: News) -> None:
        """Learn, replacing attributes and changing none in place: they are shared with the former model."""


def _on_axis(matrix: Matrix, item_ids: IntArray) -> Matrix:
    places = np.full(max(matrix.shape[1], int(item_ids[-1]) + 1), -1, np.int32)
    places[item_ids] = np.arange(len(item_ids), dtype=np.int32)
    columns = places[matrix.indices]
    known = columns >= 0
    indptr = np.concatenate(([0], np.cumsum(known)))[matrix.indptr].astype(np.int32)
    shape = (matrix.shape[0], len(item_ids))
    on_axis: Matrix = sparse.csr_array((matrix.data[known], columns[known], indptr), shape=shape)
    return on_axis
