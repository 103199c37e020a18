"""Where a picture draws the eye, without a model: the mean of two classical maps, weighed by where people look anyway.

Spectral residual: Hou and Zhang, "Saliency detection: a spectral residual approach", CVPR 2007: what the log spectrum
has beyond its own local mean. Frequency-tuned: Achanta et al., "Frequency-tuned salient region detection", CVPR 2009:
how far a colour, slightly smoothed, is from the mean colour. The first likes edges and small things, the second fills
regions; neither knows what anything is. Eyes rest near the middle whatever is shown (Tatler, "The central fixation bias
in scene viewing", Journal of Vision, 2007), and a little above it where people are shown. What
has no more than the middle of all values is background.
"""

import numpy as np
import numpy.typing as npt

from socialflow.image.cv import lab, smoothed
from socialflow.image.pictures import at_most
from socialflow.image.records import Colours

Saliency = npt.NDArray[np.float32]
"""How much each place of a picture (h, w) draws the eye; the sum is 1."""

LONGEST = 64
"""Pixels of a map along its longer side, as in the first paper."""
_BLUR = 2.5
"""Pixels by which the residual is smoothed: the first paper's 8 of 64 is a window of three of these."""
_SMOOTH = 1.0
_MIDDLE, _WIDTH, _ANYWHERE = (0.5, 0.45), 0.3, 0.35
"""Where eyes rest, across and down; how far from there on the whole, of a side; and what a corner counts."""
_PLAIN = 4.0
"""L*a*b* units of the largest difference below which a picture is plain, and no place of it stands out."""


def saliency(picture: Colours) -> Saliency:
    """The map of a picture (h, w, 3); even where it is plain.

    Raises ModelUnavailable: OpenCV is not installed.
    """
    small = at_most(picture, LONGEST)
    colours = lab(small)
    tuned = np.sqrt(np.square(smoothed(colours, _SMOOTH) - colours.mean((0, 1))).sum(2))
    largest = float(tuned.max())
    if largest < _PLAIN or min(small.shape[:2]) < 8:
        return np.full(small.shape[:2], 1 / tuned.size, np.float32)
    both = (_residual(colours[:, :, 0]) + tuned / largest) * _bias(*small.shape[:2])
    both = np.maximum(both - np.median(both), 1e-4)
    found: Saliency = (both / both.sum()).astype(np.float32)
    return found


def _bias(height: int, width: int) -> npt.NDArray[np.float64]:
    """What places count (height, width): 1 where eyes rest."""
    rows, columns = (
        np.exp(-np.square(((np.arange(side) + 0.5) / side - at) / _WIDTH) / 2)
        for side, at in ((height, _MIDDLE[1]), (width, _MIDDLE[0]))
    )
    made: npt.NDArray[np.float64] = _ANYWHERE + (1 - _ANYWHERE) * np.outer(rows, columns)
    return made


def _residual(luma: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The spectral residual's map, its largest value 1."""
    spectrum = np.fft.fft2(luma)
    levels = np.log(np.abs(spectrum) + 1e-6)
    rows = levels + np.roll(levels, 1, 0) + np.roll(levels, -1, 0)
    local = (rows + np.roll(rows, 1, 1) + np.roll(rows, -1, 1)) / 9
    back = np.abs(np.fft.ifft2(np.exp(levels - local + 1j * np.angle(spectrum)))) ** 2
    soft = smoothed(back.astype(np.float32), _BLUR)
    made: npt.NDArray[np.float32] = soft / max(float(soft.max()), 1e-12)
    return made


def concentration(found: Saliency) -> float:
    """Share of what draws the eye in the most salient quarter of a map, 0 (as even as can be) to 1.

    >>> concentration(np.full((8, 8), 1 / 64, np.float32))
    0.0
    """
    values = np.sort(found, axis=None)[::-1]
    share = float(values[: max(1, len(values) // 4)].sum() / max(float(values.sum()), 1e-12))
    return float(np.clip((share - 0.25) / 0.75, 0, 1))


def centre(found: Saliency) -> tuple[float, float]:
    """Where the eye is drawn on the whole, as fractions of width and height; large values count double.

    >>> centre(np.full((8, 8), 1 / 64, np.float32))
    (0.5, 0.5)
    """
    weights = np.square(found, dtype=np.float64)
    weights /= max(float(weights.sum()), 1e-24)
    height, width = found.shape
    x = float((weights.sum(0) * (np.arange(width) + 0.5)).sum() / width)
    y = float((weights.sum(1) * (np.arange(height) + 0.5)).sum() / height)
    return round(x, 6), round(y, 6)
