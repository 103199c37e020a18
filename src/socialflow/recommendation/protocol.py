"""The one protocol of all recommenders: fit on interactions, score histories.

A recommender never stores a vector per user that serving depends on: it scores the *history it is given*, so a new
user is a short history and an interaction posted now counts now. Saved state is arrays + JSON in a directory that is
never rewritten.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Self, TypeAlias, final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.errors import ArtefactError, InvalidInput, ModelUnavailable
from socialflow.recommendation import artefacts
from socialflow.recommendation.candidates import Candidates, ItemIndex
from socialflow.recommendation.checks import check_fit, check_histories, check_k
from socialflow.recommendation.interactions import (
    FloatArray,
    Follows,
    Histories,
    IntArray,
    Interactions,
    ItemTable,
    numbered,
)
from socialflow.recommendation.query import Query, Ranked, unranked
from socialflow.recommendation.ranking import best_columns

Arrays = Mapping[str, np.ndarray]
State = Mapping[str, Any]
Matrix: TypeAlias = "sparse.csr_array[np.float32, tuple[int, int]]"

_BLOCK_CELLS = 1 << 23
"""Scores held at once by `top` and `neighbours`: 32 MiB of float32."""


@dataclass(frozen=True, slots=True)
class FitData:
    """What `_fit` sees: users are rows 0..n_users-1, items are columns 0..n_items-1, also inside `items`."""

    interactions: Interactions
    items: ItemTable | None
    n_users: int
    n_items: int
    follows: Follows | None = None
    """Edges between rows: those of which both ends have interactions."""

    def positives(self) -> Matrix:
        """Summed weights of the rows of weight > 0, (n_users, n_items) float32, indices sorted."""
        rows = self.interactions.where(self.interactions.weights > 0)
        shape = (self.n_users, self.n_items)
        cells = (rows.users.astype(np.int32), rows.items.astype(np.int32))
        matrix: Matrix = sparse.coo_array((rows.weights, cells), shape=shape).tocsr()
        matrix.sort_indices()
        return matrix


@dataclass(frozen=True, slots=True)
class Saved:
    """What `_restore` gets: read-only arrays, JSON facts and loaded members, under the names they were saved by."""

    arrays: Arrays
    state: State
    members: Mapping[str, "Recommender"]


class Recommender(ABC):
    """Template of a recommender: this base owns ids, masking, top-k, persistence; a subclass holds its idea.

    A subclass gives `name`, keyword-only constructor parameters (all JSON-able, echoed by `parameters`), `_fit`,
    `_score`, `_arrays` and `_restore`, and may override `_score_items` where scoring a few items is much cheaper than
    scoring all, `_similarities` or `_neighbours` where it knows similar items, `_state` where JSON must be kept, and
    `_members` where it is made of other recommenders.

    Inside, items are *columns* 0..n-1 of the ascending id array `item_ids`; users are rows 0..m-1 of the fit data. A
    fitted recommender is immutable: any number of threads may score with it.
    """

    name: ClassVar[str]
    needs_items: ClassVar[bool] = False
    """Whether `fit` must be given an ItemTable."""
    needs_torch: ClassVar[bool] = False
    """Whether `fit` needs torch; serving never does."""
    reads_follows: ClassVar[bool] = False
    """Whether it looks at what followed people took (`Histories.followed`)."""
    learns_recency: ClassVar[bool] = False
    """Whether the fit learns from the order of histories what is newest worth, so that no half-life is chosen."""

    def __init__(self) -> None:
        self._item_ids: IntArray = np.empty(0, np.int64)
        self.half_life: float | None = None
        """Newer interactions after which an older one of a history counts half; None: all count alike.

        A property of the data, not of the algorithm: chosen on held-out interactions after a fit (see
        `training.recency`) and kept with the model.
        """
        self.learnt_until: float | None = None
        """Seconds since the epoch until which the fit has seen interactions; None where nobody said."""
        self.candidates: Candidates | None = None
        """How the best items are found, and how well; None where it was not looked into."""
        self.index: ItemIndex | None = None
        """What finds them without scoring all, where `candidates` say so; both are chosen after a fit."""
        self.checkpoints: Path | None = None
        """Directory in which a long fit writes down how far it is; an equal fit goes on from there."""

    @property
    def item_ids(self) -> IntArray:
        """Ids of the items this model knows, ascending, shape (n,)."""
        return self._item_ids

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments, JSON-able."""

    @final
    def fit(self, interactions: Interactions, items: ItemTable | None = None, follows: Follows | None = None) -> Self:
        """Learn from scratch (a second call forgets the first); equal input and seed give equal models.

        Only rows of weight > 0 are positives; the others are handed on too. Items of `items` without interactions
        belong to the axis as well. `follows` tells, where it is known, who of the users follows whom.

        Raises:
            InvalidInput: no item at all, a weight or time that is not finite, or an item table that is missing,
                not ascending or not unique.
            ModelUnavailable: the algorithm is trained with torch, which is not installed.
        """
        check_fit(interactions, items, needs_items=self.needs_items, name=self.name)
        if self.needs_torch and find_spec("torch") is None:
            raise ModelUnavailable(f'{self.name} is trained with torch: pip install "socialflow[train]"')
        known = [interactions.items] if items is None else [interactions.items, items.ids]
        item_ids, columns = numbered(np.concatenate(known))
        if not len(item_ids):
            raise InvalidInput(f"{self.name} has nothing to learn from: no interactions and no items", field="items")
        user_ids, rows = numbered(interactions.users)
        columns = columns[: len(interactions)]
        inside = Interactions(rows, columns, interactions.weights, interactions.at)
        table = None if items is None else replace(items, ids=np.searchsorted(item_ids, items.ids))
        self._item_ids = item_ids
        edges = None if follows is None else follows.between(user_ids)
        self._fit(FitData(inside, table, len(user_ids), len(item_ids), edges))
        return self

    @final
    def score(self, histories: Histories) -> FloatArray:
        """Scores (m, n) of every known item; NaN where this model cannot tell. Histories may hold unknown ids."""
        return self._score(self._to_columns(histories))

    @final
    def query(self, histories: Histories) -> Query:
        """Put histories to this model, for more than one question about them."""
        return self._query(self._to_columns(histories))

    @final
    def score_items(self, histories: Histories, items: IntArray) -> FloatArray:
        """Scores (m, len(items)) of the given ids, equal to the columns of `score`; NaN for unknown ids."""
        return self.query(histories).score_items(items)

    @final
    def top(
        self, histories: Histories, k: int, *, exclude_seen: bool = True, allowed: IntArray | None = None
    ) -> Ranked:
        """The k best items per history; ties by ascending id; NaN never ranks.

        `exclude_seen` masks the history's own items; `allowed` (ids) restricts to a subset. A model whose
        `candidates` are indexed scores those alone for a few histories, and all where too few of them are left: exact
        scores of about the best.
        """
        check_k(k)
        inside = self._to_columns(histories)
        step = max(1, _BLOCK_CELLS // len(self._item_ids))
        ranked = unranked(len(histories), k)
        for start in range(0, len(histories), step):
            stop = min(start + step, len(histories))
            block = self._query(inside.rows(start, stop)).top(k, exclude_seen=exclude_seen, allowed=allowed)
            ranked.items[start:stop], ranked.scores[start:stop] = block.items, block.scores
        return ranked

    @final
    def neighbours(self, items: IntArray, k: int) -> Ranked:
        """The k most similar items of each given item (itself excluded); -1/NaN where none is known."""
        check_k(k)
        self._check_fitted()
        columns, known = self._find(np.asarray(items, np.int64))
        ranked = unranked(len(columns), k)
        near = self._neighbours(columns[known], k)
        ranked.items[known] = np.where(near.items >= 0, self._item_ids[near.items], -1)
        ranked.scores[known] = near.scores
        return ranked

    @final
    def save(self, directory: Path) -> None:
        """Write `state.json` and one `.npy` per array into an existing empty directory.

        Members go into sub-directories of the same form.
        """
        self._check_fitted()
        members = self._members()
        header = {
            "name": self.name,
            "parameters": dict(self.parameters),
            "half_life": self.half_life,
            "learnt_until": self.learnt_until,
            "candidates": None if self.candidates is None else asdict(self.candidates),
            "state": dict(self._state()),
        }
        index = {} if self.index is None else self.index.arrays()
        artefacts.write(directory, header, {"item_ids": self._item_ids, **self._arrays(), **index})
        for key, member in members.items():
            (directory / key).mkdir()
            member.save(directory / key)

    @final
    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read what `save` wrote; arrays are memory-mapped read-only. Raises ArtefactError."""
        header, arrays = artefacts.read(directory)
        if header.get("name") != cls.name:
            raise ArtefactError(f"{directory} holds {header.get('name')!r}, not {cls.name!r}")
        try:
            model = cls(**header["parameters"])
            model._item_ids = arrays.pop("item_ids")
            members = {key: type(member).load(directory / key) for key, member in model._members().items()}
            model.half_life, model.learnt_until = header.get("half_life"), header.get("learnt_until")
            if (told := header.get("candidates")) is not None:
                model.candidates = Candidates(**told)
                model.index = ItemIndex.take(arrays, model.candidates.width) if model.candidates.indexed else None
            model._restore(Saved(arrays, header["state"], members))
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as problem:
            raise ArtefactError(f"{directory} is not a usable {cls.name} model: {problem}") from problem
        return model

    # What a subclass fills in ------------------------------------------------------------------------------------

    @abstractmethod
    def _fit(self, data: FitData) -> None:
        """Learn; every attribute that scoring reads is set here and never changed afterwards."""

    @abstractmethod
    def _score(self, histories: Histories) -> FloatArray:
        """A new array (m, n) of scores; `histories.items` are columns."""

    @abstractmethod
    def _arrays(self) -> Arrays:
        """What `_restore` needs, as arrays without objects."""

    @abstractmethod
    def _restore(self, saved: Saved) -> None:
        """Take up what `_arrays`, `_state` and `_members` gave."""

    def _state(self) -> State:
        """JSON-able facts learned by `_fit`."""
        return {}

    def _members(self) -> Mapping[str, "Recommender"]:
        """Recommenders this one is made of, by the name of their sub-directory."""
        return {}

    def _score_items(self, histories: Histories, columns: IntArray) -> FloatArray:
        """Scores (m, len(columns)) of some columns."""
        return self._score(histories)[:, columns]

    def _query(self, histories: Histories) -> Query:
        """Histories, whose items are columns, put to this model."""
        return Query(self, histories)

    def _similarities(self, columns: IntArray) -> FloatArray:
        """Likeness (m, n) of every item to each given one; NaN where unknown."""
        return np.full((len(columns), len(self._item_ids)), np.nan, np.float32)

    def _neighbours(self, columns: IntArray, k: int) -> Ranked:
        """The k most similar columns of each given column, itself excluded; -1 and NaN beyond."""
        everything = np.arange(len(self._item_ids))
        ranked = unranked(len(columns), k)
        step = max(1, _BLOCK_CELLS // len(everything))
        for start in range(0, len(columns), step):
            part = columns[start : start + step]
            scores = self._similarities(part)
            scores[np.arange(len(part)), part] = np.nan
            rows = slice(start, start + len(part))
            ranked.items[rows], ranked.scores[rows] = best_columns(scores, k)
        return ranked

    # Shared machinery --------------------------------------------------------------------------------------------

    def _check_fitted(self) -> None:
        if not len(self._item_ids):
            raise ModelUnavailable(f"{self.name} has not been fitted; call fit() or load()")

    def _find(self, ids: IntArray) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """Columns of `ids` and which of them are known (the column of an unknown id is meaningless)."""
        first, n = self._item_ids[0], len(self._item_ids)
        if self._item_ids[-1] - first == n - 1:  # no gaps: nothing to search
            columns = ids - first
            return columns, (columns >= 0) & (columns < n)
        columns = np.minimum(np.searchsorted(self._item_ids, ids), n - 1)
        return columns, self._item_ids[columns] == ids

    def _to_columns(self, histories: Histories) -> Histories:
        """The same histories with columns for ids; rows of unknown items are left out."""
        self._check_fitted()
        check_histories(histories)
        if self.half_life is not None:
            histories = histories.faded(self.half_life)
        if histories.followed is not None:
            histories = replace(histories, followed=self._on_axis(histories.followed))
        return self._on_axis(histories)

    def _on_axis(self, histories: Histories) -> Histories:
        columns, known = self._find(histories.items)
        if known.all():
            return replace(histories, items=columns)
        indptr = np.concatenate(([0], np.cumsum(known)))[histories.indptr]
        rows = (columns[known], histories.weights[known], histories.at[known])
        return Histories(indptr, *rows, histories.now, histories.followed)
