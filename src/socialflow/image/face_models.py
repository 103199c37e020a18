"""Models that find faces: what each makes of a picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol, TypedDict

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, first_of, runnable
from socialflow.catalogue.upstream.loading import Runnable
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.records import ImageInput, Installed
from socialflow.errors import ArtefactError
from socialflow.image.cv import HaarFaces, grey
from socialflow.image.detecting import STRIDES, grid
from socialflow.image.detections import Box, Place, best
from socialflow.image.pictures import at_most
from socialflow.image.prepare import placed, prepared
from socialflow.image.records import Colours
from socialflow.inference.records import Array

USUAL, SMALLER = "face-yunet", "face-ultraface"
LEAST: Mapping[str, float] = {USUAL: 0.8, SMALLER: 0.7}
"""Score from which something is a face, as the publishers' examples have it."""
SAME = 0.3
"""Share in common from which two boxes are one face."""
LANDMARKS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")
"""Sides are those of whose face it is."""
TILED_FROM, LONGEST, TILE, SHARED = 960, 1920, 640, 160
"""Pictures of a longer side than the first are also looked at in tiles, of which neighbours share some pixels, at a
longest side of the second: what is small in the whole is as large there as a model can see."""
EDGE = 2
"""Pixels from the edge of a tile within which a face may be cut off."""
HAAR_LONGEST, HAAR_LEAST = 480, 24

Floats = npt.NDArray[np.float64]


class Point(TypedDict):
    """A place as fractions of the picture's width and height."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Face:
    """A face: how sure the model is, where it is, and where its `LANDMARKS` are (x, y as fractions; empty: unknown)."""

    score: float
    box: Box
    landmarks: tuple[tuple[float, float], ...] = ()

    def told(self) -> dict[str, Any]:
        """The face as JSON: score, box, landmarks {name: {x, y}} or None."""
        place: Place = self.box.place()
        points = {
            name: Point(x=round(x, 4), y=round(y, 4)) for name, (x, y) in zip(LANDMARKS, self.landmarks, strict=False)
        }
        return {"score": round(self.score, 4), "box": place, "landmarks": points or None}


class FaceModel(Protocol):
    """Finds faces."""

    def find(self, colours: Colours) -> tuple[Face, ...]:
        """The faces of a picture, best first."""
        ...


def face_model(models: Models) -> tuple[Installed | None, tuple[str, ...]]:
    """The model that finds faces, and what is lacking where it is not the usual one."""
    found, lacking = first_of(models, USUAL, SMALLER)
    return found, lacking[:1]


def opened(told: Handed | None) -> FaceModel:
    """A handed model as a detector of faces; None: a cascade of old, which is no trained model of the catalogue.

    Raises:
        ArtefactError, ModelUnavailable: as `runnable`; a model that finds no faces.
    """
    if told is None:
        return Cascade()
    model = runnable(told)
    name, image = model.installed.card.name, model.installed.card.image
    if image is None or name not in LEAST:
        raise ArtefactError(f"{name} finds no faces; {', '.join(LEAST)} do")
    return (YuNet if name == USUAL else UltraFace)(model, image)


class YuNet:
    """Wu et al., "YuNet: a tiny millisecond-level face detector" (2023): anchor-free, with five landmarks."""

    def __init__(self, model: Runnable, image: ImageInput) -> None:
        self._graph, self._image = model.graph(), image

    def find(self, colours: Colours) -> tuple[Face, ...]:
        """The whole picture, and large ones in tiles besides."""
        seen = [self._look(colours), *self._tiles(colours)]
        rows = np.concatenate(seen)
        kept = best(rows[:, 1:5], rows[:, 0], np.zeros(len(rows)), SAME)
        return tuple(_face(row) for row in rows[kept])

    def _look(self, colours: Colours) -> Floats:
        """Rows (n, 15) of score, box and landmarks as fractions of the picture."""
        height, width = colours.shape[:2]
        values = self._graph.run({self._graph.inputs[0].name: prepared(colours, self._image)})
        rows = yunet_rows(values, self._image.size, LEAST[USUAL])
        rows[:, 1:] = placed(height, width, self._image).fractions(rows[:, 1:])
        return rows

    def _tiles(self, colours: Colours) -> Iterator[Floats]:
        if max(colours.shape[:2]) <= TILED_FROM:
            return
        shown = at_most(colours, LONGEST)
        height, width = shown.shape[:2]
        for top, left in product(starts(height), starts(width)):
            tile = shown[top : top + TILE, left : left + TILE]
            rows = self._look(tile)
            rows = rows[whole(rows[:, 1:5], tile.shape[:2], (top, left), (height, width))]
            size = np.array([tile.shape[1], tile.shape[0]] * 7)
            rows[:, 1:] = (rows[:, 1:] * size + [left, top] * 7) / ([width, height] * 7)
            yield rows


def starts(length: int) -> Sequence[int]:
    """Where tiles begin that cover a side and share `SHARED` pixels at least.

    >>> starts(600), starts(1080), starts(1920)
    ([0], [0, 440], [0, 427, 853, 1280])
    """
    if length <= TILE:
        return [0]
    count = -(-(length - SHARED) // (TILE - SHARED))
    return [round(place * (length - TILE) / (count - 1)) for place in range(count)]


def whole(
    boxes: Floats, tile: tuple[int, ...], corner: tuple[int, int], picture: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Which boxes (fractions of a tile) do not touch an edge of it that is none of the picture's: those that do may be
    cut off there, and the next tile, or the whole, shows them better."""
    (high, wide), (top, left), (height, width) = tile[:2], corner, picture
    pixels = boxes * [wide, high, wide, high]
    cut = (pixels[:, 0] < EDGE) & (left > 0) | (pixels[:, 1] < EDGE) & (top > 0)
    cut |= (pixels[:, 2] > wide - EDGE) & (left + wide < width) | (pixels[:, 3] > high - EDGE) & (top + high < height)
    kept: npt.NDArray[np.bool_] = ~cut
    return kept


def yunet_rows(values: Mapping[str, Array], size: tuple[int, int], least: float) -> Floats:
    """What the outputs of one picture say: rows (n, 15) of score, box and five landmarks in pixels of the input.

    A score is the square root of class times objectness; a box is a cell's centre and the logarithm of its size.
    """
    found = []
    for stride in STRIDES:
        cls, obj, bbox, kps = (
            values[f"{name}_{stride}"][0].astype(np.float64) for name in ("cls", "obj", "bbox", "kps")
        )
        score = np.sqrt(cls[:, 0].clip(0, 1) * obj[:, 0].clip(0, 1))
        sure = np.flatnonzero(score >= least)
        cell = grid(size, (stride,))[0][sure]
        middle, half = (bbox[sure, :2] + cell) * stride, np.exp(bbox[sure, 2:].clip(max=20)) * stride / 2
        points = (kps[sure] + np.tile(cell, 5)) * stride
        found.append(np.column_stack((score[sure], middle - half, middle + half, points)))
    return np.concatenate(found)


def _face(row: Floats) -> Face:
    inside = [float(value) for value in row[1:].clip(0, 1)]
    points = tuple(zip(inside[4::2], inside[5::2], strict=True))
    return Face(float(row[0]), Box(*inside[:4]), points)


class UltraFace:
    """Linzaer's Ultra-Light-Fast-Generic-Face-Detector: quick, without landmarks."""

    def __init__(self, model: Runnable, image: ImageInput) -> None:
        self._graph, self._image = model.graph(), image

    def find(self, colours: Colours) -> tuple[Face, ...]:
        """The whole picture, once."""
        values = self._graph.run({self._graph.inputs[0].name: prepared(colours, self._image)})
        scores, boxes = values["scores"][0][:, 1], values["boxes"][0].clip(0, 1)
        sure = np.flatnonzero(scores >= LEAST[SMALLER])
        kept = sure[best(boxes[sure], scores[sure], np.zeros(len(sure)), SAME)]
        return tuple(Face(float(scores[row]), Box(*map(float, boxes[row]))) for row in kept)


class Cascade:
    """OpenCV's own cascade: a rule of thumb beside the models, for faces from the front."""

    def __init__(self) -> None:
        self._cascade = HaarFaces()

    def find(self, colours: Colours) -> tuple[Face, ...]:
        """Faces whose score is no probability: it only grows with how strongly they passed."""
        luma = at_most(grey(colours), HAAR_LONGEST)
        height, width = luma.shape
        found, weights = self._cascade.find(luma, HAAR_LEAST)
        faces = [
            Face(float(weight / (weight + 5)), Box(x / width, y / height, (x + wide) / width, (y + high) / height))
            for (x, y, wide, high), weight in zip(found.tolist(), weights, strict=True)
        ]
        return tuple(sorted(faces, key=lambda face: -face.score))
