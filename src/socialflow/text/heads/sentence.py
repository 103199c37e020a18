"""The meaning of a text as a vector."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from socialflow.text.bundle import FloatArray
from socialflow.text.head import Head, mean
from socialflow.text.reading import Window
from socialflow.text.records import Combination, Vector


class SentenceHead(Head[Vector]):
    """``v = mean_t hidden_t . w``, scaled to length 1; a long text's is the mean of its windows, scaled alike."""

    name = "sentence"
    kind = "vector"
    labels = ()
    combination = Combination.MEAN

    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> Vector:
        """Of length 1, from the vectors (d,) of windows, which are not scaled."""
        whole = found[0] if len(found) == 1 else mean([len(window.ids) for window in windows], np.stack(found))
        return Vector(whole / np.float32(sqrt(whole @ whole)))
