"""Faces over time."""

from collections.abc import Sequence
from typing import ClassVar

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.detections import Detection
from socialflow.image.face_models import opened
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.following import Following
from socialflow.video.observer import Frame, Needs, Observer


class FaceObserver(Observer):
    """Finds faces once a second, with a handed model or OpenCV's cascade, and follows them; whose they are it does not
    tell.

    The finding is that of `Following`.
    """

    name: ClassVar[str] = "faces"
    needs: ClassVar[Needs] = Needs(sampled=1.0)

    def __init__(self, model: Handed | None = None) -> None:
        self._model = opened(model)
        self._following = Following("faces", self._found)

    def frame(self, frame: Frame) -> None:
        """Look at a frame."""
        self._following.look(frame)

    def end(self) -> Finding:
        """The tracks."""
        return self._following.finding()

    def _found(self, colours: Colours) -> Sequence[Detection]:
        return [Detection("face", face.score, face.box) for face in self._model.find(colours)]
