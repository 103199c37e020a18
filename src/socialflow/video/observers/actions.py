"""Clips of frames as a model of actions sees them."""

from array import array
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import LACKING, Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.image.classify import softmax
from socialflow.image.prepare import batch
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.records import VideoInfo

MODEL = "action-r3d18-kinetics"
RATE = 15.0
"""Frames a second: of sixteen a clip has a little more than a second."""
SIDE = 171
"""Pixels of the longer side of frames, as the model was taught."""
CLIPS = 60
"""Clips of a video at most; of longer ones they lie further apart."""

Floats = npt.NDArray[np.float32]


class ActionObserver(Observer):
    """Asks a model of actions about clips of its length.

    The finding: `labels`; arrays are first and last second of each clip (n, 2) and the probabilities (n, classes).
    """

    name: ClassVar[str] = "actions"
    needs: ClassVar[Needs] = Needs(sampled=RATE)

    def __init__(self, model: Handed | None = None) -> None:
        self._loaded = None if model is None else runnable(model)
        self._labels: list[str] = []
        self._length = 16
        if self._loaded is not None:
            card = self._loaded.installed.card
            if card.image is None or card.image.frames is None:
                raise ArtefactError(f"the card of {card.name} does not say how frames become its input")
            self._labels, self._length = list(self._loaded.installed.labels()), card.image.frames
        self._gap, self._due = 0.0, 0.0
        self._frames: list[Colours] = []
        self._first = 0.0
        self._times = array("d")
        self._rows: list[Floats] = []

    def begin(self, info: VideoInfo) -> None:
        """Space the clips by the length of the film."""
        if info.duration:
            self._gap = info.duration / CLIPS

    def frame(self, frame: Frame) -> None:
        """Gather a clip, and ask about a whole one."""
        if self._loaded is None or (not self._frames and frame.seconds < self._due - 1e-6):
            return
        if not self._frames:
            self._first = frame.seconds
        self._frames.append(frame.colours(SIDE))
        if len(self._frames) == self._length:
            self._ask(frame.seconds + 1 / RATE)

    def end(self) -> Finding:
        """Every clip; a film shorter than one is a clip whose last frame stays."""
        if self._loaded is not None and self._frames and not self._rows:
            short = len(self._frames)
            self._frames += [self._frames[-1]] * (self._length - short)
            self._ask(self._first + short / RATE)
        rows = np.stack(self._rows) if self._rows else np.zeros((0, len(self._labels)), np.float32)
        times = np.array(self._times, np.float64).reshape(-1, 2)
        missing = (LACKING + MODEL,) if self._loaded is None else () if self._rows else ("pictures",)
        return Finding({"labels": self._labels}, (times, rows), missing)

    def _ask(self, last: float) -> None:
        if self._loaded is None or (card := self._loaded.installed.card).image is None:
            return
        graph = self._loaded.graph()
        tensor = graph.inputs[0]
        values = batch(self._frames, card.image, tensor.dtype)
        self._rows.append(softmax(graph.run({tensor.name: values})[card.graphs[0].outputs[0].name])[0])
        self._times.extend([self._first, last])
        self._due = max(last - 0.5 / RATE, self._first + self._gap)
        self._frames = []
