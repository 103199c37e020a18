"""Kinds of sound over time."""

from typing import ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import LACKING, Handed, runnable
from socialflow.kit.findings import Finding
from socialflow.video.observer import Needs, Observer
from socialflow.video.records import SOUND_RATE, Samples

MODEL = "audio-events-yamnet"
WINDOW, HOP = 15_600, 7_680
"""Samples that the network hears at a time (0.975 s), and from one window to the next (0.48 s)."""


class EventObserver(Observer):
    """Scores of the kinds of sound that YAMNet knows (Plakal and Ellis, "YAMNet", 2020), window by window.

    The body has `seconds` that were heard, `window` and `hop` in seconds, and `labels`; array 0 has the scores
    (windows, labels), each of its own, 0 to 1. What is left at the end is heard, filled up with silence, where more
    than half a hop of it is new, or where there is no other window.

    Parameters:
        model: the network, handed over; without it nothing is heard.
    """

    name: ClassVar[str] = "events"
    needs: ClassVar[Needs] = Needs(sound=True)

    def __init__(self, model: Handed | None = None) -> None:
        loaded = None if model is None else runnable(model)
        self._graph = None if loaded is None else loaded.graph()
        self._labels = () if loaded is None else loaded.installed.labels()
        self._waiting = np.zeros(0, np.float32)
        self._pieces: list[Samples] = []
        self._gathered = self._heard = 0
        self._scores: list[Samples] = []

    def sound(self, seconds: float, samples: Samples) -> None:  # noqa: ARG002 (none is left out)
        """Gather a window and hear it."""
        if self._graph is None:
            return
        self._pieces.append(samples.copy())
        self._gathered += len(samples)
        self._heard += len(samples)
        if len(self._waiting) + self._gathered >= WINDOW:
            self._listen()

    def end(self) -> Finding:
        """Everything that was heard."""
        self._listen()
        left = self._waiting
        if len(left) > WINDOW - HOP // 2 or (len(left) and not self._scores):
            self._scores.append(self._run(np.pad(left, (0, WINDOW - len(left)))))
        count = len(self._labels)
        scores = np.stack(self._scores) if self._scores else np.zeros((0, count), np.float32)
        body = {
            "seconds": round(self._heard / SOUND_RATE, 4),
            "window": WINDOW / SOUND_RATE,
            "hop": HOP / SOUND_RATE,
            "labels": list(self._labels),
        }
        missing = (LACKING + MODEL,) if self._graph is None else () if self._heard else ("sound",)
        return Finding(body, (scores,), missing)

    def _listen(self) -> None:
        """Hear all whole windows."""
        sound = np.concatenate([self._waiting, *self._pieces])
        begin = 0
        while len(sound) - begin >= WINDOW:
            self._scores.append(self._run(sound[begin : begin + WINDOW]))
            begin += HOP
        self._waiting, self._pieces, self._gathered = sound[begin:], [], 0

    def _run(self, window: Samples) -> Samples:
        if self._graph is None:
            return np.zeros(0, np.float32)
        (taken,), (given,) = self._graph.inputs, self._graph.outputs
        told = self._graph.run({taken.name: np.ascontiguousarray(window.clip(-1, 1), np.float32)})
        scores: Samples = told[given.name][0].astype(np.float32)
        return scores
