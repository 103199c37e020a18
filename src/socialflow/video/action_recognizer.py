"""What people do in a video, by itself."""

from pathlib import Path
from typing import TypedDict

from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.kit.answers import Provenance, Status
from socialflow.video.actions import Action, ActionAnalysis
from socialflow.video.analysis import answered
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader


class Actions(TypedDict):
    """Actions in order of time. `classes` is how many are known: 400 with the model of Kinetics-400, nine without.
    `missing` names that model, `person` where nobody was seen, and `video:...` where the file breaks off."""

    actions: list[Action]
    classes: int
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class ActionRecognizer:
    """Recognises what people do and between which seconds (see `socialflow.video.actions.ActionAnalysis`).

    Parameters:
        models: those that others trained; None: those of this installation.
        reader: decodes in a bounded child; None: the one that all share.
    """

    def __init__(self, models: Models | None = None, reader: VideoReader | None = None) -> None:
        self._models, self._reader = models, reader

    def predict(self, path: Path | str, watching: Watching | None = None) -> Actions:
        """The actions of a file. Raises what `VideoReader.watch` does."""
        analysis = ActionAnalysis(self._models or shared_models())
        seen = (self._reader or shared_reader()).watch(Path(path), analysis.watches, watching)
        told = answered(analysis, seen)
        return Actions(
            actions=told.answer["actions"],
            classes=told.answer["classes"],
            status=told.status,
            missing=list(told.missing),
            provenance=list(told.provenance),
        )

    async def detect(self, path: Path | str) -> Actions:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))
