"""Pictures as Python code has them: a path, a URL, the bytes of a file, or pixels."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeAlias

import numpy as np

from socialflow.image.analysis import ImageAnalysis
from socialflow.image.looking import looked, made
from socialflow.image.pictures import check
from socialflow.image.reader import ImageReader, Seen, shared_reader
from socialflow.image.records import Colours, ImageInfo, Picture
from socialflow.kit.analyses import watched_by
from socialflow.kit.fetching import Fetcher

Given: TypeAlias = Path | str | bytes | Colours
"""A path, a URL (text that begins with http:// or https://), the bytes of a file, or pixels: (height, width, 3) of red,
green and blue, or (height, width) of grey, of 8 bits."""


def seen_in(picture: Given, analyses: Sequence[ImageAnalysis], reader: ImageReader | None = None) -> Seen:
    """One look at a picture. Files are decoded in a bounded child; pixels need no decoding and are looked at here.

    Raises:
        MediaUnreadable, TooLarge: it cannot be decoded, or needs more than one request may take.
        InvalidInput: pixels that are no picture.
        RefusedAddress, MediaUnavailable: the URL is not one that media is fetched from, or cannot be had now.
        ModelUnavailable: the decoder, or what runs a model, is not installed.
    """
    asked = watched_by(analyses)
    if isinstance(picture, np.ndarray):
        shown = _shown(picture)
        return Seen(shown.info, looked(shown, made(asked)))
    with file_of(picture) as path:
        return (reader or shared_reader()).look(path, asked)


def _shown(pixels: Colours) -> Picture:
    check(pixels)
    colours = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
    height, width = colours.shape[:2]
    return Picture(ImageInfo("pixels", width, height, 1, transparent=False, turned=False), colours)


@contextmanager
def file_of(picture: Path | str | bytes) -> Iterator[Path]:
    """Where it lies, for as long as somebody looks at it."""
    if isinstance(picture, bytes):
        with NamedTemporaryFile() as file:
            file.write(picture)
            file.flush()
            yield Path(file.name)
    elif isinstance(picture, str) and picture.startswith(("http://", "https://")):
        with ThreadPoolExecutor(1) as aside:  # whoever calls may run an event loop in this thread
            fetched = aside.submit(Fetcher().fetch_now, picture).result()
        with fetched:
            yield fetched.path
    else:
        yield Path(picture)
