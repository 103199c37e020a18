"""Pictures as arrays: (h, w, 3) red, green, blue, or (h, w) luma, of 8 bits."""

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.image.cv import grey, shrunk

ByteArray = npt.NDArray[np.uint8]


def check(picture: ByteArray) -> None:
    """Raise InvalidInput where an array is no picture."""
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)):
        raise InvalidInput(
            f"a picture is (height, width, 3) or (height, width) of uint8, not {picture.shape} of {picture.dtype}"
        )
    if not picture.size:
        raise InvalidInput(f"a picture has one pixel at least, not {picture.shape[0]} x {picture.shape[1]}")


def at_most(picture: ByteArray, longest: int, *, quick: bool = False) -> ByteArray:
    """A picture made smaller where its longer side is longer than `longest` pixels; its shape stays.

    With `quick` it is made smaller by a whole factor first, as far as that goes, which takes a fifth of the time; what
    is left of its right and bottom then is less than that factor. Pixels differ by rounding.

    Raises:
        InvalidInput: it is no picture.
        ModelUnavailable: it is larger and OpenCV is not installed.
    """
    check(picture)
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    factor = min(int(1 / scale), height, width)
    if quick and factor > 1:
        whole = picture[: height // factor * factor, : width // factor * factor]
        return at_most(shrunk(whole, height // factor, width // factor), longest)
    return shrunk(picture, max(1, round(height * scale)), max(1, round(width * scale)))


def luma(picture: ByteArray) -> ByteArray:
    """The luma (h, w) of a picture, 0.299 red + 0.587 green + 0.114 blue."""
    check(picture)
    return picture if picture.ndim == 2 else grey(picture)
