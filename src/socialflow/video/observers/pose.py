"""Where the joints of the most prominent person are."""

from array import array
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import LACKING, Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.image.prepare import batch, placed
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.poses import JOINTS, SEEN

MODEL = "pose-movenet-lightning"
RATE = 5.0
"""Frames a second: steps and waves come at two a second at most."""
SIDE = 640
"""Pixels of the longer side of frames, from which the person is cut."""
AROUND = 1.5
"""Side of the square that is cut, of the longer side of the box of the joints."""
PRESENT = 0.3
"""Mean score of the joints from which there is somebody."""

Floats = npt.NDArray[np.float32]


class PoseObserver(Observer):
    """Asks a model of one person's joints five times a second, about the part where the person was before.

    The finding: `frames` looked at, and in how many somebody was `present`; arrays are the seconds (n,) and the joints
    (n, 17, 3): x and y as fractions of the frame, and a score.
    """

    name: ClassVar[str] = "pose"
    needs: ClassVar[Needs] = Needs(sampled=RATE)

    def __init__(self, model: Handed | None = None) -> None:
        self._model = None if model is None else PoseModel(model)
        self._seconds = array("d")
        self._rows: list[Floats] = []
        self._frames = 0
        self._before: Floats | None = None

    def frame(self, frame: Frame) -> None:
        """Find the joints of one."""
        if self._model is None:
            return
        colours = frame.colours(SIDE)
        joints = self._model.joints(colours, self._before)
        if self._before is not None and not somebody(joints):  # lost: look at the whole again
            joints = self._model.joints(colours, None)
        self._before = joints if somebody(joints) else None
        self._frames += 1
        self._seconds.append(frame.seconds)
        self._rows.append(joints)

    def end(self) -> Finding:
        """Every frame."""
        rows = np.stack(self._rows) if self._rows else np.zeros((0, JOINTS, 3), np.float32)
        missing = (LACKING + MODEL,) if self._model is None else () if self._rows else ("pictures",)
        body = {"frames": self._frames, "present": sum(somebody(one) for one in self._rows)}
        return Finding(body, (np.array(self._seconds, np.float64), rows), missing)


class PoseModel:
    """A handed model of seventeen joints. Raises ArtefactError, ModelUnavailable where it cannot be loaded."""

    def __init__(self, model: Handed) -> None:
        loaded = runnable(model)
        card = loaded.installed.card
        if card.image is None:
            raise ArtefactError(f"the card of {card.name} does not say how a picture becomes its input")
        self._graph, self._fit, self._output = loaded.graph(), card.image, card.graphs[0].outputs[0].name

    def joints(self, colours: Colours, before: Floats | None) -> Floats:
        """Joints (17, 3) of x, y, score in a picture, looked for around where they were before."""
        height, width = colours.shape[:2]
        left, top, right, bottom = (0, 0, width, height) if before is None else _square(before, height, width)
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


def _square(joints: Floats, height: int, width: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels of the part where a person was."""
    points = joints[joints[:, 2] >= SEEN, :2] * (width, height)
    low, high = points.min(0), points.max(0)
    half = max(float((high - low).max()) * AROUND, 64.0) / 2
    middle = (low + high) / 2
    left, top = (max(0, int(side - half)) for side in middle)
    right, bottom = (min(most, int(side + half) + 1) for side, most in zip(middle, (width, height), strict=True))
    return min(left, width - 1), min(top, height - 1), max(right, left + 1), max(bottom, top + 1)
