"""The one decode of a picture. Imported by what runs in a bounded child; the decoder comes with the `media` extra."""

import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError

from socialflow.errors import MediaUnreadable, TooLarge
from socialflow.image.records import Colours, ImageBounds, ImageInfo, Picture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""Kinds that are decoded, told by content; no other decoder is tried."""
Image.MAX_IMAGE_PIXELS = None  # `ImageBounds` says how many, for each request
_UPRIGHT = 1
_BACKGROUND = (255, 255, 255)
"""What stands behind what is transparent."""


def decoded(path: Path, bounds: ImageBounds | None = None) -> Picture:
    """A picture as it is shown: turned as its EXIF says, without transparency, 8 bits a colour.

    Decodes here, in this process: what strangers sent goes through `image.reader`.

    Raises:
        MediaUnreadable: it is of no kind that is decoded, or nothing of it can be.
        TooLarge: more pixels or frames than `bounds` allow, told by its header.
    """
    bounds = bounds or ImageBounds()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd about a file is no matter of this process
            with Image.open(path, formats=FORMATS) as image:
                info = _info(image, bounds)
                colours, damaged = _colours(image, bounds)
    except UnidentifiedImageError:
        raise MediaUnreadable(f"this is no picture that is read: {', '.join(FORMATS)}") from None
    except (OSError, ValueError, SyntaxError, EOFError) as problem:
        raise MediaUnreadable(f"it cannot be decoded: {type(problem).__name__}") from problem
    return Picture(info, colours, damaged)


def _info(image: Image.Image, bounds: ImageBounds) -> ImageInfo:
    width, height = image.size
    if width * height > bounds.pixels:
        raise TooLarge(f"it has {width} x {height} pixels, at most {bounds.pixels} are decoded")
    frames = int(getattr(image, "n_frames", 1))
    if frames > bounds.frames:
        raise TooLarge(f"it has {frames} frames, at most {bounds.frames} are read")
    orientation = int(image.getexif().get(ExifTags.Base.Orientation, _UPRIGHT))
    if orientation in {5, 6, 7, 8}:
        width, height = height, width
    return ImageInfo(
        format=str(image.format),
        width=width,
        height=height,
        frames=frames,
        transparent=image.has_transparency_data,
        turned=orientation != _UPRIGHT,
    )


def _colours(image: Image.Image, bounds: ImageBounds) -> tuple[Colours, bool]:
    """The pixels, and whether the file ended too early."""
    if bounds.side:
        image.draft("RGB", (bounds.side, bounds.side))  # a JPEG decodes to half, a quarter, an eighth in that much less
    damaged = False
    try:
        image.load()
    except OSError:
        damaged = True
        _load_what_there_is(image)
    shown = ImageOps.exif_transpose(image)
    if shown.has_transparency_data:
        layered = shown.convert("RGBA")
        shown = Image.new("RGB", layered.size, _BACKGROUND)
        shown.paste(layered, mask=layered.getchannel("A"))
    elif shown.mode.startswith("I"):
        shown = Image.fromarray((np.asarray(shown, np.float64) / 257).clip(0, 255).astype(np.uint8))
    shown = shown.convert("RGB")
    if bounds.side:
        shown.thumbnail((bounds.side, bounds.side), Image.Resampling.BOX)
    return np.asarray(shown), damaged


def _load_what_there_is(image: Image.Image) -> None:
    """Decode up to where the file breaks off. Raises OSError where that is nowhere."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
