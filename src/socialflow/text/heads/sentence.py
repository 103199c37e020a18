"""The meaning of a text as a vector."""

from collections.abc import Sequence

import numpy as np

from socialflow.text.bundle import FloatArray
from socialflow.text.encoder import Encoded, Window
from socialflow.text.head import Head, mean, mean_of_tokens
from socialflow.text.records import Combination, Vector


class SentenceHead(Head[Vector]):
    """``v = mean_t hidden_t . w``, scaled to length 1; a long text's is the mean of its windows, scaled alike."""

    name = "sentence"
    kind = "vector"
    labels = ()
    combination = Combination.MEAN

    def look(self, batch: Encoded) -> Sequence[FloatArray]:
        """The vector (d,) of each window, not yet scaled."""
        return list(mean_of_tokens(batch.hidden, batch.mask) @ self._part.arrays["w"])

    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> Vector:
        """Of length 1."""
        whole = mean([len(window.ids) for window in windows], np.stack(found))
        return Vector(whole / np.linalg.norm(whole))
