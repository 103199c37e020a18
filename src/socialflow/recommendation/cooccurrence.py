"""Who took this also took that: the co-occurrence of items, normalised, truncated, and its kernel chosen on data."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.protocol import Matrix
from socialflow.recommendation.ranking import best_columns

_BLOCK_PRODUCTS = 8_000_000
"""Multiplications per block of the product: bounds the memory of a block to about 100 MB."""
_SAMPLE = 2_000
_CHOICE_PRODUCTS = 600_000_000
"""Multiplications per source exponent tried: fewer users are sampled where each costs more."""
_HELD_OUT = 0.2
_CUTOFF = 20
_CHUNK = 16
_SOURCES = (0.3, 0.5, 0.7, 1.0)
_TARGETS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Kernel:
    """Exponents of the degree normalisation: S[i, j] = d_i^-source (sum_u R[u, i] d_u^-user R[u, j]) d_j^-target."""

    user: float = 1.0
    source: float = 0.7
    target: float = 0.3


def link(taken: Matrix, kernel: Kernel, neighbours: int) -> Matrix:
    """The `neighbours` greatest S[i, j] of every item i as CSR (items, items) float32, diagonal left out.

    `taken` (users, items) holds R. The product is formed in blocks of rows by a few threads, so that memory stays
    bounded by the blocks and the result.
    """
    n_items = taken.shape[1]
    users, items = _degrees(taken)
    sources, targets = _power(items, kernel.source), _power(items, kernel.target)
    by_item: Matrix = _scale_columns(taken.T.tocsr(), _power(users, kernel.user))

    def row_block(rows: slice) -> tuple[list[Columns], list[FloatArray]]:
        together = by_item[rows] @ taken
        return _truncate(together, rows.start, targets, neighbours)

    with ThreadPoolExecutor(max_workers=_threads()) as pool:
        blocks = list(pool.map(row_block, _blocks(by_item, taken)))
    indices = [row for block in blocks for row in block[0]]
    counts = np.fromiter(map(len, indices), np.int64, count=n_items)
    data = np.concatenate([row for block in blocks for row in block[1]], dtype=np.float32)
    data *= np.repeat(sources, counts)
    indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return sparse.csr_array((data, np.concatenate(indices, dtype=np.int32), indptr), shape=(n_items, n_items))


def choose_kernel(taken: Matrix, seed: int) -> Kernel:
    """The kernel with the best NDCG@20 on interactions held out of `taken`: a fifth of those of up to 2,000 users.

    The source exponent is chosen first, then the target exponent beside it. The default where no user has enough
    interactions to hold one out.
    """
    rng = np.random.default_rng(seed)
    eligible = np.flatnonzero(np.diff(taken.indptr) >= 2)
    users = _affordable(taken, rng.permutation(eligible)[:_SAMPLE])
    sample = taken[np.sort(users)]
    held = rng.random(sample.nnz) < _HELD_OUT
    given, hidden = _part(sample, ~held), _part(sample, held)
    usable = np.flatnonzero((np.diff(given.indptr) > 0) & (np.diff(hidden.indptr) > 0))
    if not len(usable):
        return Kernel()
    rest = np.ones(taken.shape[0], bool)
    rest[users] = False
    known = sparse.vstack([taken[np.flatnonzero(rest)], given], format="csr")
    best = partial(_best_kernel, known, given[usable], hidden[usable])
    rough = best([replace(Kernel(), source=source) for source in _SOURCES])
    return best([replace(rough, target=target) for target in _TARGETS])


def _best_kernel(known: Matrix, given: Matrix, hidden: Matrix, trials: list[Kernel]) -> Kernel:
    """The trial of the greatest mean NDCG@20, without truncation; users of `given` and `hidden` (rows) agree."""
    users, items = _degrees(known)
    by_item: Matrix = known.T.tocsr()

    def chunk_quality(start: int) -> Floats:
        seen, wanted = given[start : start + _CHUNK], hidden[start : start + _CHUNK]
        ndcg, source, scores = np.zeros(len(trials)), np.nan, np.empty((0, 0), np.float32)
        for number, trial in enumerate(trials):
            if trial.source != source:
                source = trial.source
                alike = _scale_columns(seen, _power(items, source)) @ by_item
                scores = (_scale_columns(alike, _power(users, trial.user)) @ known).toarray()
                scores[seen.nonzero()] = np.nan
            ranking = scores * _power(items, trial.target)[None, :]
            hits = find_hits(best_columns(ranking, _CUTOFF)[0], wanted.indptr, wanted.indices)
            ndcg[number] = rank_quality(hits, np.diff(wanted.indptr), [_CUTOFF])[f"ndcg@{_CUTOFF}"].sum()
        return ndcg

    with ThreadPoolExecutor(max_workers=_threads()) as pool:
        total: Floats = sum(pool.map(chunk_quality, range(0, given.shape[0], _CHUNK)), np.zeros(len(trials)))
    return trials[int(np.argmax(total))]


def _affordable(taken: Matrix, users: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The first of `users` whose scores together stay within `_CHOICE_PRODUCTS` multiplications, at least one."""
    takers = sparse.csr_array((np.ones(taken.nnz, np.int64), taken.indices, taken.indptr), shape=taken.shape)
    per_item = takers.T @ np.diff(taken.indptr).astype(np.int64)
    work = np.cumsum(np.minimum(np.asarray(takers[users] @ per_item), taken.nnz))
    return users[: max(1, int(np.searchsorted(work, _CHOICE_PRODUCTS, side="right")))]


def _truncate(
    together: Matrix, first: int, targets: FloatArray, neighbours: int
) -> tuple[list[Columns], list[FloatArray]]:
    """The strongest links per row of a block whose rows are items `first`, `first + 1`, ...; columns ascending."""
    indices, data = [], []
    for row in range(together.shape[0]):
        span = slice(together.indptr[row], together.indptr[row + 1])
        columns = together.indices[span]
        values = together.data[span] * targets[columns]
        values[columns == first + row] = 0.0
        best = (
            np.flatnonzero(values) if len(values) <= neighbours else np.argpartition(-values, neighbours)[:neighbours]
        )
        best = best[np.argsort(columns[best])]
        indices.append(columns[best])
        data.append(values[best])
    return indices, data


def _blocks(by_item: Matrix, taken: Matrix) -> Iterator[slice]:
    """Consecutive rows of `by_item` whose product with `taken` costs about `_BLOCK_PRODUCTS` multiplications."""
    per_user = np.diff(taken.indptr)
    work = np.concatenate(([0], np.cumsum(per_user[by_item.indices], dtype=np.int64)))[by_item.indptr]
    start, n_items = 0, len(work) - 1
    while start < n_items:
        stop = int(np.searchsorted(work, work[start] + _BLOCK_PRODUCTS, side="right")) - 1
        stop = max(start + 1, min(stop, n_items))
        yield slice(start, stop)
        start = stop


def _degrees(taken: Matrix) -> tuple[Floats, Floats]:
    """Sums of the rows (users) and of the columns (items)."""
    return np.asarray(taken.sum(axis=1), np.float64), np.asarray(taken.sum(axis=0), np.float64)


def _scale_columns(matrix: Matrix, factors: FloatArray) -> Matrix:
    """A matrix whose column j is multiplied by `factors[j]`; indices are shared with the given one."""
    scaled: Matrix = sparse.csr_array(
        (matrix.data * factors[matrix.indices], matrix.indices, matrix.indptr), matrix.shape
    )
    return scaled


def _power(degrees: Floats, exponent: float) -> FloatArray:
    """degrees ** -exponent as float32, 0 where the degree is 0."""
    powers = np.power(degrees, -exponent, out=np.zeros(len(degrees)), where=degrees > 0)
    return powers.astype(np.float32)


def _part(matrix: Matrix, kept: Bools) -> Matrix:
    """The stored entries of `matrix` for which `kept` is true."""
    indptr = np.concatenate(([0], np.cumsum(kept)))[matrix.indptr].astype(np.int32)
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)


def _threads() -> int:
    return min(4, os.cpu_count() or 1)
