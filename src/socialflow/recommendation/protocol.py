"""The one protocol of all recommenders: fit on interactions, score histories.

A recommender never stores a vector per user that serving depends on: it scores the *history it is given*, so a new
user is a short history and an interaction posted now counts now. Saved state is arrays + JSON in a directory that is
never rewritten.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self, final

import numpy as np

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray, Interactions, ItemTable

Arrays = Mapping[str, np.ndarray]
STATE_FILE = "state.json"


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best items per history: `items` (m, k) int64 ids and `scores` (m, k) float32, best first.

    Rows with fewer than k rankable items end in id -1 and score NaN.
    """

    items: IntArray
    scores: FloatArray


class Recommender(ABC):
    """Template of a recommender: this base owns ids, masking, top-k, persistence; a subclass holds its idea.

    A subclass gives `name`, keyword-only constructor parameters (all JSON-able, echoed by `parameters`), `_fit`,
    `_score`, `_arrays` and `_restore`, and may override `_score_items` where scoring a few items is much cheaper than
    scoring all, and `_neighbours` where it knows similar items.

    Inside, items are *columns* 0..n-1 of the ascending id array `item_ids`; users are rows 0..m-1 of the fit data.
    """

    name: ClassVar[str]
    needs_items: ClassVar[bool] = False
    """Whether `fit` must be given an ItemTable."""

    def __init__(self) -> None:
        self._item_ids: IntArray = np.empty(0, np.int64)

    @property
    def item_ids(self) -> IntArray:
        """Ids of the items this model knows, ascending, shape (n,)."""
        return self._item_ids

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments, JSON-able."""

    @final
    def fit(self, interactions: Interactions, items: ItemTable | None = None) -> Self:
        """Learn from scratch (a second call forgets the first); equal input and seed give equal models.

        Only rows of weight > 0 are positives; the others are handed on too. Items of `items` without interactions
        belong to the axis as well.
        """
        raise NotImplementedError

    @final
    def score(self, histories: Histories) -> FloatArray:
        """Scores (m, n) of every known item; NaN where this model cannot tell. Histories may hold unknown ids."""
        raise NotImplementedError

    @final
    def score_items(self, histories: Histories, items: IntArray) -> FloatArray:
        """Scores (m, len(items)) of the given ids, equal to the columns of `score`; NaN for unknown ids."""
        raise NotImplementedError

    @final
    def top(
        self, histories: Histories, k: int, *, exclude_seen: bool = True, allowed: IntArray | None = None
    ) -> Ranked:
        """The k best items per history; ties by ascending id; NaN never ranks.

        `exclude_seen` masks the history's own items; `allowed` (ids) restricts to a subset.
        """
        raise NotImplementedError

    @final
    def neighbours(self, items: IntArray, k: int) -> Ranked:
        """The k most similar items of each given item (itself excluded); -1/NaN where none is known."""
        raise NotImplementedError

    @final
    def save(self, directory: Path) -> None:
        """Write `state.json` and one `.npy` per array into an existing empty directory."""
        raise NotImplementedError

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read what `save` wrote; arrays are memory-mapped read-only. Raises ArtefactError."""
        raise NotImplementedError
