"""Pictures as models take them: made to fit as the card says, and what a model found taken back to the picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.records import ImageInput
from socialflow.errors import InvalidInput
from socialflow.image.cv import grey, resized
from socialflow.image.records import Colours
from socialflow.inference.records import Array

Points = npt.NDArray[np.float64]
"""x, y, x, y, ... in the last dimension."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a picture lies in a model's input: made `height` x `width` pixels large, its top left corner at `top` and
    `left`, which are below 0 where it is cut."""

    height: int
    width: int
    top: int
    left: int

    def fractions(self, points: npt.NDArray[Any]) -> Points:
        """Points (..., 2 k) of x, y, x, y, ... in pixels of the input as fractions of the picture's width and height;
        what lies outside of the picture is below 0 or above 1.

        >>> Placed(height=50, width=100, top=25, left=0).fractions(np.array([50, 50, 100, 75]))
        array([0.5, 0.5, 1. , 1. ])
        """
        pairs = np.asarray(points, np.float64).reshape(-1, 2)
        back: Points = ((pairs - (self.left, self.top)) / (self.width, self.height)).reshape(points.shape)
        return back


def placed(height: int, width: int, image: ImageInput) -> Placed:
    """Where a picture of this size comes to lie."""
    tall, wide = image.size
    if image.fit == "stretch":
        return Placed(tall, wide, 0, 0)
    if image.fit == "centre_crop":
        covers = max(tall / height, wide / width)
        scale = image.short_side / min(height, width) if image.short_side else covers
        tall_made, wide_made = max(tall, round(height * scale)), max(wide, round(width * scale))
        return Placed(tall_made, wide_made, (tall - tall_made) // 2, (wide - wide_made) // 2)
    scale = min(tall / height, wide / width)
    tall_made, wide_made = (min(most, max(1, round(one * scale))) for most, one in ((tall, height), (wide, width)))
    if image.fit == "letterbox_corner":
        return Placed(tall_made, wide_made, 0, 0)
    return Placed(tall_made, wide_made, (tall - tall_made) // 2, (wide - wide_made) // 2)


def prepared(colours: Colours, image: ImageInput, dtype: str = "float32") -> Array:
    """A picture (h, w, 3) of red, green and blue as a batch of one, in the layout of the card.

    `dtype` is that of the graph's tensor; values of `uint8` are rounded.
    """
    return batch([colours], image, dtype)


def batch(pictures: Sequence[Colours], image: ImageInput, dtype: str = "float32") -> Array:
    """Pictures as one batch: of layouts with time they are the frames of one run, in order.

    Raises:
        InvalidInput: none, or another number of frames than the card says.
        ModelUnavailable: OpenCV is not installed.
    """
    timed = "t" in image.layout
    if not pictures or (timed and image.frames not in (None, len(pictures))):
        raise InvalidInput(f"a batch has {image.frames or 'one or more'} pictures, not {len(pictures)}")
    rows = np.stack([_fitted(one, image) for one in pictures])
    values = _scaled(rows, image)
    if np.issubdtype(np.dtype(dtype), np.integer):
        values = np.rint(values)
    if timed:
        values = values[None]
    have = "nthwc" if timed else "nhwc"
    return np.ascontiguousarray(values.transpose([have.index(axis) for axis in image.layout]), dtype)


def _fitted(colours: Colours, image: ImageInput) -> Colours:
    """A picture (height, width, channels) of the input's size, in its order of colours."""
    picture = grey(colours)[:, :, None] if image.colour == "grey" else colours
    at, (tall, wide) = placed(colours.shape[0], colours.shape[1], image), image.size
    if image.fit in ("stretch", "centre_crop"):
        whole = _sized(_middle(picture, at, image.size), tall, wide)
    else:
        whole = np.full((tall, wide, picture.shape[2]), image.fill, np.uint8)
        whole[at.top : at.top + at.height, at.left : at.left + at.width] = _sized(picture, at.height, at.width)
    return whole[:, :, ::-1] if image.colour == "bgr" else whole


def _middle(picture: Colours, at: Placed, size: tuple[int, int]) -> Colours:
    """What of a picture the input shows; cut before it is scaled, which a very long picture could not be in whole."""
    spans = zip((at.top, at.left), size, (at.height, at.width), picture.shape, strict=False)
    rows, columns = (
        slice(
            first := min(round(-start * there / made), there - 1), max(first + 1, round((long - start) * there / made))
        )
        for start, long, made, there in spans
    )
    return picture[rows, columns]


def _sized(picture: Colours, height: int, width: int) -> Colours:
    return resized(picture, height, width).reshape(height, width, -1)


def _scaled(rows: Array, image: ImageInput) -> Array:
    """Values (..., channels) as `(pixel / divisor - mean) / std`; as they are where that changes nothing."""
    if (image.divisor, set(image.mean), set(image.std)) == (1.0, {0.0}, {1.0}):
        return rows
    mean, std = np.array(image.mean, np.float32), np.array(image.std, np.float32)
    scaled: Array = (rows / np.float32(image.divisor) - mean) / std
    return scaled
