"""Expressions of faces that were found: how a face looks, which is not how somebody feels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.image.detections import Box
from socialflow.image.prepare import batch
from socialflow.image.records import Colours

EXPRESSIONS = "face-emotion-mini-xception"
LEAST_SIDE = 24
"""Pixels of a face below which nothing is told of its expression: half of what the model was trained on."""


class ExpressionModel:
    """Arriaga et al., "Real-time convolutional neural networks for emotion and gender classification" (2017): seven
    classes of FER2013. Raises what `runnable` does, and ArtefactError for a model of another kind."""

    def __init__(self, told: Handed) -> None:
        model = runnable(told)
        card = model.installed.card
        if card.image is None or not card.labels:
            raise ArtefactError(f"{card.name} tells no expressions; {EXPRESSIONS} does")
        self._graph, self._image, self._labels = model.graph(), card.image, card.labels

    def read(self, colours: Colours, boxes: Sequence[Box]) -> list[dict[str, Any] | None]:
        """Of each face {label, score, scores {label: probability}}; None where it is too small."""
        crops = [_crop(colours, box) for box in boxes]
        large = [crop for crop in crops if min(crop.shape[:2]) >= LEAST_SIDE]
        if not large:
            return [None] * len(crops)
        values = self._graph.run({self._graph.inputs[0].name: batch(large, self._image)})
        rows = iter(values[self._graph.outputs[0].name])
        return [self._told(next(rows)) if min(crop.shape[:2]) >= LEAST_SIDE else None for crop in crops]

    def _told(self, row: np.ndarray[Any, Any]) -> dict[str, Any]:
        first = int(row.argmax())
        scores = {label: round(float(share), 4) for label, share in zip(self._labels, row, strict=True)}
        return {"label": self._labels[first], "score": scores[self._labels[first]], "scores": scores}


def _crop(colours: Colours, box: Box) -> Colours:
    height, width = colours.shape[:2]
    top, bottom = round(box.top * height), round(box.bottom * height)
    return colours[top:bottom, round(box.left * width) : round(box.right * width)]
