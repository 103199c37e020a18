"""What speaks for a picture at first sight, as rules of thumb: nothing here is learnt from what people chose."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from socialflow.image.cv import grey, means
from socialflow.image.detections import Box
from socialflow.image.records import Colours
from socialflow.image.saliency import Saliency, centre, concentration

Levels = npt.NDArray[np.int16]
WEIGHTS: Mapping[str, float] = {
    "sharpness": 0.25,
    "exposure": 0.2,
    "contrast": 0.1,
    "colourfulness": 0.15,
    "saliency": 0.1,
    "composition": 0.05,
    "faces": 0.15,
}
"""Of the parts in the weighted geometric mean: one that fails cannot be made good by the others."""
LEAST = 0.05
"""What a part counts at least."""
NO_FACE = 0.5
"""Of a picture in which a detector found no face: much can be a subject."""
_EDGE = 10
"""Levels between neighbours from which there is an edge to judge."""
_FEW = 0.002
"""Share of pixels on edges below which nothing is sharp."""
_BLURRED, _SHARP = 0.08, 0.5
"""Bend over slope of edges: of one blurred by some five pixels (it is 0.4 over their number), and of a sharp one."""
_TILES = 8
"""Along each side."""
_LINES, _MANY = 3, 200
"""Of a picture with many lines, every third is enough to judge edges."""
_POINTS = ((1 / 3, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1 / 3), (2 / 3, 2 / 3), (0.5, 0.5))
"""Where a subject is well placed: the crossings of the thirds, and the middle."""
_NEAR = 0.15
"""Of the diagonal: how far from there it is placed so-so."""


def parts(picture: Colours, found: Saliency, edges: float) -> dict[str, float]:
    """Parts of `WEIGHTS`, 0 to 1, of a small picture (h, w, 3), of its map and of its `sharpness`, which only a larger
    one tells; without faces.

    Raises ModelUnavailable: OpenCV is not installed.
    """
    luma = grey(picture)
    told = {
        "sharpness": edges,
        "exposure": exposure(luma),
        "contrast": min(1.0, float(luma.std()) / 55),
        "colourfulness": min(1.0, colourfulness(picture) / 82),
        "saliency": concentration(found),
        "composition": composition(centre(found)),
    }
    return {name: round(value, 4) for name, value in told.items()}


def with_faces(told: Mapping[str, float], faces: Sequence[Box]) -> dict[str, float]:
    """Parts, where a detector looked for faces: the largest is the subject.

    >>> with_faces({"composition": 0.2}, [Box(0.4, 0.4, 0.6, 0.6)])
    {'composition': 1.0, 'faces': 0.9}
    """
    if not faces:
        return {**told, "faces": NO_FACE}
    largest = max(faces, key=area)
    middle = (largest.left + largest.right) / 2, (largest.top + largest.bottom) / 2
    shown = min(1.0, NO_FACE + 2 * area(largest) ** 0.5)
    return {**told, "composition": round(composition(middle), 4), "faces": round(shown, 4)}


def area(box: Box) -> float:
    """Share of the picture that a box has."""
    return max(0.0, box.right - box.left) * max(0.0, box.bottom - box.top)


def appeal(told: Mapping[str, float]) -> float:
    """The weighted geometric mean of parts, 0 to 1; what is not there does not count.

    >>> appeal({"sharpness": 0.8, "exposure": 0.8}), appeal({"sharpness": 0.0, "exposure": 1.0})
    (0.8, 0.1893)
    """
    total = sum(WEIGHTS[name] for name in told)
    mean = sum(WEIGHTS[name] * np.log(max(LEAST, value)) for name, value in told.items()) / total
    return round(float(np.exp(mean)), 4)


def sharpness(luma: Colours) -> float:
    """How abrupt the edges of a picture (h, w) are, 0 to 1: of pixels on an edge, how much the slope bends over how
    steep it is, which contrast does not change and blur does; of the sharper half of the tiles, so that a soft
    background does not count. 0 where there are hardly any edges.
    """
    if min(luma.shape) < 8:
        return 0.0
    step = _LINES if min(luma.shape) >= _MANY else 1
    rows, columns = luma[::step].astype(np.int16), luma[:, ::step].T.astype(np.int16, order="C")
    told = [_acuity(rows), _acuity(columns)]
    values = [value for value in told if value is not None]
    if not values:
        return 0.0
    return float(np.clip((np.mean(values) - _BLURRED) / (_SHARP - _BLURRED), 0, 1))


def _acuity(levels: Levels) -> float | None:
    """Bend over slope along rows; None: too few edges."""
    slope = np.abs(levels[:, 2:] - levels[:, :-2])
    bend = np.abs(levels[:, 2:] + levels[:, :-2] - 2 * levels[:, 1:-1])
    edge = slope >= 2 * _EDGE
    if float(edge.mean()) < _FEW:
        return None
    slopes, bends = (means((values * edge).astype(np.float32), _TILES, _TILES) for values in (slope, bend))
    has = slopes >= max(0.1, 0.1 * float(slopes.max()))
    ratios = np.sort(bends[has] / slopes[has])[::-1]
    return float(ratios[: max(1, (len(ratios) + 1) // 2)].mean())


def exposure(luma: Colours) -> float:
    """How well a picture (h, w) is lit, 0 to 1: 1 at a middling brightness with nothing cut off at black or white."""
    mean = float(luma.mean())
    lit = float(np.exp(-(((mean - 120) / 75) ** 2)))
    cut = float((luma <= 6).mean()) + float((luma >= 250).mean())
    return lit * (1 - min(1.0, cut))


def colourfulness(picture: Colours) -> float:
    """Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003: 0 not, 33 moderately, 59 quite, 109
    extremely.

    >>> colourfulness(np.full((8, 8, 3), 90, np.uint8))
    0.0
    """
    red, green, blue = (picture[:, :, place].astype(np.float32) for place in range(3))
    one, other = red - green, (red + green) / 2 - blue
    spread = np.hypot(float(one.std()), float(other.std()))
    return float(spread + 0.3 * np.hypot(float(one.mean()), float(other.mean())))


def composition(place: tuple[float, float]) -> float:
    """How near a place (fractions across and down) is to the thirds or the middle, 0 to 1.

    >>> composition((0.5, 0.5)), round(composition((0.0, 0.0)), 2)
    (1.0, 0.01)
    """
    nearest = min(np.hypot(place[0] - x, place[1] - y) for x, y in _POINTS) / 2**0.5
    return float(np.exp(-((nearest / _NEAR) ** 2)))
