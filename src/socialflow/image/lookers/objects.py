"""Objects of a picture."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.detecting import LEAST, ObjectModel
from socialflow.image.looker import Looker
from socialflow.image.records import Picture
from socialflow.kit.findings import Finding


class ObjectLooker(Looker):
    """Finds objects with a handed model. The finding: `objects` [{label, score, box}], best first."""

    name: ClassVar[str] = "objects"

    def __init__(self, model: Handed, least: float = LEAST) -> None:
        self._model = ObjectModel(model, least)

    def look(self, picture: Picture) -> Finding:
        """What is in it."""
        return Finding({"objects": [one.told() for one in self._model.find(picture.colours)]})
