"""Self-attention over the order of a history: what is usually taken next."""

from collections.abc import Mapping

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.layers import block, layer_norm, part, recent
from socialflow.recommendation.protocol import Arrays, FitData, Saved
from socialflow.recommendation.vectors import VectorRecommender

_TOKENS = 1 << 15
"""History rows that go through the network at once, at most, unless one history is longer."""


class Transformer(VectorRecommender):
    r"""Causal transformer over the newest items of a history, in their order (SASRec).

    With item vectors ``e`` and the newest `length` items ``i_1 .. i_l`` of a history, oldest first::

        x_t = sqrt(width) e(i_t),  x = x + attention(norm(x)),  x = x + W_2 relu(W_1 norm(x)),  ...
        score[j] = norm(x_l) . e(j)

    where position t attends to positions s <= t with ``softmax(q_t . k_s / sqrt(width / heads) - slope (t - s))``,
    one fixed slope per head. Trained by cross-entropy over the catalogue with the next item as label at *every*
    position; the weights are averaged over steps, and learning ends when NDCG@10 of held-out newest items of some
    users stops rising. With an ItemTable, ``e`` is the sum of a learnt vector and a projection of the item's words
    (latent semantic axes), so that items without interactions are scored too; without one it is the learnt vector.

    The order counts, weights do not: rows of weight <= 0 are left out. NaN for a history without a known item, and for
    items that have neither interactions nor words.

    Parameters
    ----------
    width
        Of the item vectors; a multiple of `heads`.
    blocks, heads
        Depth of the network, and attention heads of each block.
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
    Kang, McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018; Klenitskiy, Vasilev, "Turning Dross Into Gold
    Loss: is BERT4Rec really better than SASRec?", RecSys 2023 (the loss); Press, Smith, Lewis, "Train Short, Test Long:
    Attention with Linear Biases Enables Input Length Extrapolation", ICLR 2022 (slopes instead of positions).
    """

    name = "transformer"
    needs_torch = True
    learns_recency = True

    def __init__(
        self,
        *,
        width: int = 128,
        blocks: int = 2,
        heads: int = 4,
        length: int = 200,
        dropout: float = 0.3,
        epochs: int = 100,
        patience: int = 10,
        batch: int = 64,
        learning_rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(width, blocks, heads, length, epochs, patience, batch) < 1 or learning_rate <= 0:
            raise InvalidInput("sizes, epochs and patience must be at least 1, the learning rate above 0")
        if width % heads:
            raise InvalidInput(f"width must be a multiple of heads, not {width} of {heads}", field="width")
        if not 0 <= dropout < 1:
            raise InvalidInput(f"dropout must be from 0 to below 1, not {dropout}", field="dropout")
        self._width, self._blocks, self._heads, self._length = width, blocks, heads, length
        self._dropout, self._epochs, self._patience = dropout, epochs, patience
        self._batch, self._learning_rate, self._seed = batch, learning_rate, seed
        self._take_up(np.empty((0, width), np.float32), {})

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "width": self._width,
            "blocks": self._blocks,
            "heads": self._heads,
            "length": self._length,
            "dropout": self._dropout,
            "epochs": self._epochs,
            "patience": self._patience,
            "batch": self._batch,
            "learning_rate": self._learning_rate,
            "seed": self._seed,
        }

    def _fit(self, data: FitData) -> None:
        from socialflow.recommendation.fitting import sasrec
        from socialflow.recommendation.fitting.course import Course

        shape = sasrec.Shape(self._width, self._blocks, self._heads, self._length, self._dropout)
        course = Course(self._epochs, self._patience, self._batch, self._learning_rate, self._seed)
        self._take_up(*sasrec.fit(data, shape, course, self.checkpoints))

    def _take_up(self, vectors: FloatArray, weights: Arrays) -> None:
        self._vectors, self._weights = vectors, weights
        self._known = ~np.isnan(vectors[:, 0])
        self._layers = [part(weights, f"blocks.{number}") for number in range(self._blocks)] if weights else []

    def _represent(self, histories: Histories) -> FloatArray:
        """Vectors (m, width) of histories; NaN where no row is usable."""
        vectors = np.full((len(histories), self._width), np.nan, np.float32)
        latest = recent(histories, self._known, self._length)
        for rows, span, bounds in latest.parts(_TOKENS):
            vectors[rows] = self._read(latest.columns[span], bounds)
        return vectors

    def _read(self, columns: IntArray, indptr: IntArray) -> FloatArray:
        x = self._vectors[columns] * np.float32(self._width**0.5)
        for layer in self._layers[:-1]:
            x = block(x, indptr, layer, self._heads)
        return layer_norm(block(x, indptr, self._layers[-1], self._heads, newest=True), self._weights, "last")

    def _arrays(self) -> Arrays:
        return {"vectors": self._vectors, **self._weights}

    def _restore(self, saved: Saved) -> None:
        arrays = dict(saved.arrays)
        self._take_up(arrays.pop("vectors"), arrays)
