"""How alike the items of one list are."""

import numpy as np

from socialflow.recommendation.context import Context, Keys, Values


class Similarity:
    """A positive semi-definite kernel over n items with 1 on its diagonal, worked out a row at a time.

        S = 1/3 [same category] + 1/3 [same creator] + 1/3 cosine of content vectors;

    halves of the first two while no content model is loaded. An item without a category, or without a vector, is in
    that respect like itself alone.
    """

    def __init__(self, ctx: Context, keys: Keys) -> None:
        corpus = ctx.world.corpus
        category = corpus.category[keys].astype(np.int64)
        labels = [np.where(category >= 0, category, -1 - np.arange(len(keys))), corpus.creator(keys)]
        loaded = ctx.world.models.get("content_based")
        self._vectors = None if loaded is None or loaded.content is None else loaded.content.vectors(keys)
        self._labels = np.stack(labels)
        self._share = 1 / (len(labels) + (self._vectors is not None))

    def row(self, item: int) -> Values:
        """Similarity of one of the items to all (n,)."""
        alike: Values = (self._labels == self._labels[:, item : item + 1]).sum(axis=0).astype(np.float64)
        if self._vectors is not None:
            alike += self._vectors @ self._vectors[item]
        alike *= self._share
        alike[item] = 1.0
        return alike
