"""Objects and faces of a video, followed over time, as analyses of a pass."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypedDict

import numpy as np

from socialflow.catalogue.upstream.handed import handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.image.detecting import object_model
from socialflow.image.detections import Box, Place, counts
from socialflow.image.face_models import face_model
from socialflow.image.faces import CASCADE
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis, answered
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass

TRACKER = Provenance("tracker", "1", Tier.HEURISTIC)
"""What follows things from sample to sample."""


class Seen(TypedDict):
    """A box at some time."""

    seconds: float
    box: Place


class FollowedObject(TypedDict):
    """One thing over time: `id` counts from 1, `first` and `last` are seconds, `score` is how sure the model was of the
    label on the whole. In `boxes` are the samples in which it was seen; between them it may be hidden."""

    id: int
    label: str
    score: float
    first: float
    last: float
    boxes: list[Seen]


class Moment(TypedDict):
    """From `seconds` on, so many of each were seen at once."""

    seconds: float
    counts: Mapping[str, int]


class FollowedObjects(TypedDict):
    """What is in a video. `counts` is how many different ones of each label there were, `most` how many at once, and
    `timeline` where that changes. Where `status` is abstained there was nothing to look with, or at: see `missing`."""

    tracks: list[FollowedObject]
    counts: Mapping[str, int]
    most: Mapping[str, int]
    timeline: list[Moment]
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class ObjectAnalysis(Analysis):
    """Objects of 80 classes (COCO) with tracks that keep their number through short occlusion.

    The answer: `tracks`, `counts`, `most` and `timeline` as `FollowedObjects` has them. Without a model it abstains.
    """

    name: ClassVar[str] = "objects"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = object_model(models, still=False)

    @property
    def watches(self) -> Options:
        """The observer, with the model."""
        return {"objects": {"model": handed(self._model)}} if self._model else {}

    def conclude(self, seen: Pass) -> Answered:
        """What the observer followed."""
        if self._model is None:
            return Answered(Status.ABSTAINED, self._lacking, (), {})
        return _followed(seen.findings["objects"], self._lacking, provenance(self._model))


class FaceAnalysis(Analysis):
    """Faces over time; whose they are nobody asks. The answer is as that of `ObjectAnalysis`, all labels `face`.

    Without a model OpenCV's cascade finds what it can, and the answer is partial.
    """

    name: ClassVar[str] = "faces"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = face_model(models)

    @property
    def watches(self) -> Options:
        """The observer, with the model if one is at hand."""
        return {"faces": {"model": handed(self._model)} if self._model else {}}

    def conclude(self, seen: Pass) -> Answered:
        """What the observer followed."""
        made = provenance(self._model) if self._model else CASCADE
        return _followed(seen.findings["faces"], self._lacking, made)


class ObjectDetector:
    """Finds objects in videos, twice a second, and follows them.

    Parameters:
        models: those that others trained; None: those of this installation.
        reader: decodes in a bounded child; None: the one that all share.
    """

    def __init__(self, models: Models | None = None, reader: VideoReader | None = None) -> None:
        self._models, self._reader = models, reader

    def predict(self, path: Path | str, watching: Watching | None = None) -> FollowedObjects:
        """The objects of a file. Raises what `VideoReader.watch` does."""
        analysis = ObjectAnalysis(self._models or shared_models())
        seen = (self._reader or shared_reader()).watch(Path(path), analysis.watches, watching)
        told = answered(analysis, seen)
        return FollowedObjects(
            tracks=list(told.answer.get("tracks", ())),
            counts=told.answer.get("counts", {}),
            most=told.answer.get("most", {}),
            timeline=list(told.answer.get("timeline", ())),
            status=told.status,
            missing=list(told.missing),
            provenance=list(told.provenance),
        )

    async def detect(self, path: Path | str) -> FollowedObjects:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))


def _followed(found: Finding, lacking: tuple[str, ...], made: Provenance) -> Answered:
    missing = (*lacking, *found.missing)
    if found.missing:
        return Answered(Status.ABSTAINED, missing, (), {})
    tracks = tracks_of(found)
    timeline = timeline_of(tracks, found.body["seconds"])
    labels = sorted({label for moment in timeline for label in moment["counts"]})
    answer: dict[str, Any] = {
        "tracks": tracks,
        "counts": counts(track["label"] for track in tracks),
        "most": {label: max(moment["counts"].get(label, 0) for moment in timeline) for label in labels},
        "timeline": timeline,
    }
    return Answered(Status.PARTIAL if missing else Status.COMPLETE, missing, (made, TRACKER), answer)


def tracks_of(found: Finding) -> list[FollowedObject]:
    """The tracks of a finding of `Following`."""
    rows = found.arrays[0]
    starts = np.searchsorted(rows[:, 0], np.arange(1, len(found.body["tracks"])))
    parts = np.split(rows, starts) if len(rows) else []
    return [
        FollowedObject(
            id=number,
            label=track["label"],
            score=track["score"],
            first=round(float(part[0, 1]), 4),
            last=round(float(part[-1, 1]), 4),
            boxes=[Seen(seconds=round(float(row[1]), 4), box=Box(*row[2:]).place()) for row in part],
        )
        for number, (track, part) in enumerate(zip(found.body["tracks"], parts, strict=True), 1)
    ]


def timeline_of(tracks: Sequence[FollowedObject], looked: Sequence[float]) -> list[Moment]:
    """How many of each are there at once, from the first to the last sighting of each, wherever that changes."""
    moments: list[Moment] = []
    for seconds in looked:
        there = counts(track["label"] for track in tracks if track["first"] <= seconds <= track["last"])
        if not moments or moments[-1]["counts"] != there:
            moments.append(Moment(seconds=seconds, counts=there))
    return moments
