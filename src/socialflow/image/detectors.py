"""Detectors of the Python interface."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, TypedDict, TypeVar

from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.image.analysis import DAMAGED, ImageAnalysis
from socialflow.image.detections import Place
from socialflow.image.face_models import Point
from socialflow.image.faces import ImageFaces
from socialflow.image.given import Given, seen_in
from socialflow.image.objects import ImageObjects
from socialflow.image.reader import ImageReader
from socialflow.kit.answers import Answered, Provenance, Status

T = TypeVar("T")


class FoundObject(TypedDict):
    """One object; `score` is how sure the model is, 0 to 1."""

    label: str
    score: float
    box: Place


class Objects(TypedDict):
    """What is in a picture, best first. Where `status` is abstained there was no model to look with, and `missing`
    names it; it says `end` where the file breaks off."""

    objects: list[FoundObject]
    counts: Mapping[str, int]
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class Expression(TypedDict):
    """How a face looks, which is not how somebody feels: the likeliest of seven, and the probability of each."""

    label: str
    score: float
    scores: Mapping[str, float]


class FoundFace(TypedDict):
    """One face. `landmarks` are right_eye, left_eye, nose, mouth_right and mouth_left (the face's own right and left),
    or None where the model tells none; `expression` is None where it was not asked for, or the face is too small."""

    score: float
    box: Place
    landmarks: Mapping[str, Point] | None
    expression: Expression | None


class Faces(TypedDict):
    """The faces of a picture, best first; status and missing as those of `Objects`."""

    faces: list[FoundFace]
    count: int
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class _Detector(ABC, Generic[T]):
    """One analysis of pictures, by itself.

    Parameters:
        models: those that others trained; None: those of this installation.
        reader: decodes files in a bounded child; None: the one that all share.
    """

    def __init__(self, models: Models | None = None, reader: ImageReader | None = None) -> None:
        self._models, self._reader = models, reader

    def predict(self, picture: Given) -> T:
        """What is found. Raises what `image.given.seen_in` does."""
        analysis = self._analysis(self._models or shared_models())
        seen = seen_in(picture, [analysis], self._reader)
        return self._told(analysis.conclude(seen), damaged=seen.damaged)

    async def detect(self, picture: Given) -> T:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, picture)

    @abstractmethod
    def _analysis(self, models: Models) -> ImageAnalysis:
        """What is asked."""

    @abstractmethod
    def _told(self, answered: Answered, *, damaged: bool) -> T:
        """The answer in the form of this detector."""


class ImageObjectDetector(_Detector[Objects]):
    """Finds objects of 80 classes (COCO) with their boxes in pictures.

    >>> from socialflow.catalogue.upstream.handed import NoModels
    >>> import numpy as np
    >>> told = ImageObjectDetector(NoModels()).predict(np.zeros((48, 64, 3), np.uint8))
    >>> str(told["status"]), told["missing"]
    ('abstained', ['model:yolox-nano-coco'])
    """

    def _analysis(self, models: Models) -> ImageAnalysis:
        return ImageObjects(models)

    def _told(self, answered: Answered, *, damaged: bool) -> Objects:
        answer = answered.answer
        return Objects(
            objects=list(answer.get("objects", ())), counts=answer.get("counts", {}), **_frame(answered, damaged)
        )


class FaceDetector(_Detector[Faces]):
    """Finds faces in pictures, with landmarks and expressions; whose they are it does not tell.

    Parameters:
        models, reader: as those of `ImageObjectDetector`.
        expressions: whether to read them.

    >>> from socialflow.catalogue.upstream.handed import NoModels
    >>> import numpy as np
    >>> told = FaceDetector(NoModels(), expressions=False).predict(np.zeros((48, 64, 3), np.uint8))
    >>> told["count"], str(told["status"]), told["missing"]
    (0, 'partial', ['model:face-yunet'])
    """

    def __init__(
        self, models: Models | None = None, reader: ImageReader | None = None, *, expressions: bool = True
    ) -> None:
        super().__init__(models, reader)
        self._expressions = expressions

    def _analysis(self, models: Models) -> ImageAnalysis:
        return ImageFaces(models, expressions=self._expressions)

    def _told(self, answered: Answered, *, damaged: bool) -> Faces:
        faces = list(answered.answer["faces"])
        return Faces(faces=faces, count=len(faces), **_frame(answered, damaged))


class _Frame(TypedDict):
    status: Status
    missing: list[str]
    provenance: list[Provenance]


def _frame(answered: Answered, damaged: bool) -> _Frame:
    """What every answer says of itself."""
    status = Status.PARTIAL if damaged and answered.status is Status.COMPLETE else answered.status
    missing = [*answered.missing, *([DAMAGED] if damaged else ())]
    return _Frame(status=status, missing=missing, provenance=list(answered.provenance))
