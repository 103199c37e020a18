"""Sparse linear model: each item's presence regressed on the other items of the same history."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.errors import InvalidInput
from socialflow.recommendation.cooccurrence import Kernel, link
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.products import multiply
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Recommender, Saved
from socialflow.recommendation.rows import content_order

_CELLS = 10_000_000
"""Interactions at most that the local form looks at; of more, whole users are drawn."""
_CHUNK = 128
_NEAR = Kernel(0.5, 0.5, 0.5)
"""Which items may explain another: the greatest cosines, long histories counting less."""

Columns = npt.NDArray[np.int32]
Dense = npt.NDArray[np.float64]


class SparseLinear(Recommender):
    r"""EASE with weighted users and dropout, in closed form; on large catalogues over each item's neighbourhood only.

    With ``R`` (users x items, positive weights clipped to 1) and users weighted by their length, ``w_u = |u| ** -user``
    (scaled so that the mean interaction counts 1), the weights ``B`` with ``B[j, j] = 0`` minimise::

        sum_u w_u |R_u - R_u B|^2 + sum_i l_i |B_i|^2,    l_i = ridge + dropout / (1 - dropout) * G[i, i]

    where ``G = R^T W R``. The second term of ``l`` is what training on histories with a share `dropout` of their items
    left out at random comes to; it keeps items from being explained by a few near copies. The solution is::

        P = (G + diag(l))^-1,    B[i, j] = -P[i, j] / P[j, j],    score(h)[j] = sum over the history weight_i * B[i, j]

    Above `closed` items the n x n inverse is out of reach: item j is then regressed on its `neighbours` nearest items N
    alone, ``B[N, j] = (G + diag(l))[N, N]^-1 G[N, j]``, exact within N and zero elsewhere. Negative weights of a
    history subtract. NaN for what no item of the history speaks of.

    Parameters
    ----------
    ridge
        L2 penalty, in interactions.
    dropout
        Share of a history that is thought to be missing, 0 to below 1.
    user
        Exponent against long histories.
    neighbours
        Items that may explain another, in the local form.
    closed
        Items up to which the whole inverse is formed: n x n doubles and a few seconds at the default.
    seed
        Of the draw of users where there are more than ten million interactions.

    References
    ----------
    Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019, and "Autoencoders that don't overfit towards
    the Identity", NeurIPS 2020 (dropout); Ning, Karypis, "SLIM: Sparse Linear Methods for Top-N Recommender Systems",
    ICDM 2011 (the neighbourhood-restricted form, fsSLIM).

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3, 3], [10, 20, 10, 20, 30, 40])
    >>> model = SparseLinear(ridge=1.0, dropout=0.0).fit(log)
    >>> model.score(Histories.from_lists([[10]])).astype(float).round(3).tolist()
    [[nan, 0.667, nan, nan]]
    """

    name = "sparse_linear"

    def __init__(
        self,
        *,
        ridge: float = 100.0,
        dropout: float = 0.6,
        user: float = 0.5,
        neighbours: int = 100,
        closed: int = 6000,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if ridge <= 0 or not 0 <= dropout < 1 or neighbours < 1 or closed < 0:
            raise InvalidInput(
                "ridge must be above 0, dropout from 0 to below 1, neighbours at least 1, closed not negative"
            )
        self._ridge, self._dropout, self._user = ridge, dropout, user
        self._n_neighbours, self._closed, self._seed = neighbours, closed, seed
        self._links: FloatArray | Matrix = np.empty((0, 0), np.float32)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "ridge": self._ridge,
            "dropout": self._dropout,
            "user": self._user,
            "neighbours": self._n_neighbours,
            "closed": self._closed,
            "seed": self._seed,
        }

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        np.minimum(taken.data, 1.0, out=taken.data)
        self._links = self._whole(taken) if data.n_items <= self._closed else self._local(self._thinned(taken))

    def _whole(self, taken: Matrix) -> FloatArray:
        """B (n, n) by one inverse."""
        weighted = self._weighted(taken)
        gram: Dense = multiply(weighted.T.tocsr(), weighted).toarray().astype(np.float64)
        diagonal = np.diag_indices_from(gram)
        gram[diagonal] += self._penalty(gram[diagonal])
        with threadpool_limits(1, "blas"):  # two threads beside a busy neighbour take ten times as long as one
            inverse = linalg.inv(gram, overwrite_a=True, assume_a="pos")
        inverse /= -inverse[diagonal]
        inverse[diagonal] = 0.0
        return inverse.astype(np.float32)

    def _local(self, taken: Matrix) -> Matrix:
        """B (n, n), column j over the neighbours of j, by a small solve each; rows are the items that speak."""
        n_items = taken.shape[1]
        near = link(taken, _NEAR, self._n_neighbours)
        by_item: Matrix = self._weighted(taken).T.tocsr()

        def chunk(start: int) -> list[FloatArray]:
            stop = min(start + _CHUNK, n_items)
            return [self._regress(by_item, item, _row(near, item)) for item in range(start, stop)]

        with threadpool_limits(1, "blas"), ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            weights = [line for lines in pool.map(chunk, range(0, n_items, _CHUNK)) for line in lines]
        cells = (np.concatenate(weights), near.indices, near.indptr)
        explained: Matrix = sparse.csr_array(cells, shape=near.shape)
        return explained.T.tocsr()

    def _regress(self, by_item: Matrix, item: int, near: Columns) -> FloatArray:
        """Weights of `near` for one item."""
        if not len(near):
            return np.empty(0, np.float32)
        members = by_item[np.append(near, item)]
        gram: FloatArray = multiply(members, members.T.tocsr()).toarray()
        together, ours = gram[:-1, :-1], gram[:-1, -1]
        diagonal = np.diag_indices_from(together)
        together[diagonal] += self._penalty(together[diagonal])
        weights: FloatArray = linalg.solve(together, ours, assume_a="pos", check_finite=False).astype(np.float32)
        return weights

    def _weighted(self, taken: Matrix) -> Matrix:
        """R with row u times sqrt(w_u)."""
        lengths = np.diff(taken.indptr)
        weights = np.maximum(lengths, 1.0) ** -self._user
        weights *= max(taken.nnz, 1) / max((weights * lengths).sum(), 1e-12)
        data = (taken.data * np.repeat(np.sqrt(weights), lengths)).astype(np.float32)
        weighted: Matrix = sparse.csr_array((data, taken.indices, taken.indptr), shape=taken.shape)
        return weighted

    def _penalty(self, degrees: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        return self._ridge + self._dropout / (1.0 - self._dropout) * degrees

    def _thinned(self, taken: Matrix) -> Matrix:
        """As many whole users as make ten million interactions, drawn by chance; all where there are fewer."""
        if taken.nnz <= _CELLS:
            return taken
        order = content_order(taken, self._seed)
        fitting = np.cumsum(np.diff(taken.indptr)[order]) <= _CELLS
        thinned: Matrix = taken[np.sort(order[fitting])]
        return thinned

    def _score(self, histories: Histories) -> FloatArray:
        if len(histories) == 1:
            scores = self._one(histories)
        else:
            shape = (len(histories), len(self._item_ids))
            given: Matrix = sparse.csr_array((histories.weights, histories.items, histories.indptr), shape=shape)
            product = given @ self._links
            scores = product.toarray() if sparse.issparse(product) else product
        scores[scores == 0] = np.nan
        return scores

    def _one(self, histories: Histories) -> FloatArray:
        """Scores (1, n) of a single history, quicker than a product of sparse matrices."""
        scores = np.zeros(len(self._item_ids), np.float32)
        for item, weight in zip(histories.items.tolist(), histories.weights, strict=True):
            if isinstance(self._links, np.ndarray):
                scores += weight * self._links[item]
            else:
                span = slice(self._links.indptr[item], self._links.indptr[item + 1])
                scores[self._links.indices[span]] += weight * self._links.data[span]
        return scores[None, :]

    def _similarities(self, columns: IntArray) -> FloatArray:
        rows = self._links[columns]
        likeness: FloatArray = rows.toarray() if sparse.issparse(rows) else np.array(rows)
        likeness[likeness == 0] = np.nan
        return likeness

    def _arrays(self) -> Arrays:
        if isinstance(self._links, np.ndarray):
            return {"links": self._links}
        return {"data": self._links.data, "indices": self._links.indices, "indptr": self._links.indptr}

    def _restore(self, saved: Saved) -> None:
        if "links" in saved.arrays:
            self._links = saved.arrays["links"]
            return
        n = len(self._item_ids)
        cells = (saved.arrays["data"], saved.arrays["indices"], saved.arrays["indptr"])
        self._links = sparse.csr_array(cells, shape=(n, n))


def _row(matrix: Matrix, row: int) -> Columns:
    columns: Columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
    return columns
