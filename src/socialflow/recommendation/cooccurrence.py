"""Who took this also took that: the co-occurrence of items, normalised, truncated, and its kernel chosen on data."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.products import multiply
from socialflow.recommendation.protocol import Matrix
from socialflow.recommendation.ranking import best_columns

_BLOCK_PRODUCTS = 8_000_000
"""Multiplications per block of the product: bounds the memory of a block to about 100 MB."""
_USERS, _CELLS = 3_000, 125_000_000
"""Users asked for the choice of a kernel, and users x items at most."""
_HELD_OUT = 0.2
_CUTOFF = 20
_CHUNK = 64
_SOURCES = (0.5, 0.7, 1.0)
_TARGETS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


class _Aimed(Protocol):
    """What has an exponent against popular items."""

    @property
    def target(self) -> float: ...


Trial = TypeVar("Trial", bound=_Aimed)
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
    users, items = degrees(taken)
    sources, targets = power(items, kernel.source), power(items, kernel.target)
    by_item: Matrix = scale_columns(taken.T.tocsr(), power(users, kernel.user))

    def row_block(rows: slice) -> tuple[list[Columns], list[FloatArray]]:
        together = multiply(by_item[rows], taken)
        return _truncate(together, rows.start, targets, neighbours)

    with ThreadPoolExecutor(max_workers=threads()) as pool:
        blocks = list(pool.map(row_block, _blocks(by_item, taken)))
    indices = [row for block in blocks for row in block[0]]
    counts = np.fromiter(map(len, indices), np.int64, count=n_items)
    data = np.concatenate([row for block in blocks for row in block[1]], dtype=np.float32)
    data *= np.repeat(sources, counts)
    indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return sparse.csr_array((data, np.concatenate(indices, dtype=np.int32), indptr), shape=(n_items, n_items))


def choose_kernel(taken: Matrix, neighbours: int, seed: int) -> Kernel:
    """The kernel to use for `taken`, judged by NDCG@20 on a fifth of the interactions of up to 3,000 users, held out.

    Fewer users are asked where there are more than 40,000 items. Everybody else's interactions stay, so that the links
    are about as dense as they will be; one set of links serves all trials, rescaled. The default where nothing can be
    held out.
    """
    rng = np.random.default_rng(seed)
    sampled = np.zeros(taken.shape[0], bool)
    sampled[rng.permutation(taken.shape[0])[: max(1, min(_USERS, _CELLS // taken.shape[1]))]] = True
    held = np.repeat(sampled, np.diff(taken.indptr)) & (rng.random(taken.nnz) < _HELD_OUT)
    known, hidden = part(taken, ~held), part(taken, held)
    users = np.flatnonzero((np.diff(known.indptr) > 0) & (np.diff(hidden.indptr) > 0))
    if not len(users):
        return Kernel()
    links = link(known, Kernel(), neighbours)
    trials = [Kernel(1.0, source, target) for source, target in product(_SOURCES, _TARGETS)]
    quality = _try_kernels(links, degrees(known)[1], known[users], hidden[users], trials)
    return weakest_of_the_best(trials, quality)


def weakest_of_the_best(trials: list[Trial], quality: Floats, errors: float = 2.0) -> Trial:
    """Of the trials that per-user `quality` (users, trials) does not tell from the best (within so many standard
    `errors` of the paired difference), the one with the weakest target exponent; of several, the better one.

    A random part held out flatters correction for popularity: what is taken later is popular more often.
    """
    means = quality.mean(axis=0)
    behind = quality[:, [int(np.argmax(means))]] - quality
    apart = behind.mean(axis=0) > errors * behind.std(axis=0) / np.sqrt(len(quality))
    order = np.lexsort((-means, [trial.target for trial in trials], apart))
    return trials[int(order[0])]


def _try_kernels(links: Matrix, items: Floats, given: Matrix, hidden: Matrix, trials: list[Kernel]) -> Floats:
    """NDCG@20 (users, trials); `links` are of the default kernel, `items` are their degrees; `given` and `hidden` have
    one row per user."""
    base = Kernel()

    def chunk_quality(start: int) -> Floats:
        seen, wanted = given[start : start + _CHUNK], hidden[start : start + _CHUNK]
        ndcg, source, scores = np.zeros((seen.shape[0], len(trials))), np.nan, np.empty((0, 0), np.float32)
        for number, trial in enumerate(trials):
            if trial.source != source:
                source = trial.source
                scores = (scale_columns(seen, power(items, source - base.source)) @ links).toarray()
                scores[seen.nonzero()] = np.nan
            ranking = scores * power(items, trial.target - base.target)[None, :]
            hits = find_hits(best_columns(ranking, _CUTOFF)[0], wanted.indptr, wanted.indices)
            ndcg[:, number] = rank_quality(hits, np.diff(wanted.indptr), [_CUTOFF])[f"ndcg@{_CUTOFF}"]
        return ndcg

    with ThreadPoolExecutor(max_workers=threads()) as pool:
        return np.concatenate(list(pool.map(chunk_quality, range(0, given.shape[0], _CHUNK))))


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


def degrees(taken: Matrix) -> tuple[Floats, Floats]:
    """Sums of the rows (users) and of the columns (items)."""
    return np.asarray(taken.sum(axis=1), np.float64), np.asarray(taken.sum(axis=0), np.float64)


def scale_columns(matrix: Matrix, factors: FloatArray) -> Matrix:
    """A matrix whose column j is multiplied by `factors[j]`; indices are shared with the given one."""
    scaled: Matrix = sparse.csr_array(
        (matrix.data * factors[matrix.indices], matrix.indices, matrix.indptr), matrix.shape
    )
    return scaled


def scale_by_degree(taken: Matrix, user: float, item: float) -> Matrix:
    """D_u^-user R D_i^-item."""
    users, items = degrees(taken)
    rows = np.repeat(power(users, user), np.diff(taken.indptr))
    cells = taken.data * rows * power(items, item)[taken.indices]
    scaled: Matrix = sparse.csr_array((cells, taken.indices, taken.indptr), taken.shape)
    return scaled


def power(degrees: Floats, exponent: float) -> FloatArray:
    """degrees ** -exponent as float32, 0 where the degree is 0."""
    powers = np.power(degrees, -exponent, out=np.zeros(len(degrees)), where=degrees > 0)
    return powers.astype(np.float32)


def part(matrix: Matrix, kept: Bools) -> Matrix:
    """The stored entries of `matrix` for which `kept` is true."""
    indptr = np.concatenate(([0], np.cumsum(kept)))[matrix.indptr].astype(np.int32)
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)


def threads() -> int:
    """How many threads a fit uses."""
    return min(4, os.cpu_count() or 1)
