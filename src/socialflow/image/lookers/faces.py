"""Faces of a picture."""

from itertools import zip_longest
from typing import ClassVar

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.expressions import ExpressionModel
from socialflow.image.face_models import opened
from socialflow.image.looker import Looker
from socialflow.image.records import Picture
from socialflow.kit.findings import Finding


class FaceLooker(Looker):
    """Finds faces with a handed model, or OpenCV's cascade where there is none, and reads expressions with another.

    The finding: `faces` [{score, box, landmarks, expression}], best first; `landmarks` and `expression` are None where
    the model tells none.
    """

    name: ClassVar[str] = "faces"

    def __init__(self, model: Handed | None = None, expressions: Handed | None = None) -> None:
        self._model = opened(model)
        self._expressions = None if expressions is None else ExpressionModel(expressions)

    def look(self, picture: Picture) -> Finding:
        """What faces are in it."""
        faces = self._model.find(picture.colours)
        read = self._expressions.read(picture.colours, [face.box for face in faces]) if self._expressions else ()
        told = [{**face.told(), "expression": one} for face, one in zip_longest(faces, read)]
        return Finding({"faces": told})
