"""The meaning of a text as a vector."""

from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np

from socialflow.text.bundle import FloatArray
from socialflow.text.encoder import Encoded
from socialflow.text.head import Head, mean
from socialflow.text.reading import Window
from socialflow.text.records import Combination, Vector


class SentenceHead(Head[Vector, FloatArray]):
    """``v = mean_t hidden_t . w``, scaled to length 1; a long text's is the mean of its windows, scaled alike."""

    name = "sentence"
    kind = "vector"
    labels = ()
    combination = Combination.MEAN

    def look(self, batch: Encoded) -> Iterable[FloatArray]:
        """The vector (d,) of each window, not yet scaled."""
        return batch.told.arrays[self.name]

    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> Vector:
        """Of length 1."""
        whole = found[0] if len(found) == 1 else mean([len(window.ids) for window in windows], np.stack(found))
        return Vector(whole / sqrt(whole.dot(whole)))
