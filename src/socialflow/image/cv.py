"""The only door to OpenCV: what of it is used, with types, and loaded when first used.

OpenCV is in the extra `media`, not in the base installation, and its own type hints are wrong in places.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from socialflow.errors import ModelUnavailable

if TYPE_CHECKING:
    from types import ModuleType

ByteArray = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]

_CONTRAST, _EDGE = 0.015, 12.0
"""SIFT: points as faint as these are taken; the strongest are kept, so that busy pictures do not notice."""


@dataclass(frozen=True, slots=True)
class Points:
    """n local features: `places` (n, 4) of x, y, diameter in pixels and angle in degrees; `descriptors` (n, 128)."""

    places: FloatArray
    descriptors: ByteArray


def shrunk(picture: ByteArray, height: int, width: int) -> ByteArray:
    """A picture (h, w) or (h, w, channels) made smaller, each new pixel the mean of the area it covers."""
    made: ByteArray = _opencv().resize(picture, (width, height), interpolation=_opencv().INTER_AREA)
    return made


def resized(picture: ByteArray, height: int, width: int) -> ByteArray:
    """A picture (h, w) or (h, w, channels) of another size: the mean of the area each new pixel covers where it gets
    smaller in both directions, and between the nearest four pixels otherwise."""
    if picture.shape[:2] == (height, width):
        return picture
    if height <= picture.shape[0] and width <= picture.shape[1]:
        return shrunk(picture, height, width)
    made: ByteArray = _opencv().resize(picture, (width, height), interpolation=_opencv().INTER_LINEAR)
    return made


def means(values: FloatArray, rows: int, columns: int) -> FloatArray:
    """Means of `rows` x `columns` tiles of values (h, w) or (h, w, channels); between neighbours where there are fewer
    values than tiles."""
    cv = _opencv()
    fits = rows <= values.shape[0] and columns <= values.shape[1]
    made: FloatArray = cv.resize(values, (columns, rows), interpolation=cv.INTER_AREA if fits else cv.INTER_LINEAR)
    return made


def grey(picture: ByteArray) -> ByteArray:
    """The luma (h, w) of a picture (h, w, 3) of red, green and blue."""
    made: ByteArray = _opencv().cvtColor(picture, _opencv().COLOR_RGB2GRAY)
    return made


_LAB_ZERO, _LAB_STEP = np.array([0, 128, 128], np.float32), np.array([100 / 255, 1, 1], np.float32)


def lab(picture: ByteArray) -> FloatArray:
    """CIE L*a*b* (h, w, 3) of a picture (h, w, 3) of red, green and blue: L* from 0 to 100, sRGB under D65; in 256
    steps each."""
    cv = _opencv()
    steps: ByteArray = cv.cvtColor(picture, cv.COLOR_RGB2LAB)
    made: FloatArray = (steps.astype(np.float32) - _LAB_ZERO) * _LAB_STEP
    return made


def smoothed(values: FloatArray, sigma: float) -> FloatArray:
    """Values (h, w) or (h, w, channels) under a Gaussian of so many pixels."""
    made: FloatArray = _opencv().GaussianBlur(values, (0, 0), sigma, borderType=_opencv().BORDER_REFLECT)
    return made


def jpeg(picture: ByteArray, quality: int) -> ByteArray:
    """The bytes (n,) of a picture (h, w, 3) of red, green and blue as a JPEG, `quality` from 0 to 100."""
    cv = _opencv()
    _, made = cv.imencode(".jpg", cv.cvtColor(picture, cv.COLOR_RGB2BGR), [cv.IMWRITE_JPEG_QUALITY, quality])
    encoded: ByteArray = made.reshape(-1)
    return encoded


def unpacked_jpeg(encoded: ByteArray) -> ByteArray:
    """Inverse of `jpeg`, but for what it lost. Decodes here, in this process: only for pictures that it wrote."""
    cv = _opencv()
    made: ByteArray = cv.cvtColor(cv.imdecode(encoded, cv.IMREAD_COLOR), cv.COLOR_BGR2RGB)
    return made


def sift(luma: ByteArray, most: int) -> Points:
    """The `most` strongest SIFT features of a picture (h, w) at most, with RootSIFT descriptors.

    Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004; the descriptors are normalised to
    a sum of 1 and their square roots taken (Arandjelovic and Zisserman, CVPR 2012), so that their Euclidean
    distance is the Hellinger distance; a value is 255 at most and the length of each is about 256.
    """
    detector = _opencv().SIFT_create(nfeatures=most, contrastThreshold=_CONTRAST, edgeThreshold=_EDGE)
    found, descriptors = detector.detectAndCompute(luma, None)
    order = sorted(range(len(found)), key=lambda row: _strength(found[row]))[:most]
    places = np.array([(*found[row].pt, found[row].size, found[row].angle) for row in order], np.float32)
    if not order:
        return Points(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8))
    rows = descriptors[order]
    rows = np.sqrt(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-12))
    return Points(places, np.minimum(np.rint(rows * 256), 255).astype(np.uint8))


class HaarFaces:
    """The cascade for faces from the front that comes with OpenCV (Viola and Jones, CVPR 2001).

    Not for use from several threads. Raises ModelUnavailable where OpenCV, or this part of it, is not installed.
    """

    def __init__(self) -> None:
        cv2 = _opencv()
        if not hasattr(cv2, "CascadeClassifier") or not hasattr(cv2, "data"):
            raise ModelUnavailable("this OpenCV has no cascades: pip install 'opencv-python-headless>=4.14,<5'")
        self._cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_frontalface_default.xml")

    def find(self, luma: ByteArray, least: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Squares (n, 4) of x, y, width, height in pixels, `least` wide at least, and how strongly each passed the last
        stage, above 0."""
        found, _, weights = self._cascade.detectMultiScale3(
            luma, scaleFactor=1.2, minNeighbors=6, minSize=(least, least), outputRejectLevels=True
        )
        return np.array(found, np.int32).reshape(-1, 4), np.array(weights, np.float64).reshape(-1)


def _strength(point: Any) -> tuple[float, ...]:
    """A key that sorts features the strongest first, and the same way every time."""
    return -point.response, *point.pt, point.size, point.angle


@lru_cache(1)
def _opencv() -> "ModuleType":
    """OpenCV on one thread: what runs beside each other are whole pictures.

    Raises:
        ModelUnavailable: it is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise ModelUnavailable('pictures need OpenCV: pip install "socialflow[media]"') from error
    cv2.setNumThreads(1)
    module: ModuleType = cv2
    return module
