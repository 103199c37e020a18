"""Sentences about frames."""

from typing import Any, ClassVar

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.image.captioning import MODEL, Captioner
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer

MOST = 120
"""Frames that are described: a model that writes takes its time."""
LARGEST = 480


class SentenceObserver(Observer):
    """Says what is in a frame of every fifth second with a handed model, in `MOST` frames at most.

    The finding: `sentences` [{seconds, text, score}]; `missing` says "end" where there were more frames.
    """

    name: ClassVar[str] = "sentences"
    needs: ClassVar[Needs] = Needs(sampled=0.2)

    def __init__(self, model: Handed | None = None) -> None:
        self._captioner = None if model is None else Captioner(model)
        self._said: list[dict[str, Any]] = []
        self._more = False

    def frame(self, frame: Frame) -> None:
        """Describe a frame."""
        if self._captioner is None:
            return
        if len(self._said) >= MOST:
            self._more = True
            return
        said = self._captioner.say(frame.colours(LARGEST))
        self._said.append({"seconds": round(frame.seconds, 3), "text": said.text, "score": said.score})

    def end(self) -> Finding:
        """What was said."""
        missing = (LACKING + MODEL,) if self._captioner is None else ("end",) if self._more else ()
        return Finding({"sentences": self._said}, missing=missing)
