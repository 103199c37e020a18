"""Pictures: light, black and frozen stretches, flicker and flashes, from the small luma of every frame."""

from typing import ClassVar

from socialflow.video.brightness import Brightness
from socialflow.video.observer import Needs, Observer
from socialflow.video.records import Finding, Luma, VideoInfo


class QualityObserver(Observer):
    """What is measured of pictures without a model."""

    name: ClassVar[str] = "quality"
    needs: ClassVar[Needs] = Needs(luma=True)

    def __init__(self) -> None:
        self._brightness: Brightness | None = None

    def begin(self, info: VideoInfo) -> None:
        """Learn in which range brightness is stored."""
        self._brightness = Brightness(full_range=info.full_range)

    def luma(self, number: int, seconds: float, luma: Luma) -> None:  # noqa: ARG002
        """Look at the light of a frame."""
        if self._brightness is not None:
            self._brightness.take(seconds, luma)

    def end(self) -> Finding:
        """Everything; nothing where there was no picture."""
        if self._brightness is None or not self._brightness.frames:
            return Finding({"frames": 0}, missing=("pictures",))
        return Finding(self._brightness.told())
