"""Models that say what a whole picture is of."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.image.prepare import batch
from socialflow.image.records import Colours

Floats = npt.NDArray[np.float32]

TOGETHER = 16
"""Pictures of one run at most."""


class Classifier:
    """A handed model of one graph that takes pictures and gives a row of numbers for each.

    Raises:
        ArtefactError, ModelUnavailable: it cannot be loaded; its card does not say how pictures are made to fit.
    """

    def __init__(self, model: Handed) -> None:
        loaded = runnable(model)
        self._graph, card = loaded.graph(), loaded.installed.card
        if card.image is None or len(self._graph.inputs) != 1:
            raise ArtefactError(f"the card of {card.name} does not say how a picture becomes its one input")
        self.name, self.labels, self._fit = card.name, loaded.installed.labels(), card.image
        self._output = card.graphs[0].outputs[0].name
        self._together = TOGETHER if isinstance(self._graph.inputs[0].shape[0], str) else 1

    def rows(self, pictures: Sequence[Colours]) -> Floats:
        """The numbers (n, classes) that the graph gives for pictures (h, w, 3) of any size, as they come out."""
        tensor = self._graph.inputs[0]
        parts = [pictures[start : start + self._together] for start in range(0, len(pictures), self._together)]
        rows = [self._graph.run({tensor.name: batch(part, self._fit, tensor.dtype)})[self._output] for part in parts]
        if not rows:
            return np.zeros((0, len(self.labels)), np.float32)
        made: Floats = np.concatenate(rows).astype(np.float32)
        return made


def softmax(rows: Floats) -> Floats:
    """Logits (n, classes) as probabilities.

    >>> softmax(np.array([[1000.0, 1000.0]], np.float32)).tolist()
    [[0.5, 0.5]]
    """
    powers = np.exp(rows - rows.max(1, keepdims=True))
    made: Floats = powers / powers.sum(1, keepdims=True)
    return made
