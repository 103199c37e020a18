"""A model of one person's joints, and where in a frame it is to look."""

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.image.prepare import batch, placed
from socialflow.image.records import Colours
from socialflow.video.poses import JOINTS, SEEN

MODEL = "pose-movenet-lightning"
AROUND, BESIDE = 1.5, 1.25
"""Side of the square that is cut, of the longer side of the box of the joints, and of that of a person."""
PRESENT = 0.3
"""Mean score of the joints from which there is somebody."""
_SMALLEST = 64.0
"""Pixels that a square around joints has at least."""

Floats = npt.NDArray[np.float32]
Box = npt.NDArray[np.float64]
"""Left, top, right, bottom as fractions of the frame, in the last dimension."""


class PoseModel:
    """A handed model of seventeen joints. Raises ArtefactError, ModelUnavailable where it cannot be loaded."""

    def __init__(self, model: Handed) -> None:
        loaded = runnable(model)
        card = loaded.installed.card
        if card.image is None:
            raise ArtefactError(f"the card of {card.name} does not say how a picture becomes its input")
        self._graph, self._fit, self._output = loaded.graph(), card.image, card.graphs[0].outputs[0].name

    def joints(self, colours: Colours, box: Box | None, around: float) -> Floats:
        """Joints (17, 3) of x, y as fractions of a picture, and score; looked for in a square `around` times as large
        as the box, or everywhere."""
        height, width = colours.shape[:2]
        left, top, right, bottom = (0, 0, width, height) if box is None else _square(box, around, height, width)
        part = colours[top:bottom, left:right]
        tensor = self._graph.inputs[0]
        feeds = {tensor.name: batch([part], self._fit, tensor.dtype)}
        found = self._graph.run(feeds)[self._output].reshape(JOINTS, 3)
        tall, wide = self._fit.size
        at = placed(bottom - top, right - left, self._fit)
        points = at.fractions(found[:, [1, 0]] * (wide, tall))
        points = (points * (right - left, bottom - top) + (left, top)) / (width, height)
        return np.column_stack([points, found[:, 2]]).astype(np.float32)


def somebody(joints: Floats) -> bool:
    """Whether joints (17, 3) are those of a person."""
    return bool(joints[:, 2].mean() >= PRESENT and (joints[:, 2] >= SEEN).sum() >= JOINTS // 2)


def box_of(joints: Floats) -> Box:
    """The box around the joints that are seen; some are.

    >>> box_of(np.array([[0.25, 0.5, 0.9], [0.5, 0.75, 0.9], [0.0, 0.0, 0.1]], np.float32)).tolist()
    [0.25, 0.5, 0.5, 0.75]
    """
    points = joints[joints[:, 2] >= SEEN, :2].astype(np.float64)
    return np.concatenate([points.min(0), points.max(0)])


def within(joints: Floats, box: Box, spare: float = 0.1) -> float:
    """Share of the joints that are seen that lie in a box, or at most `spare` of its size beside it."""
    points = joints[joints[:, 2] >= SEEN, :2]
    margin = (box[2:] - box[:2]) * spare
    inside = (points >= box[:2] - margin) & (points <= box[2:] + margin)
    return float(inside.all(1).mean()) if len(points) else 0.0


def _square(box: Box, around: float, height: int, width: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels of the part where a person is."""
    low, high = box[:2] * (width, height), box[2:] * (width, height)
    half = max(float((high - low).max()) * around, _SMALLEST) / 2
    middle = (low + high) / 2
    left, top = (max(0, int(side - half)) for side in middle)
    right, bottom = (min(most, int(side + half) + 1) for side, most in zip(middle, (width, height), strict=True))
    return min(left, width - 1), min(top, height - 1), max(right, left + 1), max(bottom, top + 1)
