"""What people do in a video, by itself."""

from pathlib import Path
from typing import TypedDict

from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.kit.answers import Provenance, Status
from socialflow.video.actions import ActionAnalysis, Person, Shown
from socialflow.video.analysis import answered
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader


class Actions(TypedDict):
    """`actions` are what the picture as a whole shows, in order of time; `people` who was followed, and what each does
    (none with the model of Kinetics-400, which looks at the whole). `classes` is how many actions are known: 400 with
    that model, 21 without. `missing` names that model and the one that finds people; `person` or `joints` where nobody
    was seen or not clearly enough, `people:rest` where there were more than are asked about, and `video:...` where the
    file breaks off."""

    actions: list[Shown]
    people: list[Person]
    classes: int
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class ActionRecognizer:
    """Recognises what each person does, and between which seconds (see `socialflow.video.actions.ActionAnalysis`).

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
            people=told.answer["people"],
            classes=told.answer["classes"],
            status=told.status,
            missing=list(told.missing),
            provenance=list(told.provenance),
        )

    async def detect(self, path: Path | str) -> Actions:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))
