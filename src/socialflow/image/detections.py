"""Things found in a picture: what each is and where, and of boxes that overlap the best alone."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""Boxes are (n, 4): left, top, right, bottom; scores (n,)."""


class Place(TypedDict):
    """A box as fractions of the width and height of the picture as it is shown, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


class Box(NamedTuple):
    """A `Place` to reckon with."""

    left: float
    top: float
    right: float
    bottom: float

    def place(self) -> Place:
        """The box as JSON.

        >>> Box(0.1, 0.2, 0.30001, 0.4).place()
        {'left': 0.1, 'top': 0.2, 'right': 0.3, 'bottom': 0.4}
        """
        left, top, right, bottom = (round(float(side), 4) for side in self)
        return Place(left=left, top=top, right=right, bottom=bottom)


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing: its class, how sure the model is (0 to 1), and where it is."""

    label: str
    score: float
    box: Box

    def told(self) -> dict[str, Any]:
        """The detection as JSON: label, score, box."""
        return {"label": self.label, "score": round(self.score, 4), "box": self.box.place()}


def counts(labels: Iterable[str]) -> Mapping[str, int]:
    """How many there are of each, most first.

    >>> counts(["dog", "car", "car"])
    {'car': 2, 'dog': 1}
    """
    return dict(Counter(labels).most_common())


def overlaps(boxes: npt.NDArray[Any], others: npt.NDArray[Any]) -> Floats:
    """Shares (n, m) that boxes (n, 4) and others (m, 4) have in common of what they cover together (IoU).

    >>> overlaps(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [5, 5, 6, 6]])).round(3)
    array([[0.333, 0.   ]])
    """
    first, second = np.asarray(boxes, np.float64)[:, None], np.asarray(others, np.float64)[None]
    shared = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    both = shared.clip(0).prod(axis=2)
    together = _areas(first) + _areas(second) - both
    shares: Floats = np.divide(both, together, out=np.zeros_like(both), where=together > 0)
    return shares


def _areas(boxes: Floats) -> Floats:
    areas: Floats = (boxes[..., 2:] - boxes[..., :2]).clip(0).prod(axis=-1)
    return areas


def best(boxes: npt.NDArray[Any], scores: npt.NDArray[Any], classes: npt.NDArray[Any], share: float) -> list[int]:
    """Rows that are left, best first, when boxes that have more than `share` in common with a better one of their class
    are put away (greedy non-maximum suppression).

    >>> boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 2.1], [0, 0, 2, 2]])
    >>> best(boxes, np.array([0.5, 0.9, 0.7]), np.array([1, 1, 2]), 0.5)
    [1, 2]
    """
    left = np.argsort(-np.asarray(scores), kind="stable")
    kept: list[int] = []
    while len(left):
        first, left = int(left[0]), left[1:]
        kept.append(first)
        same = np.asarray(classes)[left] == classes[first]
        left = left[~(same & (overlaps(boxes[first : first + 1], boxes[left])[0] > share))]
    return kept


def detections(
    boxes: npt.NDArray[Any], scores: npt.NDArray[Any], classes: npt.NDArray[Any], labels: Sequence[str]
) -> tuple[Detection, ...]:
    """Rows as detections within the picture, best first; what lies outside of it, or has no name, is left out."""
    inside = np.asarray(boxes, np.float64).clip(0, 1)
    order = np.argsort(-np.asarray(scores), kind="stable")
    return tuple(
        Detection(labels[int(classes[row])], float(scores[row]), Box(*map(float, inside[row])))
        for row in order
        if inside[row, 2] > inside[row, 0] and inside[row, 3] > inside[row, 1] and labels[int(classes[row])] != UNNAMED
    )


UNNAMED = "???"
"""What cards call a class that is not used."""
