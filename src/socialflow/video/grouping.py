"""Shots that belong together: those that look alike within a short time, and all between them.

As overlapping links have it (Hanjalic, Lagendijk and Biemond, "Automated high-level movie segmentation for advanced
video-retrieval systems", 1999): two people who talk in turns are one scene, however often the picture changes.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]
"""Thumbnails of keyframes (n, rows, columns)."""

ALIKE = 0.72
"""Likeness from which two shots belong together."""
WITHIN = 20.0
"""Seconds between the end of a shot and the begin of one that it is linked to, at most."""
AHEAD = 8
"""Shots that are looked at after each, at most."""
BLANK = 0.7
"""Share of a keyframe in one shade from which it is a card with little on it, which tells nothing of what belongs
together."""
_SHADES = 16


def likeness(one: Pictures, other: Pictures) -> float:
    """Of two shots by their keyframes, 0 to 1: the best pair's mean of correlation and of shades in common."""
    best = 0.0
    for first in one:
        for second in other:
            best = max(best, (_correlation(first, second) + _in_common(first, second)) / 2)
    return best


def _correlation(one: Pictures, other: Pictures) -> float:
    first, second = (picture.astype(np.float64) - picture.mean() for picture in (one, other))
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    if size < one.size:  # less than a level: both are plain, or one is
        return 1.0 if (first**2).sum() + (second**2).sum() < one.size else 0.0
    return max(0.0, float((first * second).sum()) / size)


def _in_common(one: Pictures, other: Pictures) -> float:
    return float(np.minimum(_shades(one), _shades(other)).sum())


def _shades(picture: Pictures) -> npt.NDArray[np.float64]:
    """Share of each shade."""
    return np.bincount(picture.ravel() // (256 // _SHADES), minlength=_SHADES) / picture.size


def _telling(keyframes: Pictures) -> Pictures:
    """Keyframes that are more than a card."""
    return keyframes[[float(_shades(picture).max()) < BLANK for picture in keyframes]]


def grouped(spans: Sequence[tuple[float, float]], keyframes: Sequence[Pictures]) -> list[range]:
    """Places of the shots of each scene; `spans` are the begin and end of shots in seconds, in order.

    >>> one, other, third = np.random.default_rng(0).integers(0, 256, (3, 1, 9, 16), np.uint8)
    >>> grouped([(0, 1), (1, 2), (2, 3), (3, 4)], [one, other, one, third])
    [range(0, 3), range(3, 4)]
    """
    telling = [_telling(pictures) for pictures in keyframes]
    scenes: list[range] = []
    begin = end = 0
    for place in range(len(spans)):
        if place > end:
            scenes.append(range(begin, place))
            begin = end = place
        for later in range(min(len(spans) - 1, place + AHEAD), max(place, end), -1):
            near = spans[later][0] - spans[place][1] <= WITHIN
            if near and likeness(telling[place], telling[later]) >= ALIKE:
                end = later
                break
    if spans:
        scenes.append(range(begin, len(spans)))
    return scenes
