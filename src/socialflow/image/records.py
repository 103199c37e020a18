"""What is known of a picture."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.uint8]
"""Red, green, blue (height, width, 3)."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the header says. `width` and `height` are as shown, `turned` tells that the file says to turn or mirror it;
    of several `frames` (an animation) the first is the picture."""

    format: str
    width: int
    height: int
    frames: int
    transparent: bool
    turned: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture; `damaged` where its end could not be read, which is grey then."""

    info: ImageInfo
    colours: Colours
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class ImageBounds:
    """What is refused before anything is decoded. Pictures are decoded to at most `side` pixels along the longer side,
    0: as they are."""

    pixels: int = 100_000_000
    frames: int = 10_000
    side: int = 0
