"""A history and an item compared by a product and by a small perceptron."""

from collections.abc import Mapping

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.layers import layer_norm, linear, recent
from socialflow.recommendation.protocol import Arrays, FitData, Saved
from socialflow.recommendation.vectors import VectorRecommender

_CELLS = 1 << 17
"""Numbers of the perceptron's first layer held at once: 512 KiB, which stay in the cache of one core."""


class NeuralCF(VectorRecommender):
    r"""Neural collaborative filtering whose users are pooled histories.

    A history's items are pooled head by head into a user vector; rows taken later, rows of more weight ``w`` and items
    that say more (``pull``) count for more::

        p_h = sum_j a_hj e_h(i_j),  a_hj ~ w_j exp(pull_h(i_j)) (1 + age_j)^-steepness_h
        p = norm(p_1 .. p_H)
        score[j] = p . q_j + v . relu(W_2 relu(W_1 p + m_j) + b_2) + bias_j

    The first term is generalised matrix factorisation (its weights are part of ``q``), the second the perceptron (the
    item's half of its first layer is ``m``). Trained by cross-entropy of the next item against items drawn uniformly,
    at drawn positions of every history; ends when NDCG@10 of held-out newest items stops rising. A new user
    is a short history and needs no training.

    Rows of weight <= 0 are left out. NaN for a history without a known item, and for items nobody took.

    Parameters
    ----------
    width
        Of the vectors; a multiple of `heads`.
    heads
        Poolings, each of its own recency.
    hidden
        Width of the perceptron's first layer; the second has half.
    length
        Newest items looked at.
    dropout
        Share of the user vector dropped in training.
    rivals
        Items drawn per step, from which the right ones are told.
    epochs, patience
        Passes over the data at most, and looks at the held-out items without a gain after which learning ends.
    batch
        Pieces of history per step.
    learning_rate
        Of Adam.
    seed
        Of initial weights, dropout, batches, rivals and held-out users.

    References
    ----------
    He et al., "Neural Collaborative Filtering", WWW 2017; Kabbur, Ning, Karypis, "FISM: Factored Item Similarity Models
    for Top-N Recommender Systems", KDD 2013 (users as their items).
    """

    name = "neural_cf"
    needs_torch = True
    learns_recency = True
    costly = True

    def __init__(
        self,
        *,
        width: int = 64,
        heads: int = 4,
        hidden: int = 32,
        length: int = 200,
        dropout: float = 0.2,
        rivals: int = 128,
        epochs: int = 100,
        patience: int = 8,
        batch: int = 64,
        learning_rate: float = 2e-3,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(width, heads, length, rivals, epochs, patience, batch) < 1 or hidden < 2 or learning_rate <= 0:
            raise InvalidInput("sizes, epochs and patience must be at least 1, hidden 2, the learning rate above 0")
        if width % heads:
            raise InvalidInput(f"width must be a multiple of heads, not {width} of {heads}", field="width")
        if not 0 <= dropout < 1:
            raise InvalidInput(f"dropout must be from 0 to below 1, not {dropout}", field="dropout")
        self._width, self._heads, self._hidden, self._length = width, heads, hidden, length
        self._dropout, self._rivals, self._epochs, self._patience = dropout, rivals, epochs, patience
        self._batch, self._learning_rate, self._seed = batch, learning_rate, seed
        self._learnt: Arrays = {}
        self._known = np.empty(0, bool)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "width": self._width,
            "heads": self._heads,
            "hidden": self._hidden,
            "length": self._length,
            "dropout": self._dropout,
            "rivals": self._rivals,
            "epochs": self._epochs,
            "patience": self._patience,
            "batch": self._batch,
            "learning_rate": self._learning_rate,
            "seed": self._seed,
        }

    def _fit(self, data: FitData) -> None:
        from socialflow.recommendation.fitting import ncf
        from socialflow.recommendation.fitting.course import Course

        shape = ncf.Shape(self._width, self._heads, self._hidden, self._length, self._dropout, self._rivals)
        course = Course(self._epochs, self._patience, self._batch, self._learning_rate, self._seed)
        self._take_up(ncf.fit(data, shape, course, self.checkpoints))

    def _take_up(self, learnt: Arrays) -> None:
        self._learnt, self._vectors = learnt, learnt["wanted"]
        self._known = ~np.isnan(self._vectors[:, 0])

    def _compare(self, vectors: FloatArray, columns: IntArray | None) -> FloatArray:
        wanted, inner, bias = (
            self._learnt[name] if columns is None else self._learnt[name][columns]
            for name in ("wanted", "inner", "bias")
        )
        scores: FloatArray = vectors @ wanted.T
        scores += bias
        outer = linear(vectors, self._learnt, "outer")
        step = max(1, _CELLS // self._hidden)
        for row in np.flatnonzero(~np.isnan(vectors[:, 0])):
            for start in range(0, len(wanted), step):
                part = slice(start, start + step)
                first = inner[part] + outer[row]
                second = linear(np.maximum(first, 0.0, out=first), self._learnt, "second")
                scores[row, part] += np.maximum(second, 0.0, out=second) @ self._learnt["third.weight"][0]
        return scores

    def _targets(self) -> FloatArray:
        return np.column_stack((self._vectors, self._learnt["bias"]))

    def _aims(self, vectors: FloatArray) -> FloatArray:
        return np.column_stack((vectors, np.ones(len(vectors), np.float32)))

    def _represent(self, histories: Histories) -> FloatArray:
        """User vectors (m, width); NaN where no row is usable."""
        pooled = np.full((len(histories), self._width), np.nan, np.float32)
        latest = recent(histories, self._known, self._length)
        heard = np.flatnonzero(np.diff(latest.indptr))
        if not len(heard):
            return pooled
        starts = latest.indptr[heard]
        pull = self._learnt["pull"][latest.columns] - np.log1p(latest.ages)[:, None] * self._learnt["steepness"]
        pull += np.log(histories.weights[latest.rows])[:, None]
        pull -= np.repeat(np.maximum.reduceat(pull, starts), np.diff(latest.indptr)[heard], axis=0)
        shares = np.exp(pull, dtype=np.float32)
        parts = self._learnt["taken"][latest.columns].reshape(-1, self._heads, self._width // self._heads)
        sums: FloatArray = np.add.reduceat(shares[:, :, None] * parts, starts)
        sums /= np.add.reduceat(shares, starts)[:, :, None]
        pooled[heard] = layer_norm(sums.reshape(-1, self._width), self._learnt, "norm")
        return pooled

    def _arrays(self) -> Arrays:
        return self._learnt

    def _restore(self, saved: Saved) -> None:
        self._take_up(saved.arrays)
