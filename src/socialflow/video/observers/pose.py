"""Where people's joints are."""

from typing import ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.kit.findings import Finding
from socialflow.video.following import objects_followed
from socialflow.video.joints import MODEL, PoseModel
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.people import Everybody, Somebody, Whose
from socialflow.video.poses import JOINTS, WINDOW
from socialflow.video.records import VideoInfo

RATE = 6.0
"""Frames a second: steps and waves come at two a second at most; every third is one in which objects are found."""
WATCHED, STRETCH = 900.0, 3 * WINDOW
"""Seconds in which joints are looked for in all: of a longer film stretches of so many, evenly spaced."""


class PoseObserver(Observer):
    """Asks a model of one person's joints six times a second about each person that a model of objects (`detector`)
    finds and a tracker follows; without that about one person, in the part where they were before.

    The finding is that of `people.Whose`.
    """

    name: ClassVar[str] = "pose"
    needs: ClassVar[Needs] = Needs(sampled=RATE)

    def __init__(self, model: Handed | None = None, detector: Handed | None = None) -> None:
        self._whose: Whose | None = None
        self._every = STRETCH
        if model is not None:
            ask = PoseModel(model).joints
            self._whose = Somebody(ask) if detector is None else Everybody(ask, objects_followed(detector))

    def begin(self, info: VideoInfo) -> None:
        """Space the stretches by the length of the film."""
        self._every = STRETCH * max(1.0, (info.duration or 0.0) / WATCHED)

    def frame(self, frame: Frame) -> None:
        """Find those in it, and their joints where it is in a stretch that is looked at."""
        if self._whose is not None:
            self._whose.look(frame, ask=self._every == STRETCH or frame.seconds % self._every < STRETCH)

    def end(self) -> Finding:
        """Everybody and everything."""
        if self._whose is None:
            nothing = (np.zeros((0, 6)), np.zeros((0, 2)), np.zeros((0, JOINTS, 3), np.float32))
            return Finding({"tracks": [], "seconds": [], "frames": 0, "crowded": 0}, nothing, (LACKING + MODEL,))
        return self._whose.finding()
