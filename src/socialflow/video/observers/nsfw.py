"""How fit for work each second of a video is."""

from array import array
from typing import ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.image.classify import Classifier, Floats
from socialflow.image.nsfw import MODEL
from socialflow.image.pictures import luma
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer

SIDE = 320
"""Pixels of the longer side of frames that are looked at; the model sees 224."""
PLAIN = 10.0
"""Levels by which brightness varies (standard deviation) in a frame that shows anything: of black frames and fades the
model says whatever it likes."""


class NSFWObserver(Observer):
    """Asks the model once a second about the frame and its mirror image, and takes the mean.

    The finding: `labels` of its classes, and how many frames were too `plain` to be judged; arrays are the seconds of
    the others (n,) and the probabilities (n, classes).
    """

    name: ClassVar[str] = "nsfw"
    needs: ClassVar[Needs] = Needs(sampled=1.0)

    def __init__(self, model: Handed | None = None) -> None:
        self._model = None if model is None else Classifier(model)
        self._seconds = array("d")
        self._rows: list[Floats] = []
        self._plain = 0

    def frame(self, frame: Frame) -> None:
        """Ask about one."""
        if self._model is None:
            return
        colours = frame.colours(SIDE)
        if float(luma(colours).std()) < PLAIN:
            self._plain += 1
            return
        self._seconds.append(frame.seconds)
        self._rows.append(self._model.rows([colours, colours[:, ::-1]]).mean(0))

    def end(self) -> Finding:
        """Every second."""
        labels = [] if self._model is None else list(self._model.labels)
        rows = np.stack(self._rows) if self._rows else np.zeros((0, len(labels)), np.float32)
        missing = (LACKING + MODEL,) if self._model is None else () if self._rows else ("pictures",)
        return Finding({"labels": labels, "plain": self._plain}, (np.array(self._seconds, np.float64), rows), missing)
