"""How much of the picture has the colour of blood."""

from array import array
from typing import ClassVar

import numpy as np

from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer

SIDE = 160
"""Pixels of the longer side of frames that are looked at."""
RED = (60, 190)
"""Levels of red that blood has: neither black nor bright."""
LESS = 0.35
"""Green and blue, each, have at most this share of the red."""


class BloodObserver(Observer):
    """Looks at the colours of two frames a second. Cloth, paint, fruit and lamps may have the colour too.

    Arrays are the seconds (n,) and the shares of the picture (n,), 0 to 1.
    """

    name: ClassVar[str] = "blood"
    needs: ClassVar[Needs] = Needs(sampled=2.0)

    def __init__(self) -> None:
        self._seconds, self._shares = array("d"), array("f")

    def frame(self, frame: Frame) -> None:
        """Look at one."""
        self._seconds.append(frame.seconds)
        self._shares.append(share_of_blood(frame.colours(SIDE)))

    def end(self) -> Finding:
        """All shares."""
        arrays = (np.array(self._seconds, np.float64), np.array(self._shares, np.float32))
        return Finding({"frames": len(self._seconds)}, arrays, () if self._seconds else ("pictures",))


def share_of_blood(colours: Colours) -> float:
    """The share of pixels (h, w, 3) that are a dark, pure red.

    >>> share_of_blood(np.array([[[120, 10, 10], [120, 100, 100], [250, 20, 20], [20, 0, 0]]], np.uint8))
    0.25
    """
    red, green, blue = np.moveaxis(colours.astype(np.float32), 2, 0)
    dark = (red >= RED[0]) & (red <= RED[1])
    pure = (green <= LESS * red) & (blue <= LESS * red)
    return float((dark & pure).mean())
