"""Objects over time."""

from typing import ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.image.detecting import USUAL
from socialflow.kit.findings import Finding
from socialflow.video.following import LOOKS, objects_followed
from socialflow.video.observer import Frame, Needs, Observer


class ObjectObserver(Observer):
    """Finds objects twice a second with a handed model, and follows them.

    The finding is that of `Following`; without a model nothing is looked at, and `missing` says so.
    """

    name: ClassVar[str] = "objects"
    needs: ClassVar[Needs] = Needs(sampled=LOOKS)

    def __init__(self, model: Handed | None = None) -> None:
        self._following = None if model is None else objects_followed(model)

    def frame(self, frame: Frame) -> None:
        """Look at a frame."""
        if self._following is not None:
            self._following.look(frame)

    def end(self) -> Finding:
        """The tracks."""
        if self._following is None:
            return Finding({"tracks": [], "seconds": []}, (np.zeros((0, 6)),), (LACKING + USUAL,))
        return self._following.finding()
