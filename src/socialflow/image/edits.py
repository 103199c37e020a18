"""The standard edits of pictures by which it is measured whether copies are found."""

import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from socialflow.image.cv import shrunk
from socialflow.image.records import Colours

Edit: TypeAlias = Callable[[Colours], Colours]
"""Takes a picture (h, w, 3) and gives another one."""


def cropped(share: float) -> Edit:
    """A share of each side cut off at every edge."""

    def edit(shown: Colours) -> Colours:
        high, wide = (int(side * share) for side in shown.shape[:2])
        return shown[high : shown.shape[0] - high, wide : shown.shape[1] - wide]

    return edit


def padded(share: float) -> Edit:
    """A black frame as wide as a share of each side."""

    def edit(shown: Colours) -> Colours:
        high, wide = (int(side * share) for side in shown.shape[:2])
        return np.pad(shown, ((high, high), (wide, wide), (0, 0)))

    return edit


def letterboxed(shown: Colours) -> Colours:
    """Black bars that make it square; bars at the sides where it is square."""
    height, width = shown.shape[:2]
    side = max(height, width)
    high, wide = (side - height) // 2, (side - width) // 2 if height != width else width // 4
    return np.pad(shown, ((high, high), (wide, wide), (0, 0)))


def mirrored(shown: Colours) -> Colours:
    """Left and right swapped."""
    return shown[:, ::-1]


def marked(shown: Colours) -> Colours:
    """A busy badge over a corner, its side two fifths of the picture's shorter one."""
    side = max(1, int(0.4 * min(shown.shape[:2])))
    rows = np.arange(side) * 8 // side
    made = shown.copy()
    made[-side:, -side:] = _badge()[rows][:, rows]
    return made


@lru_cache(1)
def _badge() -> Colours:
    return np.random.default_rng(9).integers(0, 256, (8, 8, 3), dtype=np.uint8)


def brighter(shown: Colours) -> Colours:
    """Gamma 0.6."""
    return np.rint(255 * (np.arange(256) / 255) ** 0.6).astype(np.uint8)[shown]


def quartered(shown: Colours) -> Colours:
    """Both sides a quarter as long."""
    height, width = shown.shape[:2]
    return shrunk(np.ascontiguousarray(shown), max(1, height // 4), max(1, width // 4))


def compressed(shown: Colours, quality: int = 30) -> Colours:
    """JPEG. Needs Pillow."""
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(shown)).save(written, "JPEG", quality=quality)
    with Image.open(written) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def several(shown: Colours) -> Colours:
    """Mirrored, 5 % cut off at every edge."""
    return cropped(0.05)(mirrored(shown))


SHAPES: Mapping[str, Edit] = {
    "crop 5 %": cropped(0.05),
    "crop 15 %": cropped(0.15),
    "pad 20 %": padded(0.2),
    "letterbox": letterboxed,
    "flip": mirrored,
    "logo": marked,
    "brighter": brighter,
    "flip and crop": several,
}
"""Edits of what is shown, which films are put through frame by frame too."""
EDITS: Mapping[str, Edit] = {"jpeg 30": compressed, "resize 1/4": quartered, **SHAPES}
