"""Frames of a video as vectors in a space that pictures share with words."""

from array import array
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.image.clip import MODEL, ClipPictures
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.candidates import Look, look_of, unlikeness
from socialflow.video.observer import Frame, Needs, Observer

SIDE = 320
"""Pixels of the longer side of frames that are looked at; the model sees 224."""
EVERY = 4.0
"""Seconds after which a frame is taken though nothing changed: as long as what is searched is a moment at most."""
CHANGED = 0.1
"""How unlike the one taken last (0 to 1) a frame is that is taken at once: a cut is more, and somebody who moves in
front of a camera that stands still is less."""
A_MINUTE, AT_ONCE = 30, 8
"""Frames taken in a minute at most in the long run, and one after the other where cuts come thick and fast."""
MOST = 1_200
"""Frames of a video: where there are as many, every second one goes, and later ones lie twice as far apart."""
TOGETHER = 8
"""Frames of one run."""

Floats = npt.NDArray[np.float32]


class FrameObserver(Observer):
    """Takes a frame after each change of what is seen and one every few seconds, and asks the tower of pictures.

    It looks twice a second: what changes is noticed half a second late at most. How many it takes is bounded as by a
    bucket that fills with `A_MINUTE` a minute and holds `AT_ONCE`.

    The finding: the name of the `model`; arrays are the seconds of frames (n,) and their vectors (n, d), of length 1.
    """

    name: ClassVar[str] = "frames"
    needs: ClassVar[Needs] = Needs(sampled=2.0)

    def __init__(self, model: Handed | None = None) -> None:
        self._model = None if model is None else ClipPictures(model)
        self._seconds = array("d")
        self._rows: list[Floats] = []
        self._waiting: list[Colours] = []
        self._look: Look | None = None
        self._apart = 1.0
        self._left, self._before = float(AT_ONCE), 0.0

    def frame(self, frame: Frame) -> None:
        """Take it, or not."""
        if self._model is None:
            return
        filled = (frame.seconds - self._before) * A_MINUTE / (60 * self._apart)
        self._left, self._before = min(float(AT_ONCE), self._left + filled), frame.seconds
        if self._left < 1:
            return
        picture = frame.colours(SIDE)
        look = look_of(picture)
        late = not self._seconds or frame.seconds - self._seconds[-1] >= EVERY * self._apart - 1e-6
        if not late and self._look is not None and float(unlikeness(self._look, look[None])[0]) < CHANGED:
            return
        self._look, self._left = look, self._left - 1
        self._seconds.append(frame.seconds)
        self._waiting.append(picture)
        if len(self._waiting) == TOGETHER:
            self._ask()

    def _ask(self) -> None:
        if self._model is not None and self._waiting:
            self._rows.extend(self._model.vectors(self._waiting))
        self._waiting.clear()
        if len(self._rows) >= MOST:
            self._rows, self._seconds = self._rows[::2], self._seconds[::2]
            self._apart *= 2

    def end(self) -> Finding:
        """All that were taken."""
        self._ask()
        rows = np.stack(self._rows) if self._rows else np.zeros((0, 0), np.float32)
        missing = (LACKING + MODEL,) if self._model is None else () if self._rows else ("pictures",)
        name = "" if self._model is None else self._model.name
        return Finding({"model": name}, (np.array(self._seconds, np.float64), rows), missing)
