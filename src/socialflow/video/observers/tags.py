"""What a video is of, second by second."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.image.tagging import CLASSES, ClassModel
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer

SIDE = 320
"""Pixels of the longer side of frames that are looked at; the model sees 224."""
ROWS = 1200
"""Stretches that are told apart at most: when there are as many, two and two become one."""

Floats = npt.NDArray[np.float64]


class TagObserver(Observer):
    """Asks a model of the thousand classes once a second.

    The finding: `labels` of the classes, the name of the `model` and how many seconds a `stretch` has; array 0 holds
    the mean probabilities of stretches (n, 1000), the first beginning at 0.
    """

    name: ClassVar[str] = "tags"
    needs: ClassVar[Needs] = Needs(sampled=1.0)

    def __init__(self, model: Handed | None = None) -> None:
        self._model = None if model is None else ClassModel(model)
        self._stretch = 1.0
        self._sums: list[Floats] = []
        self._times: list[int] = []

    def frame(self, frame: Frame) -> None:
        """Ask about one."""
        if self._model is None:
            return
        row = self._model.probabilities([frame.colours(SIDE)])[0].astype(np.float64)
        while frame.seconds >= ROWS * self._stretch:
            self._halve()
        place = int(frame.seconds / self._stretch)
        while len(self._sums) <= place:
            self._sums.append(np.zeros_like(row))
            self._times.append(0)
        self._sums[place] += row
        self._times[place] += 1

    def _halve(self) -> None:
        pairs = range(0, len(self._sums), 2)
        self._sums = [np.sum(self._sums[place : place + 2], axis=0) for place in pairs]
        self._times = [sum(self._times[place : place + 2]) for place in pairs]
        self._stretch *= 2

    def end(self) -> Finding:
        """Every stretch; one without a frame has zeros."""
        labels = [] if self._model is None else list(self._model.labels)
        name = "" if self._model is None else self._model.name
        missing = (LACKING + CLASSES[0],) if self._model is None else () if self._sums else ("pictures",)
        rows = np.zeros((len(self._sums), len(labels)), np.float32)
        for place, (row, times) in enumerate(zip(self._sums, self._times, strict=True)):
            rows[place] = row / max(times, 1)
        return Finding({"labels": labels, "model": name, "stretch": self._stretch}, (rows,), missing)
