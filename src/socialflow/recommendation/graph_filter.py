"""Filters on the user-item graph: a co-occurrence kernel plus a low pass over the leading singular vectors."""

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
from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.protocol import Matrix
from socialflow.recommendation.ranking import best_columns
from socialflow.recommendation.rows import content_order

LOW_SOURCE, LOW_TARGET = 0.5, -0.4
"""Exponents of the low pass: items of a history count by 1 / sqrt(degree), what is found by degree ** 0.4."""
_USERS, _CELLS = 2_000, 33_000_000
"""Users asked for the choice of a filter, and users x items at most."""
_HELD_OUT = 0.2
_CUTOFF = 20
_CHUNK = 64
_SOURCES = (0.5, 0.75, 1.0)
_TARGETS = (0.0, 0.15, 0.3, 0.45)
_SHARES = (0.0, 0.2, 0.4, 0.8, 1.6, 3.2)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Filter:
    """Exponents of the co-occurrence part, and `low`, the weight of the low pass beside it (its share of one standard
    deviation of the scores, for typical histories)."""

    source: float = 0.75
    target: float = 0.15
    low: float = 0.4


@dataclass(frozen=True, slots=True)
class Graph:
    """A user-item matrix with what filters need: item degrees, the walk's second half, low-frequency vectors."""

    taken: Matrix
    items: Floats
    by_user: Matrix
    """`taken` with row u multiplied by 1 / d_u."""
    basis: FloatArray
    """Right singular vectors (items, rank) of D_u^-1/2 R D_i^-1/2."""

    @classmethod
    def of(cls, taken: Matrix, rank: int, seed: int) -> "Graph":
        """Measure a matrix of 0 and 1; one randomised decomposition."""
        return cls(taken, degrees(taken)[1], scale_by_degree(taken, 1.0, 0.0), low_frequencies(taken, rank, seed))

    def walk(self, given: Matrix, source: float) -> FloatArray:
        """Scores (m, items) of two steps from histories over users to items, before any correction of the target."""
        steps = scale_columns(given, power(self.items, source)) @ self.taken.T
        scores: FloatArray = (steps @ self.by_user).toarray()
        return scores

    def low_pass(self, given: Matrix) -> FloatArray:
        """Scores (m, items) of histories projected on the basis."""
        folded = scale_columns(given, power(self.items, LOW_SOURCE)) @ self.basis
        scores: FloatArray = (folded @ self.basis.T) * power(self.items, LOW_TARGET)
        return scores


def low_frequencies(taken: Matrix, rank: int, seed: int) -> FloatArray:
    """Right singular vectors (items, at most `rank`) of the degree-normalised matrix with the greatest values."""
    from sklearn.utils.extmath import randomized_svd

    normal = scale_by_degree(taken, 0.5, 0.5)
    width = min(rank, *taken.shape)
    # Not transposed: the random start then has a row per item, and names of users do not matter.
    _, _, right = randomized_svd(sparse.csr_matrix(normal), width, n_iter=3, transpose=False, random_state=seed)
    basis: FloatArray = np.ascontiguousarray(right.T, np.float32)
    return basis


def choose_filter(taken: Matrix, rank: int, seed: int) -> Filter:
    """The filter to use for `taken`.

    Judged by NDCG@20 on a fifth of the interactions of up to 2,000 users (fewer where there are many items), held out;
    everybody else's interactions stay. The default where nothing can be held out.
    """
    asked = content_order(taken, seed)[: max(1, min(_USERS, _CELLS // taken.shape[1]))]
    rows: Matrix = taken[asked]
    held = np.random.default_rng(seed).random(rows.nnz) < _HELD_OUT
    given, hidden = part(rows, ~held), part(rows, held)
    others = np.setdiff1d(np.arange(taken.shape[0]), asked)
    known: Matrix = sparse.csr_array(sparse.vstack([taken[others], given]))
    kept = np.flatnonzero((np.diff(given.indptr) > 0) & (np.diff(hidden.indptr) > 0))
    graph = Graph.of(known, rank, seed)
    if not len(kept):
        return Filter()
    given, hidden = given[kept], hidden[kept]
    trials = [Filter(*trial) for trial in product(_SOURCES, _TARGETS, _SHARES)]
    pairs = product(_SOURCES, _TARGETS)
    units = {pair: _unit(graph, given[:_CHUNK], Filter(*pair)) for pair in pairs}
    return weakest_of_the_best(trials, _try(graph, given, hidden, trials, units))


def _unit(graph: Graph, given: Matrix, chosen: Filter) -> float:
    """The standard deviation of the walk's scores over that of the low pass's."""
    walk = graph.walk(given, chosen.source) * power(graph.items, chosen.target)
    spread = float(graph.low_pass(given).std())
    return float(walk.std()) / spread if spread > 0 else 0.0


def _try(
    graph: Graph, given: Matrix, hidden: Matrix, trials: list[Filter], units: dict[tuple[float, float], float]
) -> Floats:
    """NDCG@20 (users, trials)."""

    def chunk_quality(start: int) -> Floats:
        seen, wanted = given[start : start + _CHUNK], hidden[start : start + _CHUNK]
        low, walks = graph.low_pass(seen), {source: graph.walk(seen, source) for source in _SOURCES}
        low[seen.nonzero()] = np.nan
        ndcg = np.zeros((seen.shape[0], len(trials)))
        for number, trial in enumerate(trials):
            scores = walks[trial.source] * power(graph.items, trial.target)
            scores += np.float32(trial.low * units[trial.source, trial.target]) * low
            hits = find_hits(best_columns(scores, _CUTOFF)[0], wanted.indptr, wanted.indices)
            ndcg[:, number] = rank_quality(hits, np.diff(wanted.indptr), [_CUTOFF])[f"ndcg@{_CUTOFF}"]
        return ndcg

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(max_workers=threads()) as pool:
        return np.concatenate(list(pool.map(chunk_quality, range(0, given.shape[0], _CHUNK))))


def filtered_links(graph: Graph, chosen: Filter, neighbours: int, seed: int) -> Matrix:
    """The `neighbours` greatest S[i, j] of every item i, as CSR (items, items) float32 without diagonal, where

    S = D_i^-source R^T D_u^-1 R D_i^-target + low * unit * D_i^-1/2 V V^T D_i^0.4

    and `unit` brings both to one scale for some of the histories.
    """
    unit = _unit(graph, graph.taken[content_order(graph.taken, seed)[:_CHUNK]], chosen)
    n_items = graph.taken.shape[1]
    sources, targets = power(graph.items, chosen.source), power(graph.items, chosen.target)
    left = graph.basis * (power(graph.items, LOW_SOURCE) * np.float32(chosen.low * unit))[:, None]
    right = np.ascontiguousarray((graph.basis * power(graph.items, LOW_TARGET)[:, None]).T)
    by_item: Matrix = graph.by_user.T.tocsr()

    def block(start: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        rows = slice(start, min(start + _CHUNK, n_items))
        scores: FloatArray = (by_item[rows] @ graph.taken).toarray() * targets
        scores *= sources[rows, None]
        if chosen.low > 0:
            scores += left[rows] @ right
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
    """Columns ascending and values of the k greatest positive entries per row; what is left over is 0."""
    k = min(k, scores.shape[1])
    cut = scores.shape[1] - k
    columns = np.sort(np.argpartition(scores, cut, axis=1)[:, cut:], axis=1)
    values = np.take_along_axis(scores, columns, axis=1)
    return columns.astype(np.int32), np.maximum(values, 0.0).astype(np.float32)
