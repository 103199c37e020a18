"""Tags of a picture, as one of the analyses of a look."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.clip import MODEL as CLIP
from socialflow.image.reader import Seen
from socialflow.image.tagging import CLASSES, merged, object_tags
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status

MOST = 20
"""Tags of one answer."""


class TagAnalysis(ImageAnalysis):
    """What a picture is of: `tags` [{tag, confidence, source}], the surest first.

    Tags come from a model of the thousand ImageNet classes and groups of them; from CLIP, where it is here, about words
    that people tag with; and from the objects, where `objects` are asked with them.
    """

    name: ClassVar[str] = "tags"

    def __init__(self, models: Models) -> None:
        self._classes, lacking = first_of(models, *CLASSES)
        self._clip, no_clip = first_of(models, CLIP)
        self._lacking = (*(lacking[:1] if self._classes is None else ()), *no_clip)

    @property
    def watches(self) -> Options:
        """The looker, with the models that are here."""
        found = {"classes": self._classes, "clip": self._clip}
        options = {name: handed(model) for name, model in found.items() if model is not None}
        return {"tags": options} if options else {}

    def conclude(self, seen: Seen) -> Answered:
        """What they say together; it abstains where none is here."""
        models = [model for model in (self._classes, self._clip) if model is not None]
        if not models:
            return Answered(Status.ABSTAINED, self._lacking, (), {"tags": []})
        objects = seen.findings["objects"].body["objects"] if "objects" in seen.findings else ()
        tags = merged([*seen.findings["tags"].body["tags"], *object_tags(objects)], MOST)
        status = Status.PARTIAL if self._lacking else Status.COMPLETE
        return Answered(status, self._lacking, tuple(provenance(model) for model in models), {"tags": tags})
