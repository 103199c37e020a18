"""How fit for work each second of a video is."""

from array import array
from typing import ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.image.classify import Classifier, Floats
from socialflow.image.nsfw import MODEL
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer

SIDE = 320
"""Pixels of the longer side of frames that are looked at; the model sees 224."""


class NSFWObserver(Observer):
    """Asks the model once a second.

    The finding: `labels` of its classes; arrays are the seconds (n,) and the probabilities (n, classes).
    """

    name: ClassVar[str] = "nsfw"
    needs: ClassVar[Needs] = Needs(sampled=1.0)

    def __init__(self, model: Handed | None = None) -> None:
        self._model = None if model is None else Classifier(model)
        self._seconds = array("d")
        self._rows: list[Floats] = []

    def frame(self, frame: Frame) -> None:
        """Ask about one."""
        if self._model is not None:
            self._seconds.append(frame.seconds)
            self._rows.append(self._model.rows([frame.colours(SIDE)])[0])

    def end(self) -> Finding:
        """Every second."""
        labels = [] if self._model is None else list(self._model.labels)
        rows = np.stack(self._rows) if self._rows else np.zeros((0, len(labels)), np.float32)
        missing = (LACKING + MODEL,) if self._model is None else () if self._rows else ("pictures",)
        return Finding({"labels": labels}, (np.array(self._seconds, np.float64), rows), missing)
