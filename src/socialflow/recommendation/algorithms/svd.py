"""Truncated SVD of the degree-normalised interactions, scored by folding the history in."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.errors import InvalidInput
from socialflow.recommendation.cooccurrence import degrees, power, scale_by_degree
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Saved, State
from socialflow.recommendation.vectors import VectorRecommender, cosines

_OVERSAMPLING, _PASSES = 16, 6


class Svd(VectorRecommender):
    r"""PureSVD on normalised implicit feedback: the strongest directions of taste, each trusted by its strength.

    With ``R`` (users x items, positive weights clipped to 1), degrees ``d_u``, ``d_i`` and the truncated decomposition
    ``D_u^-user R D_i^-item = U S V^T``, a history ``h`` is projected on the directions and read off again::

        x(h)     = (h D_i^-item V) * (S / S_1) ** power
        score(h) = x(h) V^T D_i^target

    (0, 0, 0, 0) is PureSVD, ``h V V^T``; a positive `power` lets weak directions, which are mostly noise, fade instead
    of counting in full up to a sharp end. Negative weights of a history subtract. NaN for a history without known items
    and for items nobody took.

    Parameters
    ----------
    factors
        Directions kept; at most one less than there are items.
    user, item
        Exponents against long histories and popular items in what is decomposed.
    target
        Exponent that gives popular candidates back some of what `item` took.
    power
        Exponent of the strength of a direction.
    seed
        Of the random start of the decomposition.

    References
    ----------
    Cremonesi, Koren, Turrin, "Performance of Recommender Algorithms on Top-N Recommendation Tasks", RecSys 2010
    (PureSVD); Nikolakopoulos, Kalantzis, Gallopoulos, Garofalakis, "EigenRec", KAIS 2019 (scaling); Halko, Martinsson,
    Tropp, "Finding Structure with Randomness", SIAM Review 2011 (how it is computed: block power iteration from a
    random start on the items' side).

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3, 3], [10, 20, 10, 20, 30, 40])
    >>> model = Svd(factors=2).fit(log)
    >>> model.top(Histories.from_lists([[10], [40]]), k=1).items.tolist()
    [[20], [30]]
    """

    name = "svd"

    def __init__(
        self,
        *,
        factors: int = 128,
        user: float = 0.25,
        item: float = 0.4,
        target: float = 0.2,
        power: float = 0.5,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if factors < 1 or power < 0:
            raise InvalidInput("factors must be at least 1 and power not negative")
        self._factors, self._power, self._seed = factors, power, seed
        self._user, self._item, self._target = user, item, target
        self._inward: FloatArray = np.empty((0, factors), np.float32)
        self._vectors: FloatArray = np.empty((0, factors), np.float32)
        self._strengths: list[float] = []

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "factors": self._factors,
            "user": self._user,
            "item": self._item,
            "target": self._target,
            "power": self._power,
            "seed": self._seed,
        }

    @property
    def strengths(self) -> list[float]:
        """Singular values of the kept directions, greatest first."""
        return self._strengths

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        np.minimum(taken.data, 1.0, out=taken.data)
        items, scaled = degrees(taken)[1], scale_by_degree(taken, self._user, self._item)
        with threadpool_limits(1, "blas"):  # two threads beside a busy neighbour take ten times as long as one
            directions, strengths = _decompose(scaled, min(self._factors, max(1, data.n_items - 1)), self._seed)
        trust = (strengths / max(strengths[0], 1e-12)) ** self._power
        self._inward = (power(items, self._item)[:, None] * directions * trust).astype(np.float32)
        self._vectors = (power(items, -self._target)[:, None] * directions).astype(np.float32)
        self._vectors[items == 0] = np.nan
        self._strengths = strengths.tolist()

    def _represent(self, histories: Histories) -> FloatArray:
        """x (m, factors); NaN where no item of the history is known."""
        shape = (len(histories), len(self._item_ids))
        given: Matrix = sparse.csr_array((histories.weights, histories.items, histories.indptr), shape=shape)
        folded: FloatArray = given @ self._inward
        folded[~folded.any(axis=1)] = np.nan
        return folded

    def _similarities(self, columns: IntArray) -> FloatArray:
        return cosines(self._vectors * np.array(self._strengths, np.float32), columns)

    def _arrays(self) -> Arrays:
        return {"inward": self._inward, "outward": self._vectors}

    def _state(self) -> State:
        return {"strengths": self._strengths}

    def _restore(self, saved: Saved) -> None:
        self._inward, self._vectors = saved.arrays["inward"], saved.arrays["outward"]
        self._strengths = saved.state["strengths"]


def _decompose(matrix: Matrix, rank: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Right singular vectors (items, rank) and singular values (rank,), greatest first.

    The random start is on the items' side, so that the result does not depend on how users are numbered.
    """
    n_items = matrix.shape[1]
    width = min(n_items, rank + _OVERSAMPLING)
    basis = np.random.default_rng(seed).standard_normal((n_items, width)).astype(np.float32)
    turned: Matrix = matrix.T.tocsr()
    for _ in range(_PASSES):
        basis, _ = np.linalg.qr(turned @ (matrix @ basis))
    seen = (matrix @ basis).astype(np.float64)
    squares, turns = np.linalg.eigh(seen.T @ seen)
    best = slice(None, -rank - 1, -1)
    return basis @ turns[:, best].astype(np.float32), np.sqrt(np.maximum(squares[best], 0.0)).astype(np.float32)
