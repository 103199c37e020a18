"""The classical perceptual hash of 64 bits: signs of the lowest frequencies about their median."""

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn

from socialflow.image.cv import shrunk
from socialflow.image.pictures import luma

ByteArray = npt.NDArray[np.uint8]

_SIDE, _BAND = 32, 8


def phash(picture: ByteArray) -> ByteArray:
    """The hash (8,) of a picture (h, w, 3) red, green, blue, or (h, w) luma.

    Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010: luma at 32 x 32, the 8 x 8
    lowest frequencies of its cosine transform, a bit set where one is above their median.

    Raises:
        InvalidInput: it is no such picture.
        ModelUnavailable: OpenCV is not installed.
    """
    small = shrunk(luma(picture), _SIDE, _SIDE).astype(np.float64)
    frequencies = dctn(small, norm="ortho")[:_BAND, :_BAND]
    return np.packbits(frequencies.ravel() > np.median(frequencies))
