"""Objects over time."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.detecting import ObjectModel
from socialflow.kit.findings import Finding
from socialflow.video.following import Following
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.tracking import SURE


class ObjectObserver(Observer):
    """Finds objects twice a second with a handed model, and follows them.

    The finding is that of `Following`.
    """

    name: ClassVar[str] = "objects"
    needs: ClassVar[Needs] = Needs(sampled=2.0)

    def __init__(self, model: Handed) -> None:
        self._following = Following(ObjectModel(model, SURE / 2).find)

    def frame(self, frame: Frame) -> None:
        """Look at a frame."""
        self._following.look(frame)

    def end(self) -> Finding:
        """The tracks."""
        return self._following.finding()
