"""SVD++ without a vector per user: a person is what they took and how much they liked it, fitted for ranking."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Saved
from socialflow.recommendation.rows import content_order
from socialflow.recommendation.vectors import VectorRecommender, cosines

_SHOWN = 0.8
"""Share of a history that is shown when the rest is asked for."""
_CANDIDATES = 4096
"""Items that one step ranks: those of its users and others drawn evenly; all where there are no more."""
_MEAN_DECAY, _SQUARE_DECAY = 0.9, 0.99


@dataclass(frozen=True, slots=True)
class _Step:
    """Some users: what is shown of them (m, n), unit rows, likewise its excess weights, and what is asked for."""

    shown: Matrix
    excess: Matrix
    asked: Matrix


class SvdPlusPlus(VectorRecommender):
    r"""Asymmetric SVD++: implicit factors and rating factors of the history, biases of the items.

    With ``N(h)`` the history's items of positive weight w and their mean weight ``m`` over the fit data, each item
    carries three vectors and a bias: ``y`` (that it was taken), ``x`` (how far above the usual it was liked), ``q`` (as
    a candidate) and ``b``::

        z(h)        = |N(h)| ** -1/2 * sum over N(h) of (y_i + (w_i - m) * x_i)
        score(h)[j] = b_j + q_j . z(h)

    The vectors maximise the likelihood of held-back items under a softmax over the candidates, rather than the squared
    error of ratings, for what is asked of them is an order: in each step four fifths of each history, by chance,
    are shown and the weights of the rest are to be told. Where all weights are equal, x stays zero. Negative rows of a
    history are left out. NaN for a history without positive weight and for items nobody took.

    Parameters
    ----------
    factors
        Width of the vectors.
    regularisation
        L2 penalty, per step, of the vectors (decoupled from the gradient).
    learning_rate
        Of Adam; it falls to zero along a line.
    epochs
        Passes over the users.
    batch_size
        Users a step.
    seed
        Of the start, the order and what is shown.

    References
    ----------
    Koren, "Factorization Meets the Neighborhood: a Multifaceted Collaborative Filtering Model", KDD 2008 (SVD++ and
    its asymmetric form, section 4); Liang et al., "Variational Autoencoders for Collaborative Filtering", WWW 2018
    (multinomial likelihood of histories shown in part); Kingma, Ba, "Adam", ICLR 2015.

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3, 3, 4, 4], [10, 20, 10, 20, 30, 40, 30, 40])
    >>> model = SvdPlusPlus(factors=4, epochs=200).fit(log)
    >>> model.top(Histories.from_lists([[10], [40]]), k=1).items.tolist()
    [[20], [30]]
    """

    name = "svdpp"

    def __init__(
        self,
        *,
        factors: int = 128,
        regularisation: float = 0.5,
        learning_rate: float = 0.01,
        epochs: int = 20,
        batch_size: int = 256,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(factors, epochs, batch_size) < 1 or learning_rate <= 0 or regularisation < 0:
            raise InvalidInput("factors, epochs and batch_size must be at least 1, learning_rate above 0")
        self._factors, self._epochs, self._batch_size = factors, epochs, batch_size
        self._regularisation, self._learning_rate, self._seed = regularisation, learning_rate, seed
        self._take_up(_start(0, factors, np.random.default_rng(seed)))
        self._usual = 1.0

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "factors": self._factors,
            "regularisation": self._regularisation,
            "learning_rate": self._learning_rate,
            "epochs": self._epochs,
            "batch_size": self._batch_size,
            "seed": self._seed,
        }

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        taken = taken[content_order(taken, self._seed)]  # so that chance falls on what people did, not on their numbers
        taken = taken[np.diff(taken.indptr) > 0]
        self._usual = float(taken.data.mean()) if taken.nnz else 1.0
        rng = np.random.default_rng(self._seed)
        vectors = _start(data.n_items, self._factors, rng)
        popularity = np.asarray(taken.sum(axis=0), np.float32)
        vectors["bias"][:] = np.log(np.maximum(popularity, 0.1))
        adam = _Adam(vectors, self._regularisation)
        steps = self._epochs * -(-taken.shape[0] // self._batch_size)
        with threadpool_limits(1, "blas"):  # equal seeds, equal models
            for number, step in enumerate(self._steps(taken, rng)):
                candidates = _candidates(step, popularity, rng)
                adam.descend(_gradients(vectors, step, candidates), self._learning_rate * (1.0 - number / steps))
        vectors["bias"][popularity == 0] = np.nan
        self._take_up(vectors)

    def _take_up(self, learnt: dict[str, FloatArray]) -> None:
        self._learnt, self._vectors = learnt, learnt["candidate"]

    def _steps(self, taken: Matrix, rng: np.random.Generator) -> Iterator[_Step]:
        for _ in range(self._epochs):
            order = rng.permutation(taken.shape[0])
            for start in range(0, len(order), self._batch_size):
                rows: Matrix = taken[np.sort(order[start : start + self._batch_size])]
                seen = rng.random(rows.nnz) < _SHOWN
                shown, excess = _as_input(_part(rows, seen), self._usual)
                yield _Step(shown, excess, _part(rows, ~seen))

    def _compare(self, vectors: FloatArray, columns: IntArray | None) -> FloatArray:
        scores = super()._compare(vectors, columns)
        scores += self._learnt["bias"] if columns is None else self._learnt["bias"][columns]
        return scores

    def _targets(self) -> FloatArray:
        return np.column_stack((self._vectors, self._learnt["bias"]))

    def _aims(self, vectors: FloatArray) -> FloatArray:
        return np.column_stack((vectors, np.ones(len(vectors), np.float32)))

    def _represent(self, histories: Histories) -> FloatArray:
        """z (m, factors); NaN where nothing of the history is liked."""
        shape = (len(histories), len(self._item_ids))
        weights = np.where(np.isnan(self._learnt["bias"][histories.items]), 0.0, histories.weights)
        cells = (weights.astype(np.float32), histories.items, histories.indptr)
        given: Matrix = sparse.csr_array(cells, shape=shape, copy=True)  # summed where it lies
        given.sum_duplicates()
        shown, excess = _as_input(_part(given, given.data > 0), self._usual)
        folded: FloatArray = shown @ self._learnt["taken"] + excess @ self._learnt["liked"]
        folded[np.diff(shown.indptr) == 0] = np.nan
        return folded

    def _similarities(self, columns: IntArray) -> FloatArray:
        vectors = np.where(np.isnan(self._learnt["bias"])[:, None], np.nan, self._learnt["candidate"])
        return cosines(vectors, columns)

    def _arrays(self) -> Arrays:
        return self._learnt

    def _state(self) -> Mapping[str, object]:
        return {"usual": self._usual}

    def _restore(self, saved: Saved) -> None:
        self._take_up({name: saved.arrays[name] for name in self._learnt})
        self._usual = float(saved.state["usual"])


class _Adam:
    """Descends with a momentum and a scale per entry, and shrinks the vectors a little in each step."""

    def __init__(self, vectors: Mapping[str, FloatArray], shrink: float) -> None:
        self._vectors, self._shrink, self._steps = vectors, shrink, 0
        self._means = {name: np.zeros_like(array) for name, array in vectors.items()}
        self._squares = {name: np.zeros_like(array) for name, array in vectors.items()}

    def descend(self, gradients: Mapping[str, tuple[IntArray, FloatArray]], rate: float) -> None:
        """One step; of each array only the given rows move."""
        self._steps += 1
        unbiased = np.sqrt(1.0 - _SQUARE_DECAY**self._steps) / (1.0 - _MEAN_DECAY**self._steps)
        for name, (rows, gradient) in gradients.items():
            array, means, squares = self._vectors[name], self._means[name], self._squares[name]
            mean, square, values = means[rows], squares[rows], array[rows]
            mean += np.float32(1.0 - _MEAN_DECAY) * (gradient - mean)
            square += np.float32(1.0 - _SQUARE_DECAY) * (gradient * gradient - square)
            if array.ndim > 1:
                values *= np.float32(1.0 - rate * self._shrink)
            values -= np.float32(rate * unbiased) * mean / (np.sqrt(square) + np.float32(1e-8))
            means[rows], squares[rows], array[rows] = mean, square, values


def _start(n_items: int, factors: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Small random `taken` and `candidate`; `liked` and `bias` at zero."""
    scale = np.float32(0.1 / np.sqrt(factors))
    taken, candidate = (scale * rng.standard_normal((n_items, factors), np.float32) for _ in range(2))
    liked, bias = np.zeros((n_items, factors), np.float32), np.zeros(n_items, np.float32)
    return {"taken": taken, "liked": liked, "candidate": candidate, "bias": bias}


def _as_input(weights: Matrix, usual: float) -> tuple[Matrix, Matrix]:
    """Rows as 1 and as weight above the usual, both divided by the root of the row's length."""
    lengths = np.diff(weights.indptr)
    ones = np.repeat(np.maximum(lengths, 1) ** -0.5, lengths).astype(np.float32)
    above = (ones * (weights.data - usual)).astype(np.float32)
    shown: Matrix = sparse.csr_array((ones, weights.indices, weights.indptr), shape=weights.shape)
    excess: Matrix = sparse.csr_array((above, weights.indices, weights.indptr), shape=weights.shape)
    return shown, excess


def _candidates(step: _Step, popularity: FloatArray, rng: np.random.Generator) -> IntArray:
    """Columns that the step ranks, ascending: all that anybody took, or those asked for and a draw of the others."""
    columns = np.flatnonzero(popularity > 0)
    if len(columns) <= _CANDIDATES:
        return columns
    asked = np.unique(step.asked.indices)
    return np.union1d(asked, rng.choice(columns, max(0, _CANDIDATES - len(asked)), replace=False))


def _gradients(
    vectors: Mapping[str, FloatArray], step: _Step, candidates: IntArray
) -> dict[str, tuple[IntArray, FloatArray]]:
    """Rows and gradients, by array, of minus the log-likelihood of what is asked for, per unit of weight asked for."""
    known = np.unique(step.shown.indices).astype(np.int64)
    shown, excess = step.shown[:, known], step.excess[:, known]
    folded = shown @ vectors["taken"][known] + excess @ vectors["liked"][known]
    offered = vectors["candidate"][candidates]
    scores = folded @ offered.T + vectors["bias"][candidates]
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    asked: FloatArray = step.asked[:, candidates].toarray()
    totals = asked.sum(axis=1, keepdims=True)
    surplus = likely * (totals / likely.sum(axis=1, keepdims=True)) - asked
    surplus /= np.float32(max(float(totals.sum()), 1e-12))
    back = surplus @ offered
    gradients = {
        "taken": (known, shown.T @ back),
        "candidate": (candidates, surplus.T @ folded),
        "bias": (candidates, surplus.sum(axis=0)),
    }
    return gradients | {"liked": (known, excess.T @ back)} if excess.data.any() else gradients


def _part(matrix: Matrix, kept: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Matrix:
    """The stored entries of `matrix` for which `kept` is true."""
    indptr = np.concatenate(([0], np.cumsum(kept)))[matrix.indptr]
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)
