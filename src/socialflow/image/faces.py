"""Faces of a picture, as one of the analyses of a look."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.expressions import EXPRESSIONS
from socialflow.image.face_models import face_model
from socialflow.image.reader import Seen
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier

CASCADE = Provenance("opencv_frontal_faces", "1", Tier.HEURISTIC)
"""What finds faces where no model is at hand."""


class ImageFaces(ImageAnalysis):
    """Faces with their landmarks, and what expression each shows.

    The answer: `count` and `faces` [{score, box {left, top, right, bottom}, landmarks {right_eye, left_eye, nose,
    mouth_right, mouth_left: {x, y}} or None, expression {label, score, scores} or None}], best first. Whose face it is
    nobody asks. Without a model OpenCV's cascade finds what it can, and the answer is partial.
    """

    name: ClassVar[str] = "faces"

    def __init__(self, models: Models, *, expressions: bool = True) -> None:
        self._model, lacking = face_model(models)
        self._expressions, more = first_of(models, EXPRESSIONS) if expressions else (None, ())
        self._lacking = (*lacking, *more)

    @property
    def watches(self) -> Options:
        """The looker, with the models that are at hand."""
        parts = {"model": self._model, "expressions": self._expressions}
        return {"faces": {name: handed(part) for name, part in parts.items() if part is not None}}

    def conclude(self, seen: Seen) -> Answered:
        """What the looker found."""
        faces = seen.findings["faces"].body["faces"]
        made = [CASCADE if self._model is None else provenance(self._model)]
        if self._expressions is not None:
            made.append(provenance(self._expressions))
        status = Status.PARTIAL if self._lacking else Status.COMPLETE
        return Answered(status, self._lacking, tuple(made), {"count": len(faces), "faces": faces})
