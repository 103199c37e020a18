"""Models that find objects: what each makes of a picture."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, first_of, runnable
from socialflow.catalogue.upstream.loading import Runnable
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.records import ImageInput, Installed
from socialflow.errors import ArtefactError
from socialflow.image.detections import Detection, best, detections
from socialflow.image.prepare import Placed, placed, prepared
from socialflow.image.records import Colours
from socialflow.inference.records import Array

LEAST = 0.3
"""Score from which something counts."""
SAME = 0.45
"""Share in common from which two boxes of a class are one thing."""
STRIDES = (8, 16, 32)
LARGER, USUAL, SMALLER = "yolox-s-coco", "yolox-nano-coco", "ssd-mobilenet-v1-coco"
"""The first is taken for pictures where somebody got it, and missed nowhere; the others are the tiers."""

Found = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
"""Boxes as fractions, scores and classes."""
Floats = npt.NDArray[np.float32]


def object_model(models: Models, *, still: bool) -> tuple[Installed | None, tuple[str, ...]]:
    """The model for pictures (`still`) or for frames of videos, and what is lacking where it is not the usual one."""
    if still:
        larger, _ = first_of(models, LARGER)
        if larger is not None:
            return larger, ()
    found, lacking = first_of(models, USUAL, SMALLER)
    return found, lacking[:1]


class ObjectModel:
    """A handed model as a detector. Raises what `runnable` does, and ArtefactError for one that finds no objects."""

    def __init__(self, told: Handed, least: float = LEAST) -> None:
        self._model, self._least = runnable(told), least
        card = self._model.installed.card
        if card.image is None or card.name not in _READERS:
            raise ArtefactError(f"{card.name} finds no objects; {', '.join(_READERS)} do")
        self.name = card.name
        self._image, self._read = card.image, _READERS[card.name]
        self._labels = self._model.installed.labels()

    def find(self, colours: Colours) -> tuple[Detection, ...]:
        """What is in a picture, best first."""
        boxes, scores, classes = self._read(self._model, colours, self._image, self._least)
        kept = best(boxes, scores, classes, SAME)
        return detections(boxes[kept], scores[kept], classes[kept], self._labels)


def _yolox(model: Runnable, colours: Colours, image: ImageInput, least: float) -> Found:
    """Ge et al., "YOLOX: exceeding YOLO series in 2021": anchor-free, a cell's centre and the logarithm of its size."""
    rows = _run(model, prepared(colours, image))["output"][0]
    boxes, scores, classes = cells(rows, image.size, least)
    return placed(colours.shape[0], colours.shape[1], image).fractions(boxes), scores, classes


def cells(rows: Floats, size: tuple[int, int], least: float) -> Found:
    """What the cells (n, 5 + classes) of a YOLOX head say: boxes in pixels of the input, scores, classes."""
    centres, steps = grid(size)
    likely = np.flatnonzero(rows[:, 4] >= least)  # a score is this times that of a class, which is 1 at most
    rows, centres, steps = rows[likely], centres[likely], steps[likely]
    classes = rows[:, 5:].argmax(axis=1)
    scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + classes]
    sure = scores >= least
    rows, centres, steps = rows[sure], centres[sure], steps[sure]
    middle = (rows[:, :2] + centres) * steps
    half = np.exp(rows[:, 2:4].clip(max=20)) * steps / 2
    return np.hstack((middle - half, middle + half)), scores[sure], classes[sure]


def grid(size: tuple[int, int], strides: tuple[int, ...] = STRIDES) -> tuple[Floats, Floats]:
    """Column and row (n, 2) of each cell of an input of height and width, row by row, and its stride (n, 1).

    >>> [part.tolist() for part in grid((8, 16), (8,))]
    [[[0.0, 0.0], [1.0, 0.0]], [[8.0], [8.0]]]
    """
    centres, steps = [], []
    for stride in strides:
        rows, columns = np.mgrid[: size[0] // stride, : size[1] // stride]
        centres.append(np.stack((columns, rows), axis=-1).reshape(-1, 2))
        steps.append(np.full((rows.size, 1), stride))
    return np.concatenate(centres).astype(np.float32), np.concatenate(steps).astype(np.float32)


def _ssd(model: Runnable, colours: Colours, image: ImageInput, least: float) -> Found:
    """Liu et al., "SSD: single shot multibox detector"; overlaps are put away inside."""
    out = _run(model, prepared(colours, image, "uint8"))
    boxes, classes, scores, count = (out[tensor.name] for tensor in model.graph().outputs)
    sure = np.flatnonzero(scores[0][: int(count[0])] >= least)
    at: Placed = placed(colours.shape[0], colours.shape[1], image)
    tall, wide = image.size
    corners = boxes[0][sure][:, [1, 0, 3, 2]] * (wide, tall, wide, tall)
    return at.fractions(corners), scores[0][sure], classes[0][sure].astype(int)


def _run(model: Runnable, values: Array) -> Mapping[str, Array]:
    graph = model.graph()
    return graph.run({graph.inputs[0].name: values})


_READERS: Mapping[str, Callable[[Runnable, Colours, ImageInput, float], Found]] = {
    LARGER: _yolox,
    USUAL: _yolox,
    SMALLER: _ssd,
}
