"""Implicit-feedback matrix factorisation by alternating least squares, scored by folding the history in."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Recommender, Saved


class Als(Recommender):
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
        self._vectors: FloatArray = np.empty((0, factors), np.float32)
        self._gram: FloatArray = np.empty((factors, factors), np.float32)

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
        self._vectors = self._factorise(taken)
        self._vectors[taken.sum(axis=0) == 0] = np.nan  # nothing was learnt about them
        self._gram = _gram(self._vectors, self._regularisation)

    def _factorise(self, taken: Matrix) -> FloatArray:
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
        vectors: FloatArray = model.item_factors
        return vectors

    def _score(self, histories: Histories) -> FloatArray:
        scores: FloatArray = self._fold_in(histories) @ self._vectors.T
        return scores

    def _score_items(self, histories: Histories, columns: IntArray) -> FloatArray:
        scores: FloatArray = self._fold_in(histories) @ self._vectors[columns].T
        return scores

    def _similarities(self, columns: IntArray) -> FloatArray:
        lengths = np.linalg.norm(self._vectors, axis=1)
        unit: FloatArray = (self._vectors / lengths[:, None]).astype(np.float32)
        return unit[columns] @ unit.T

    def _fold_in(self, histories: Histories) -> FloatArray:
        """Vectors (m, factors) of histories; NaN where there is no positive item."""
        folded = np.full((len(histories), self._factors), np.nan, np.float32)
        for row in range(len(histories)):
            span = slice(histories.indptr[row], histories.indptr[row + 1])
            columns, inverse = np.unique(histories.items[span], return_inverse=True)
            weights = np.bincount(inverse, histories.weights[span], len(columns)).astype(np.float32)
            vectors = self._vectors[columns]
            liked = (weights > 0) & ~np.isnan(vectors[:, 0])
            if not liked.any():
                continue
            vectors, extra = vectors[liked], self._alpha * weights[liked]
            normal = self._gram + (vectors.T * extra) @ vectors
            folded[row] = np.linalg.solve(normal, vectors.T @ (1.0 + extra))
        return folded

    def _arrays(self) -> Arrays:
        return {"vectors": self._vectors, "gram": self._gram}

    def _restore(self, saved: Saved) -> None:
        self._vectors, self._gram = saved.arrays["vectors"], saved.arrays["gram"]


def _gram(vectors: FloatArray, regularisation: float) -> FloatArray:
    """Y^T Y + regularisation I over the rows that are numbers."""
    known = vectors[~np.isnan(vectors[:, 0])]
    return (known.T @ known + regularisation * np.eye(vectors.shape[1])).astype(np.float32)
