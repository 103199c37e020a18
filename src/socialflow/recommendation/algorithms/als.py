"""Implicit-feedback matrix factorisation by alternating least squares, scored by folding the history in."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.errors import InvalidInput
from socialflow.recommendation.cooccurrence import part
from socialflow.recommendation.follow import Following, News
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Saved
from socialflow.recommendation.vectors import VectorRecommender

Flags = npt.NDArray[np.bool_]

_PADDED_ROWS = 8192
"""Vectors of histories taken together in a fold-in: 4 MB at the default width. With fewer, calls cost more than the
arithmetic, and threads wait for each other between them."""
_TAKERS = 256
"""People, at most, from whom the vector of a new item is made."""
_PRECISION, _MOST_STEPS = 1e-4, 60


class Als(VectorRecommender, Following):
    r"""Weighted matrix factorisation for implicit feedback (iALS).

    With preference ``p = 1`` for a taken item and 0 otherwise, and confidence ``c = 1 + alpha * weight``, factors
    minimise ``sum c (p - x_u . y_i)^2 + regularisation (sum |x_u|^2 + sum |y_i|^2)``. Only the item factors ``Y`` are
    kept; a history ``h`` is folded in by solving its own normal equation::

        x = (Y^T Y + Y_h^T (C_h - I) Y_h + regularisation I)^-1 Y_h^T C_h 1
        score(h)[j] = x . y_j

    Repeated items of a history add up. Items whose weights sum to zero or less are left out: disliking is no
    confidence in liking. NaN for a history without positive weight, and for items nobody took.

    Parameters
    ----------
    factors
        Width of the vectors.
    alpha
        Confidence gained per unit of weight.
    regularisation
        Strength of the L2 penalty. This and alpha are what did well on held-out train parts of four public sets
        (Gowalla, Yelp2018, MovieLens 100K and 1M); weaker penalties overfit the small ones.
    iterations
        Sweeps over users and items.
    seed
        Of the initial item factors.

    References
    ----------
    Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008. Fitted by the library
    `implicit` (conjugate gradient: Takacs, Pilaszy, Tikk, RecSys 2011); serving needs numpy alone.

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3, 3], [10, 20, 10, 20, 30, 40])
    >>> model = Als(factors=2, regularisation=0.1).fit(log)
    >>> model.top(Histories.from_lists([[10]]), k=1).items.tolist()
    [[20]]
    """

    name = "als"

    def __init__(
        self,
        *,
        factors: int = 128,
        alpha: float = 10.0,
        regularisation: float = 50.0,
        iterations: int = 15,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if factors < 1 or iterations < 1 or alpha <= 0 or regularisation <= 0:
            raise InvalidInput("factors and iterations must be at least 1, alpha and regularisation above 0")
        self._factors, self._iterations = factors, iterations
        self._alpha, self._regularisation = alpha, regularisation
        self._seed = seed
        self._take_up(np.empty((0, factors), np.float32), np.eye(factors, dtype=np.float32), None)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "factors": self._factors,
            "alpha": self._alpha,
            "regularisation": self._regularisation,
            "iterations": self._iterations,
            "seed": self._seed,
        }

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        vectors, people = self._factorise(taken)
        vectors[taken.sum(axis=0) == 0] = np.nan  # nothing was learnt about them
        self._take_up(vectors, _gram(vectors, self._regularisation), _gram(people, self._regularisation))

    def _factorise(self, taken: Matrix) -> tuple[FloatArray, FloatArray]:
        """Factors of items and of people."""
        from implicit.als import AlternatingLeastSquares

        confidence = sparse.csr_matrix((1.0 + self._alpha * taken.data, taken.indices, taken.indptr), taken.shape)
        with threadpool_limits(1, "blas"):  # implicit runs its own threads
            model = AlternatingLeastSquares(
                factors=self._factors,
                regularization=self._regularisation,
                iterations=self._iterations,
                random_state=self._seed,
            )
            # Users start at zero, so that the result does not depend on how users are numbered.
            model.user_factors = np.zeros((taken.shape[0], self._factors), np.float32)
            model.fit(confidence, show_progress=False)
        return model.item_factors, model.user_factors

    def _represent(self, histories: Histories) -> FloatArray:
        """Vectors (m, factors) of histories; NaN where there is no positive item."""
        shape = (len(histories), len(self._vectors))
        weights: Matrix = sparse.csr_array(
            (histories.weights, histories.items, histories.indptr), shape=shape, copy=True
        )
        weights.sum_duplicates()
        weights.data[np.isnan(self._vectors[weights.indices, 0])] = 0.0
        weights.data[weights.data < 0] = 0.0
        weights.eliminate_zeros()
        folded = np.full((len(histories), self._vectors.shape[1]), np.nan, np.float32)
        for rows, columns, liked in _padded(weights):
            folded[rows] = self._solve(self._vectors[columns], liked, self._gram, self._shared)
        return folded

    @property
    def can_follow(self) -> bool:
        """Whether what the equations of all items share is there, and until when the fit has seen."""
        return super().can_follow and self._of_people is not None

    @property
    def fitted_ids(self) -> IntArray:
        """Ids of the items that have a vector."""
        return self._item_ids[~np.isnan(self._vectors[:, 0])]

    def _follow(self, news: News) -> None:
        """Solve the normal equation of each item the fit knew nothing of, over those who took it, folded in by what the
        fit knew. Other items keep their vectors until the next fit."""
        unfitted = np.ones(len(self._item_ids), np.bool_)
        unfitted[: len(self._vectors)] = np.isnan(self._vectors[:, 0])
        unfitted[self._late] = True
        wanted = np.unique(np.concatenate((news.before.indices, news.now.indices))).astype(np.int64)
        wanted = wanted[unfitted[wanted]]
        if not len(wanted) and len(self._vectors) == len(self._item_ids):
            return
        self._install(self._vectors, self._fitted_gram)
        grown = np.full((len(self._item_ids), self._vectors.shape[1]), np.nan, np.float32)
        grown[: len(self._vectors)] = self._vectors
        grown[wanted] = np.nan
        people, takers = self._takers(news.since, wanted, unfitted)
        shared = np.eye(self._gram.shape[0], dtype=np.float32) if self._of_people is None else self._of_people
        for rows, columns, liked in _padded(takers):
            grown[wanted[rows]] = self._solve(people[columns], liked, shared, _inverse(shared))
        late = np.union1d(self._late, wanted)
        self._late = late[~np.isnan(grown[late, 0])].astype(np.int64)
        self._install(grown, self._fitted_gram + _products(grown[self._late]))

    def _takers(self, since: Matrix, wanted: IntArray, unfitted: Flags) -> tuple[FloatArray, Matrix]:
        """Vectors of people, and who of them took each of the wanted items, (wanted, people)."""
        takers: Matrix = since[:, wanted].T.tocsr()
        first = np.arange(takers.nnz) - np.repeat(takers.indptr[:-1], np.diff(takers.indptr)) < _TAKERS
        takers = part(takers, first)
        asked = np.unique(takers.indices)
        theirs = since[asked]
        fitted = part(theirs, ~unfitted[theirs.indices])
        histories = Histories(
            fitted.indptr.astype(np.int64), fitted.indices.astype(np.int64), fitted.data, np.zeros(fitted.nnz)
        )
        people = np.full((since.shape[0], self._vectors.shape[1]), np.nan, np.float32)
        people[asked] = self._represent(histories)
        return people, part(takers, ~np.isnan(people[takers.indices, 0]))

    def _solve(self, vectors: FloatArray, weights: FloatArray, gram: FloatArray, inverse: FloatArray) -> FloatArray:
        """Solutions (b, factors) of b normal equations over `vectors` (b, l, factors), 0 where `weights` (b, l) is.

        `gram` is what all of them share, `inverse` its inverse.

        By conjugate gradients, preconditioned by what all equations share, each row until its residual is 1e-4 of the
        start, so that no matrix is formed or factorised.
        """
        extra = self._alpha * weights
        residual = _combine(np.where(weights > 0, 1.0 + extra, 0.0).astype(np.float32), vectors)
        solution, step = np.zeros_like(residual), residual @ inverse
        direction, size = step, np.einsum("bf,bf->b", residual, step)
        enough = size * np.float32(_PRECISION**2)
        for _ in range(_MOST_STEPS):
            going = size > enough
            if not going.any():
                break
            along = (vectors @ direction[:, :, None])[:, :, 0]
            image = direction @ gram + _combine(extra * along, vectors)
            bend = np.einsum("bf,bf->b", direction, image)
            length = np.divide(size, bend, out=np.zeros_like(size), where=going & (bend > 0))[:, None]
            solution += length * direction
            residual = residual - length * image
            step = residual @ inverse
            before, size = size, np.where(going, np.einsum("bf,bf->b", residual, step), size)
            direction = step + np.divide(size, before, out=np.zeros_like(size), where=going)[:, None] * direction
        return solution

    def _take_up(self, vectors: FloatArray, gram: FloatArray, of_people: FloatArray | None) -> None:
        """`of_people` is the gram matrix of the people's factors at the fit."""
        self._fitted_gram, self._of_people, self._late = gram, of_people, np.empty(0, np.int64)
        self._install(vectors, gram)

    def _install(self, vectors: FloatArray, gram: FloatArray) -> None:
        self._vectors, self._gram = vectors, gram
        self._shared = _inverse(gram)

    def _arrays(self) -> Arrays:
        stored = {"vectors": self._vectors, "gram": self._gram}
        return stored if self._of_people is None else {**stored, "gram_of_people": self._of_people}

    def _restore(self, saved: Saved) -> None:
        self._take_up(saved.arrays["vectors"], saved.arrays["gram"], saved.arrays.get("gram_of_people"))


def _padded(weights: Matrix) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Rows that are not empty in groups of about equal length: rows (b,), their columns and weights (b, l), longest
    groups first; a row's own first column with a weight of 0 fills it up, since another's vector may be NaN."""
    lengths = np.diff(weights.indptr)
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    start = 0
    while start < len(order):
        width = int(lengths[order[start]])
        rows = order[start : start + max(1, _PADDED_ROWS // width)]
        filled = np.arange(width) < lengths[rows, None]
        places = weights.indptr[rows, None] + np.where(filled, np.arange(width), 0)
        yield rows, weights.indices[places].astype(np.int64), np.where(filled, weights.data[places], np.float32(0.0))
        start += len(rows)


def _combine(weights: FloatArray, vectors: FloatArray) -> FloatArray:
    """Weighted sums (b, factors) of `vectors` (b, l, factors)."""
    sums: FloatArray = (weights[:, None, :] @ vectors)[:, 0, :]
    return sums


def _gram(vectors: FloatArray, regularisation: float) -> FloatArray:
    """Y^T Y + regularisation I over the rows that are numbers."""
    return _products(vectors[~np.isnan(vectors[:, 0])]) + np.float32(regularisation) * np.eye(
        vectors.shape[1], dtype=np.float32
    )


def _inverse(gram: FloatArray) -> FloatArray:
    return np.linalg.inv(gram.astype(np.float64)).astype(np.float32)


def _products(vectors: FloatArray) -> FloatArray:
    """Y^T Y."""
    products: FloatArray = vectors.T @ vectors
    return products
