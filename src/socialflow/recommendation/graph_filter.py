"""Filters on the user-item graph: damped walks of two steps and a low pass beside them, chosen by held-out parts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.cooccurrence import (
    degrees,
    part,
    power,
    scale_by_degree,
    scale_columns,
    threads,
    weakest_of_the_best,
)
from socialflow.recommendation.interactions import FloatArray, IntArray
from socialflow.recommendation.protocol import Matrix
from socialflow.recommendation.ranking import best_columns
from socialflow.recommendation.rows import content_order

_USERS, _CELLS = 4_000, 160_000_000
"""Users asked for the choice of a filter, and users x items at most."""
_HELD_OUT = 0.2
_BLOCKS = 2
"""One user in so many has a block held out that belongs together, the others items at random."""
_CUTOFF, _OFFERED = 20, 100
"""Places judged, and items that each extreme filter offers for them."""
_CHUNK = 64
_ROUNDING = 1e-6
"""Of the greatest link of an item: what is less came of walk and damping taking each other away."""
_SOURCES = (0.5, 0.75)
_TARGETS = (0.0, 0.15, 0.3, 0.45)
_DAMPINGS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
_LOWS = (0.0, 0.08, 0.16, 0.32, 0.64)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Filter:
    """Exponents of the degrees, `damping` of the leading eigenvalues l to l / (1 + damping l), share of a low pass."""

    source: float = 0.75
    target: float = 0.15
    damping: float = 1.0
    low: float = 0.16

    def damps(self, eigenvalues: Floats) -> FloatArray:
        """What damping takes away from each leading eigenvalue, as a negative number."""
        lost: Floats = eigenvalues / (1.0 + self.damping * eigenvalues) - eigenvalues
        return lost.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Graph:
    """What filters need of a user-item matrix R: N = D_u^-1/2 R D_i^-1/2 and the leading part of A = N^T N."""

    items: Floats
    """Degrees D_i (items,)."""
    normal: Matrix
    """N (users, items)."""
    basis: FloatArray
    """V (items, rank): eigenvectors of A with the greatest eigenvalues, the lowest frequencies of the graph."""
    eigenvalues: Floats
    """(rank,), from 1 downwards."""

    @classmethod
    def of(cls, taken: Matrix, rank: int, seed: int) -> "Graph":
        """Measure a matrix of 0 and 1; one randomised decomposition."""
        from sklearn.utils.extmath import randomized_svd

        normal = scale_by_degree(taken, 0.5, 0.5)
        width = min(rank, *taken.shape)
        # Not transposed: the random start then has a row per item, and names of users do not matter.
        _, singular, right = randomized_svd(
            sparse.csr_matrix(normal), width, n_iter=3, transpose=False, random_state=seed
        )
        basis: FloatArray = np.ascontiguousarray(right.T, np.float32)
        return cls(degrees(taken)[1], normal, basis, np.asarray(singular, np.float64) ** 2)

    @property
    def typical(self) -> float:
        """The geometric mean degree of the items that people took."""
        return float(np.exp(np.average(np.log(np.maximum(self.items, 1.0)), weights=self.items)))

    def depart(self, given: Matrix, source: float) -> Matrix:
        """Histories as the walk begins: each item by its degree ** (1/2 - source)."""
        return scale_columns(given, power(self.items, source - 0.5))

    def walk(self, departing: Matrix) -> FloatArray:
        """Scores (m, items) of two steps from histories over users to items, before any correction of the target."""
        scores: FloatArray = ((departing @ self.normal.T) @ self.normal).toarray()
        return scores

    def arrive(self, target: float) -> FloatArray:
        """Factors (items,) of what is found: degree ** (1/2 - target)."""
        return power(self.items, target - 0.5)


def choose_filter(taken: Matrix, rank: int, seed: int) -> Filter:
    """The filter to use for `taken`, by NDCG@20 of what was held out.

    A fifth of the interactions of up to 4,000 users (fewer where there are many items) is held out; everybody else's
    stay. Of every other user the fifth is drawn at random, of the rest it is a block that belongs together: what people
    take tomorrow is less like today than one item of today is like another, and only blocks show how far a filter
    reaches. Of the filters within one standard error of the best, the one that holds popular items down least (the
    rule of one standard error: Breiman et al., "Classification and Regression Trees", 1984). The default where nothing
    can be held out.
    """
    asked = content_order(taken, seed)[: max(1, min(_USERS, _CELLS // taken.shape[1]))]
    rows: Matrix = taken[asked]
    held = _held_out(scale_by_degree(taken, 0.5, 0.5), rows, np.random.default_rng(seed))
    given, hidden = part(rows, ~held), part(rows, held)
    kept = np.flatnonzero((np.diff(given.indptr) > 0) & (np.diff(hidden.indptr) > 0))
    if not len(kept):
        return Filter()
    others = np.setdiff1d(np.arange(taken.shape[0]), asked)
    known: Matrix = sparse.csr_array(sparse.vstack([taken[others], given]))
    trials = [Filter(*trial) for trial in product(_SOURCES, _TARGETS, _DAMPINGS, _LOWS)]
    quality = _try(Graph.of(known, rank, seed), given[kept], hidden[kept], trials)
    return weakest_of_the_best(trials, quality, errors=1.0)


def _held_out(normal: Matrix, rows: Matrix, rng: np.random.Generator) -> Bools:
    """Which stored entries of `rows` are hidden: of every other row those nearest to one of its items, a fifth of the
    row, else each with the chance of a fifth."""
    held = rng.random(rows.nnz) < _HELD_OUT
    by_item: Matrix = normal.T.tocsr()
    for row in range(0, rows.shape[0], _BLOCKS):
        span = slice(rows.indptr[row], rows.indptr[row + 1])
        own = rows.indices[span]
        if not len(own):
            continue
        middle = int(rng.integers(len(own)))
        vectors = by_item[own]
        likeness = np.round((vectors @ vectors[[middle]].T).toarray().ravel(), 6)  # no ties broken by rounding
        likeness[middle] = np.inf
        held[span] = False
        held[span.start + np.argsort(-likeness, kind="stable")[: max(1, round(_HELD_OUT * len(own)))]] = True
    return held


def _try(graph: Graph, given: Matrix, hidden: Matrix, trials: list[Filter]) -> Floats:
    """NDCG@20 (users, trials), among the items that the most different of the filters hold highest."""

    def chunk_quality(start: int) -> Floats:
        seen, wanted = given[start : start + _CHUNK], hidden[start : start + _CHUNK]
        reached = {source: _Reach.of(graph, seen, source) for source in _SOURCES}
        spread: FloatArray = graph.depart(seen, 1.0) @ graph.basis
        offered, repeated = _offers(graph, list(reached.values()), spread, seen)
        relevant = find_hits(np.where(repeated, -1, offered), wanted.indptr, wanted.indices)
        near = {source: reach.near(graph, spread, offered) for source, reach in reached.items()}
        arrive = {target: graph.arrive(target)[offered] for target in _TARGETS}
        ndcg = np.zeros((seen.shape[0], len(trials)))
        for number, trial in enumerate(trials):
            scores = near[trial.source].scores(trial) * arrive[trial.target]
            scores[repeated] = np.nan
            places = best_columns(scores, _CUTOFF)[0]
            hits = np.take_along_axis(relevant, np.maximum(places, 0), axis=1) & (places >= 0)
            ndcg[:, number] = rank_quality(hits, np.diff(wanted.indptr), [_CUTOFF])[f"ndcg@{_CUTOFF}"]
        return ndcg

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(max_workers=threads()) as pool:
        return np.concatenate(list(pool.map(chunk_quality, range(0, given.shape[0], _CHUNK))))


@dataclass(frozen=True, slots=True)
class _Near:
    """What every filter with one exponent of the source says of a few items, but for the correction of the target."""

    walk: FloatArray
    """Scores (m, k) of the walk alone."""
    damped: dict[float, FloatArray]
    """Damping -> what it adds."""
    low: FloatArray
    """What a low pass of weight 1 adds."""

    def scores(self, trial: Filter) -> FloatArray:
        """What one filter says."""
        scores: FloatArray = self.walk + self.damped[trial.damping] + np.float32(trial.low) * self.low
        return scores


@dataclass(frozen=True, slots=True)
class _Reach:
    """What some histories reach with one exponent of the source."""

    source: float
    walk: FloatArray
    """Scores (m, items) of the walk alone."""
    folded: FloatArray
    """The histories (m, rank) on the basis."""

    @classmethod
    def of(cls, graph: Graph, seen: Matrix, source: float) -> "_Reach":
        """Walk from `seen` (m, items)."""
        departing = graph.depart(seen, source)
        return cls(source, graph.walk(departing), departing @ graph.basis)

    def damped(self, graph: Graph, damping: float) -> FloatArray:
        """Scores (m, items) of the damped walk."""
        losses = Filter(damping=damping).damps(graph.eigenvalues)
        lost: FloatArray = np.asarray((self.folded * losses) @ graph.basis.T, np.float32)
        return self.walk + lost

    def near(self, graph: Graph, spread: FloatArray, offered: IntArray) -> _Near:
        """At the columns `offered` (m, k); `spread` (m, rank) are the histories of the low pass on the basis."""
        losses = np.stack([Filter(damping=damping).damps(graph.eigenvalues) for damping in _DAMPINGS])
        damped = np.empty((len(losses), *offered.shape), np.float32)
        low = np.empty(offered.shape, np.float32)
        for row, columns in enumerate(offered):
            vectors = graph.basis[columns].T
            damped[:, row] = (self.folded[row] * losses) @ vectors
            low[row] = spread[row] @ vectors
        low *= np.float32(graph.typical ** (1.0 - self.source))
        walk = np.take_along_axis(self.walk, offered, axis=1)
        return _Near(walk, dict(zip(_DAMPINGS, damped, strict=True)), low)


def _offers(graph: Graph, reached: list[_Reach], spread: FloatArray, seen: Matrix) -> tuple[IntArray, Bools]:
    """Columns (m, k), ascending, that the most different filters hold highest, and which of them repeat the one
    before; what was seen is not among them."""
    extremes = [(spread @ graph.basis.T) * graph.arrive(_TARGETS[0])]
    for reach, damping in product((reached[0], reached[-1]), (_DAMPINGS[0], _DAMPINGS[-1])):
        scores = reach.damped(graph, damping)
        extremes += [scores * graph.arrive(target) for target in (_TARGETS[0], _TARGETS[-1])]
    own = seen.nonzero()
    columns = []
    for scores in extremes:
        scores[own] = np.nan
        columns.append(best_columns(scores, min(_OFFERED, scores.shape[1]))[0])
    offered = np.sort(np.concatenate(columns, axis=1), axis=1)
    repeated = offered < 0
    repeated[:, 1:] |= offered[:, 1:] == offered[:, :-1]
    return np.maximum(offered, 0), repeated


def filtered_links(graph: Graph, chosen: Filter, neighbours: int) -> Matrix:
    """The `neighbours` greatest S[i, j] of every item i, as CSR (items, items) float32 without diagonal, where

    S = (D^(1/2 - source) (A + V diag(damps) V^T) + low typical^(1 - source) D^-1/2 V V^T) D^(1/2 - target)
    """
    n_items = len(graph.items)
    by_item: Matrix = graph.normal.T.tocsr()
    departing, arriving = power(graph.items, chosen.source - 0.5)[:, None], graph.arrive(chosen.target)
    spreading = power(graph.items, 0.5)[:, None] * np.float32(chosen.low * graph.typical ** (1.0 - chosen.source))
    left = graph.basis * (departing * chosen.damps(graph.eigenvalues) + spreading)
    right = np.ascontiguousarray(graph.basis.T)

    def block(start: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        rows = slice(start, min(start + _CHUNK, n_items))
        scores: FloatArray = (by_item[rows] @ graph.normal).toarray()
        scores *= departing[rows]
        scores += left[rows] @ right
        scores *= arriving
        scores[np.arange(len(scores)), np.arange(rows.start, rows.stop)] = -np.inf
        return _greatest(scores, neighbours)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(max_workers=threads()) as pool:
        blocks = list(pool.map(block, range(0, n_items, _CHUNK)))
    indices = np.concatenate([part_[0] for part_ in blocks])
    data = np.concatenate([part_[1] for part_ in blocks])
    width = indices.shape[1]
    indptr = np.arange(0, width * n_items + 1, width, dtype=np.int64)
    links: Matrix = sparse.csr_array((data.ravel(), indices.ravel(), indptr), shape=(n_items, n_items))
    links.data[~np.isfinite(links.data)] = 0.0
    links.eliminate_zeros()
    return links


def _greatest(scores: FloatArray, k: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Columns ascending and values of the k greatest positive entries per row; 0 where fewer are more than rounding."""
    k = min(k, scores.shape[1])
    cut = scores.shape[1] - k
    columns = np.sort(np.argpartition(scores, cut, axis=1)[:, cut:], axis=1)
    values = np.take_along_axis(scores, columns, axis=1)
    values[values < _ROUNDING * np.maximum(values.max(axis=1, keepdims=True), 0.0)] = 0.0
    return columns.astype(np.int32), np.maximum(values, 0.0)
