"""Blends whose shares are learnt: each member weighs what it adds on held-out interactions; `collaborative` is one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.algorithms.als import Als
from socialflow.recommendation.algorithms.hybrid import Hybrid, Part, to_unit
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.algorithms.sparse_linear import SparseLinear
from socialflow.recommendation.algorithms.svd import Svd
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray, Interactions
from socialflow.recommendation.protocol import FitData, Recommender, Saved, State
from socialflow.recommendation.ranking import best_columns
from socialflow.recommendation.rows import content_order

_HELD_OUT, _CUTOFF, _CHUNK = 0.2, 20, 128
_USERS, _CELLS = 1_500, 30_000_000
"""Users asked, and users x items at most."""
_ERRORS = 1.0
"""Standard errors by which a mixture must beat a simpler one."""

Shares = tuple[float, ...]
Floats = npt.NDArray[np.float64]


class LearntBlend(Hybrid):
    r"""A blend with shares learnt on a held-out part of the fit data.

    A fifth of the interactions of up to 1,500 users (fewer on more than 20,000 items) is held out, the members are
    fitted on the rest and score those users; over all shares s on the simplex in steps of 1 / `steps` the NDCG@20 of
    ``sum_m s_m norm(score_m)`` is measured (norm as in `Hybrid`), and of the mixtures that the best does not beat by a
    standard error of the paired difference, the one of fewest members is taken, the best of those. Then all members are
    fitted on everything. Where nothing can be held out, the shares are equal.

    Parameters
    ----------
    members
        Unfitted recommenders by name.
    steps
        Steps of a share from 0 to 1.
    shares
        Shares of the members in their order; None learns them.
    seed
        Of the held-out part.

    References
    ----------
    Burke, "Hybrid Recommender Systems: Survey and Experiments", UMUAI 2002; Wolpert, "Stacked generalization", Neural
    Networks 1992 (weights learnt on what the members have not seen).
    """

    def __init__(
        self, members: Mapping[str, Recommender], *, steps: int, shares: Sequence[float] | None, seed: int
    ) -> None:
        if steps < 1 or (shares is not None and (len(shares) != len(members) or min(shares) < 0 or sum(shares) <= 0)):
            raise InvalidInput(f"steps must be at least 1, shares {len(members)} numbers of which none is negative")
        super().__init__(members, [Part(1.0, tuple(members))])
        self._steps, self._seed = steps, seed
        self._fixed = None if shares is None else tuple(float(share) for share in shares)
        self._shares: Shares = (1.0 / len(members),) * len(members)

    @property
    def parameters(self) -> Mapping[str, object]:
        """How shares are found; members are given by the subclass."""
        return {"steps": self._steps, "shares": None if self._fixed is None else list(self._fixed), "seed": self._seed}

    @property
    def shares(self) -> Shares:
        """Shares in use, in the order of the members; members of share 0 are not asked."""
        return self._shares

    def _fit(self, data: FitData) -> None:
        self._use(self._fixed or self._learn(data))
        super()._fit(data)

    def _use(self, shares: Shares) -> None:
        self._shares = shares
        named = zip(self._blended, shares, strict=True)
        self._parts = tuple(Part(share / sum(shares), (name,)) for name, share in named if share > 0)

    def _learn(self, data: FitData) -> Shares:
        """The shares that rank held-out interactions best; equal ones where there are none."""
        equal = (1.0 / len(self._blended),) * len(self._blended)
        known, histories, indptr, hidden = _hold_out(data, self._seed)
        if not len(histories):
            return equal
        for member in self._blended.values():
            member.fit(known, data.items, data.follows)
        item_ids = next(iter(self._blended.values())).item_ids
        mixtures = _simplex(len(self._blended), self._steps)
        quality = np.empty((len(histories), len(mixtures)))
        for start in range(0, len(histories), _CHUNK):
            rows = slice(start, min(start + _CHUNK, len(histories)))
            asked = histories.rows(rows.start, rows.stop)
            wanted = hidden[indptr[rows.start] : indptr[rows.stop]]
            starts = indptr[rows.start : rows.stop + 1] - indptr[rows.start]
            quality[rows] = self._try(asked, item_ids, mixtures, (starts, wanted))
        return _fewest_of_the_best(mixtures, quality)

    def _try(
        self, asked: Histories, item_ids: IntArray, mixtures: Sequence[Shares], answer: tuple[IntArray, IntArray]
    ) -> Floats:
        """NDCG@20 (users, mixtures); `answer` are the indptr and ids of what was held out."""
        units = np.stack([to_unit(member.score(asked)) for member in self._blended.values()])
        rows = np.repeat(np.arange(len(asked)), np.diff(asked.indptr))
        units[:, rows, np.searchsorted(item_ids, asked.items)] = np.nan
        ndcg = np.empty((len(asked), len(mixtures)))
        for number, shares in enumerate(mixtures):
            mixed: FloatArray = np.tensordot(np.array(shares, np.float32), units, axes=1)
            best, _ = best_columns(mixed, _CUTOFF)
            hits = find_hits(np.where(best >= 0, item_ids[best], -1), *answer)
            ndcg[:, number] = rank_quality(hits, np.diff(answer[0]), [_CUTOFF])[f"ndcg@{_CUTOFF}"]
        return ndcg

    def _state(self) -> State:
        return {"shares": list(self._shares)}

    def _restore(self, saved: Saved) -> None:
        super()._restore(saved)
        self._use(tuple(float(share) for share in saved.state["shares"]))


class CollaborativeRecommender(LearntBlend):
    """Item-item, ALS, sparse linear and SVD with learnt shares (see `LearntBlend`).

    Parameters
    ----------
    steps
        Steps of a share from 0 to 1.
    shares
        Shares of (item_item, als, sparse_linear, svd); None learns them.
    seed
        Of the held-out part and of all members.

    Examples
    --------
    >>> model = CollaborativeRecommender(shares=(0.5, 0.0, 0.5, 0.0))
    >>> model.fit(Interactions.from_pairs([1, 1, 2, 2, 3], [10, 20, 10, 20, 30])).shares
    (0.5, 0.0, 0.5, 0.0)
    """

    name = "collaborative"

    def __init__(self, *, steps: int = 5, shares: Sequence[float] | None = None, seed: int = 0) -> None:
        members = {
            "item_item": ItemItem(seed=seed),
            "als": Als(seed=seed),
            "sparse_linear": SparseLinear(seed=seed),
            "svd": Svd(seed=seed),
        }
        super().__init__(members, steps=steps, shares=shares, seed=seed)


def _hold_out(data: FitData, seed: int) -> tuple[Interactions, Histories, IntArray, IntArray]:
    """What stays to learn from, histories (m) of users who keep some of theirs, and what they took besides: indptr
    (m + 1,) and items. Users, drawn by what they took and not by number, and pairs, not rows, are held out."""
    taken = data.positives()
    rng = np.random.default_rng(seed)
    order = content_order(taken, seed)
    drawn = taken[order[: max(1, min(_USERS, _CELLS // data.n_items))]]
    held = rng.random(drawn.nnz) < _HELD_OUT
    owners = np.repeat(np.arange(drawn.shape[0]), np.diff(drawn.indptr))
    both = (np.bincount(owners[held], minlength=drawn.shape[0]) > 0) & (
        np.bincount(owners[~held], minlength=drawn.shape[0]) > 0
    )
    held &= both[owners]
    kept = ~held & both[owners]
    users = np.flatnonzero(both)
    hidden_pairs = order[owners[held]] * data.n_items + drawn.indices[held]
    log = data.interactions
    known = log.where(~np.isin(log.users * data.n_items + log.items, hidden_pairs))
    histories = Histories(
        _indptr(np.bincount(owners[kept], minlength=drawn.shape[0])[users]),
        drawn.indices[kept].astype(np.int64),
        np.ones(int(kept.sum()), np.float32),
        np.zeros(int(kept.sum())),
    )
    if data.follows is not None:
        histories = replace(histories, followed=data.follows.histories(order[users], known))
    counts = np.bincount(owners[held], minlength=drawn.shape[0])[users]
    return known, histories, _indptr(counts), drawn.indices[held].astype(np.int64)


def _indptr(counts: IntArray) -> IntArray:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _simplex(members: int, steps: int) -> list[Shares]:
    """Every way to share one whole in `steps` steps.

    >>> _simplex(2, 2)
    [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)]
    """
    counts = (row for row in product(range(steps + 1), repeat=members) if sum(row) == steps)
    return [tuple(count / steps for count in row) for row in counts]


def _fewest_of_the_best(mixtures: Sequence[Shares], quality: Floats) -> Shares:
    """Of the mixtures that the best of per-user `quality` (users, mixtures) does not beat by a standard error of the
    paired difference, the one of fewest members; of several, the better one."""
    means = quality.mean(axis=0)
    behind = quality[:, [int(np.argmax(means))]] - quality
    apart = behind.mean(axis=0) > _ERRORS * behind.std(axis=0) / np.sqrt(len(quality))
    members = [sum(share > 0 for share in shares) for shares in mixtures]
    return mixtures[int(np.lexsort((-means, members, apart))[0])]
