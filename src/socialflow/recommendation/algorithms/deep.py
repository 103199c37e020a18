"""Several signals of each interaction through three attention layers and a perceptron."""

from collections.abc import Mapping, Sequence

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.layers import Recent, block, layer_norm, linear, part, recent
from socialflow.recommendation.protocol import Arrays, FitData, Saved
from socialflow.recommendation.vectors import VectorRecommender

_TOKENS = 1 << 15
"""History rows that go through the network at once, at most, unless one history is longer."""
_WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Edges of the buckets of weight."""
_PAUSES = (1.0, 60.0, 3_600.0, 86_400.0, 604_800.0, 2_592_000.0)
"""Edges of the buckets of the pause since the row before, in seconds: a minute, an hour, a day, a week, a month."""


class Deep(VectorRecommender):
    r"""Transformer encoder of three layers over multi-signal rows of a history, with a perceptron on top.

    Each of the newest `length` rows of a history is the sum of what is known of it::

        x_t = sqrt(width) e(i_t) + weight(bucket of w_t) + pause(bucket of at_t - at_(t-1))
        e(i) = own(i) + category(i) + channel(i)
        score[j] = W_2 relu(batch norm(W_1 h + b_1)) . e(j),  h = three causal attention layers over x, newest row

    Category and channel count where the fit is given an ItemTable, and then score items without interactions too.
    Trained as `transformer` is: the next item is the label at every position, by cross-entropy over the catalogue. The
    batch norm is worked into ``W_1`` when training ends.

    Rows of weight <= 0 are left out. NaN for a history without a known item, and for items of which nothing is known.

    Parameters
    ----------
    width
        Of the vectors; a multiple of `heads`.
    layers, heads
        Depth of the encoder, and attention heads of each layer.
    length
        Newest items looked at.
    dropout
        Share of activations dropped in training.
    epochs, patience
        Passes over the data at most, and looks at the held-out items without a gain after which learning ends.
    batch
        Pieces of history per step.
    learning_rate
        Of Adam.
    seed
        Of initial weights, dropout, batches and held-out users.

    References
    ----------
    Vaswani et al., "Attention Is All You Need", NeurIPS 2017; Covington, Adams, Sargin, "Deep Neural Networks for
    YouTube Recommendations", RecSys 2016; Abnar, Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020
    (`attention`).
    """

    name = "deep"
    needs_torch = True
    learns_recency = True

    def __init__(
        self,
        *,
        width: int = 128,
        layers: int = 3,
        heads: int = 4,
        length: int = 100,
        dropout: float = 0.3,
        epochs: int = 60,
        patience: int = 8,
        batch: int = 64,
        learning_rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(width, layers, heads, length, epochs, patience, batch) < 1 or learning_rate <= 0:
            raise InvalidInput("sizes, epochs and patience must be at least 1, the learning rate above 0")
        if width % heads:
            raise InvalidInput(f"width must be a multiple of heads, not {width} of {heads}", field="width")
        if not 0 <= dropout < 1:
            raise InvalidInput(f"dropout must be from 0 to below 1, not {dropout}", field="dropout")
        self._width, self._depth, self._heads, self._length = width, layers, heads, length
        self._dropout, self._epochs, self._patience = dropout, epochs, patience
        self._batch, self._learning_rate, self._seed = batch, learning_rate, seed
        self._learnt: Arrays = {}
        self._vectors: FloatArray = np.empty((0, width), np.float32)
        self._known = np.empty(0, bool)
        self._layers: Sequence[Arrays] = ()

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "width": self._width,
            "layers": self._depth,
            "heads": self._heads,
            "length": self._length,
            "dropout": self._dropout,
            "epochs": self._epochs,
            "patience": self._patience,
            "batch": self._batch,
            "learning_rate": self._learning_rate,
            "seed": self._seed,
        }

    def attention(self, histories: Histories) -> FloatArray:
        """How much each row of `histories.items` says about what comes next: shares that sum to 1 per history.

        Attention rollout: the layers' attention, averaged over heads and half of it staying where it is, multiplied
        from the newest row down. 0 for rows that are left out (unknown, disliked, too old).
        """
        inside = self._to_columns(histories)
        _, known = self._find(histories.items)
        latest = recent(inside, self._known, self._length)
        shares = np.zeros(len(histories.items), np.float32)
        places = np.flatnonzero(known)[latest.rows]
        for row in np.flatnonzero(np.diff(latest.indptr)):
            span = slice(latest.indptr[row], latest.indptr[row + 1])
            seen: list[FloatArray] = []
            bounds = np.array([0, span.stop - span.start])
            self._encode(self._embed(inside, latest)[span], bounds, seen)
            share = np.zeros(bounds[1], np.float32)
            share[-1] = 1.0
            for layer in reversed(seen):
                share = 0.5 * share + 0.5 * (share[-len(layer) :] @ layer)
            shares[places[span]] = share
        return shares

    def _fit(self, data: FitData) -> None:
        from socialflow.recommendation.fitting import deep
        from socialflow.recommendation.fitting.course import Course

        log = data.interactions
        order = np.lexsort((log.at, log.users))
        order = order[log.weights[order] > 0]
        pauses = np.zeros(len(log), np.int64)
        pauses[order] = _pauses(log.users[order], log.at[order])
        signals = deep.Signals(np.digitize(log.weights, _WEIGHTS), pauses, len(_WEIGHTS) + 1, len(_PAUSES) + 2)
        shape = deep.Shape(self._width, self._depth, self._heads, self._length, self._dropout)
        course = Course(self._epochs, self._patience, self._batch, self._learning_rate, self._seed)
        self._take_up(deep.fit(data, signals, shape, course, self.checkpoints))

    def _take_up(self, learnt: Arrays) -> None:
        self._learnt, self._vectors = learnt, learnt["vectors"]
        self._known = ~np.isnan(self._vectors[:, 0])
        self._layers = [part(learnt, f"blocks.{number}") for number in range(self._depth)]

    def _represent(self, histories: Histories) -> FloatArray:
        """Vectors (m, width) of histories; NaN where no row is usable."""
        vectors = np.full((len(histories), self._width), np.nan, np.float32)
        latest = recent(histories, self._known, self._length)
        x = self._embed(histories, latest)
        for rows, span, bounds in latest.parts(_TOKENS):
            hidden = linear(self._encode(x[span], bounds, None), self._learnt, "head")
            vectors[rows] = linear(np.maximum(hidden, 0.0, out=hidden), self._learnt, "out")
        return vectors

    def _embed(self, histories: Histories, latest: Recent) -> FloatArray:
        owners = np.repeat(np.arange(len(latest)), np.diff(latest.indptr))
        pauses = _pauses(owners, histories.at[latest.rows])
        x: FloatArray = self._vectors[latest.columns] * np.float32(self._width**0.5)
        x += self._learnt["weight"][np.digitize(histories.weights[latest.rows], _WEIGHTS)]
        x += self._learnt["pause"][pauses]
        return x

    def _encode(self, x: FloatArray, indptr: IntArray, seen: list[FloatArray] | None) -> FloatArray:
        for layer in self._layers[:-1]:
            x = block(x, indptr, layer, self._heads, seen=seen)
        x = block(x, indptr, self._layers[-1], self._heads, newest=True, seen=seen)
        return layer_norm(x, self._learnt, "last")

    def _arrays(self) -> Arrays:
        return self._learnt

    def _restore(self, saved: Saved) -> None:
        self._take_up(saved.arrays)


def _pauses(owners: IntArray, at: np.ndarray) -> IntArray:
    """Bucket of the time since the row before, of rows sorted by owner and time; 0 for an owner's first."""
    buckets = np.zeros(len(at), np.int64)
    gaps = np.diff(at)
    buckets[1:] = np.where(owners[1:] == owners[:-1], 1 + np.digitize(gaps, _PAUSES), 0)
    return buckets
