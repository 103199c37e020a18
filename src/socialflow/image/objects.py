"""Objects of a picture, as one of the analyses of a look."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.detecting import object_model
from socialflow.image.detections import counts
from socialflow.image.reader import Seen
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status


class ImageObjects(ImageAnalysis):
    """Objects of 80 classes (COCO) with their boxes.

    The answer: `objects` [{label, score, box {left, top, right, bottom}}], best first, and `counts` {label: how many}.
    Without a model it abstains and names the usual one; with the second choice it is partial and names it too.
    """

    name: ClassVar[str] = "objects"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = object_model(models, still=True)

    @property
    def watches(self) -> Options:
        """The looker, with the model."""
        return {"objects": {"model": handed(self._model)}} if self._model else {}

    def conclude(self, seen: Seen) -> Answered:
        """What the looker found."""
        if self._model is None:
            return Answered(Status.ABSTAINED, self._lacking, (), {})
        found = seen.findings["objects"].body["objects"]
        answer = {"objects": found, "counts": counts(one["label"] for one in found)}
        status = Status.PARTIAL if self._lacking else Status.COMPLETE
        return Answered(status, self._lacking, (provenance(self._model),), answer)
