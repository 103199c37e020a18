"""Non-negative matrix factorisation of the interactions: a person is a sum of themes, an item belongs to some."""

import warnings
from collections.abc import Mapping

import numpy as np
from scipy import sparse

from socialflow.errors import InvalidInput
from socialflow.recommendation.cooccurrence import degrees, power, scale_by_degree
from socialflow.recommendation.interactions import FloatArray, Histories
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Saved
from socialflow.recommendation.vectors import VectorRecommender

_FOLDS = 40
"""Multiplicative steps of a fold-in: scores change by less than a hundredth of their spread after it."""
_TINY = 1e-9


class Nmf(VectorRecommender):
    r"""Parts of taste that only add up: non-negative factors of degree-normalised implicit feedback.

    With ``R`` (users x items, positive weights clipped to 1) and degrees ``d_u``, ``d_i``, themes ``H >= 0`` (factors x
    items) and people ``W >= 0`` minimise ``|D_u^-user R D_i^-item - W H|^2 + penalties``. Only the themes are kept. A
    history ``h`` is folded in by non-negative least squares, from equal shares by multiplicative steps::

        x <- x * (h D_i^-item H^T) / (x (H H^T + ridge I))        (40 times)
        score(h) = x H D_i^target

    Negative weights of a history take nothing away from a theme that other items speak for but can silence one; NaN
    for a history that no theme speaks for, and for items without a theme.

    Parameters
    ----------
    factors
        Themes; at most half as many as there are items.
    user, item
        Exponents against long histories and popular items in what is factorised.
    target
        Exponent that gives popular candidates back some of what `item` took.
    ridge
        L2 penalty of a person's shares at the fold-in, where a theme's greatest entry is 1.
    iterations
        Sweeps of coordinate descent over people and themes, at most.
    seed
        Of the first themes.

    References
    ----------
    Lee, Seung, "Learning the parts of objects by non-negative matrix factorization", Nature 1999 (the model and the
    multiplicative step); Cichocki, Phan, "Fast Local Algorithms for Large Scale Nonnegative Matrix and Tensor
    Factorizations", IEICE 2009 (the fit, by scikit-learn; serving needs numpy and scipy alone).

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3, 3], [10, 20, 10, 20, 30, 40])
    >>> model = Nmf(factors=2).fit(log)
    >>> model.top(Histories.from_lists([[10], [40]]), k=1).items.tolist()
    [[20], [30]]
    """

    name = "nmf"

    def __init__(
        self,
        *,
        factors: int = 100,
        user: float = 0.25,
        item: float = 0.4,
        target: float = 0.4,
        ridge: float = 10.0,
        iterations: int = 30,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if factors < 1 or iterations < 1 or ridge < 0:
            raise InvalidInput("factors and iterations must be at least 1 and ridge not negative")
        self._factors, self._iterations, self._seed = factors, iterations, seed
        self._user, self._item, self._target, self._ridge = user, item, target, ridge
        self._inward: FloatArray = np.empty((0, factors), np.float32)
        self._vectors: FloatArray = np.empty((0, factors), np.float32)
        self._gram: FloatArray = np.empty((factors, factors), np.float32)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "factors": self._factors,
            "user": self._user,
            "item": self._item,
            "target": self._target,
            "ridge": self._ridge,
            "iterations": self._iterations,
            "seed": self._seed,
        }

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        np.minimum(taken.data, 1.0, out=taken.data)
        items, scaled = degrees(taken)[1], sparse.csr_matrix(scale_by_degree(taken, self._user, self._item))
        width = min(self._factors, max(1, data.n_items // 2))
        themes = self._factorise(scaled, width) if scaled.nnz else np.zeros((data.n_items, width), np.float32)
        self._gram = themes.T @ themes + np.float32(self._ridge) * np.eye(width, dtype=np.float32)
        self._inward = power(items, self._item)[:, None] * themes
        self._vectors = power(items, -self._target)[:, None] * themes
        self._vectors[~self._vectors.any(axis=1)] = np.nan

    def _factorise(self, scaled: "sparse.csr_matrix[np.float32]", width: int) -> FloatArray:
        """Themes (items, width) of greatest entry 1; people start equal, so that their numbers do not matter."""
        from sklearn.decomposition import NMF
        from sklearn.exceptions import ConvergenceWarning

        level = np.sqrt(scaled.sum() / (scaled.shape[0] * scaled.shape[1] * width))
        draws = np.random.default_rng(self._seed).random((width, scaled.shape[1]))
        people = np.full((scaled.shape[0], width), level, np.float32)
        model = NMF(width, init="custom", max_iter=self._iterations, tol=1e-4)
        # An error that rounding makes negative, where the themes explain everything, has no root: nothing is lost.
        with warnings.catch_warnings(), np.errstate(invalid="ignore"):
            warnings.simplefilter("ignore", ConvergenceWarning)  # `iterations` is the limit that was asked for
            model.fit_transform(scaled, W=people, H=(2.0 * level * draws).astype(np.float32))
        themes = np.asarray(model.components_, np.float32).T
        highest = themes.max(axis=0)
        return np.ascontiguousarray(themes / np.where(highest > 0, highest, 1.0))

    def _represent(self, histories: Histories) -> FloatArray:
        """x (m, factors); NaN where no theme speaks for the history."""
        shape = (len(histories), len(self._item_ids))
        given: Matrix = sparse.csr_array((histories.weights, histories.items, histories.indptr), shape=shape)
        wanted: FloatArray = np.maximum(given @ self._inward, 0.0)
        shares = np.ones_like(wanted)
        for _ in range(_FOLDS):
            shares *= wanted / (shares @ self._gram + np.float32(_TINY))
        shares[~wanted.any(axis=1)] = np.nan
        return shares

    def _arrays(self) -> Arrays:
        return {"inward": self._inward, "outward": self._vectors, "gram": self._gram}

    def _restore(self, saved: Saved) -> None:
        self._inward, self._vectors = saved.arrays["inward"], saved.arrays["outward"]
        self._gram = saved.arrays["gram"]
