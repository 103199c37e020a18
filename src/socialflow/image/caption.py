"""A sentence about a picture, as one of the analyses of a look."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.captioning import MODEL
from socialflow.image.reader import Seen
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status


class CaptionAnalysis(ImageAnalysis):
    """What a model says of a picture.

    The answer: `text` and `score`, 0 to 1. Without the model it abstains, and names it.
    """

    name: ClassVar[str] = "caption"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = first_of(models, MODEL)

    @property
    def watches(self) -> Options:
        """The looker, with the model."""
        return {"caption": {"model": handed(self._model)}} if self._model else {}

    def conclude(self, seen: Seen) -> Answered:
        """What the looker says."""
        if self._model is None:
            return Answered(Status.ABSTAINED, self._lacking, (), {})
        return Answered(Status.COMPLETE, (), (provenance(self._model),), seen.findings["caption"].body)
