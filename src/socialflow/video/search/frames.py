"""Frames of a video as vectors that words are compared with, as one of the analyses of a pass."""

from base64 import b64decode, b64encode
from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.clip import MODEL, space_of
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status
from socialflow.video.analysis import Analysis, Report
from socialflow.video.records import Pass
from socialflow.video.search.records import Floats, Frames, Stretch


class FrameAnalysis(Analysis):
    """Vectors of frames: the name of their `space`, the `seconds` of each and its numbers as little-endian halves one
    after another, in base64 (`vectors`), `width` of them a frame.

    For the search of videos, which asks it beside what it asks by name: nobody else can read vectors.
    """

    name: ClassVar[str] = "frames"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = first_of(models, MODEL)

    @property
    def watches(self) -> Options:
        """The observer, with the model; nobody where it is not here."""
        return {"frames": {"model": handed(self._model)}} if self._model else {}

    def conclude(self, seen: Pass) -> Answered:
        """The vectors; it abstains where there are no pictures or no model."""
        if self._model is None:
            return Answered(Status.ABSTAINED, self._lacking, (), {})
        finding = seen.findings["frames"]
        seconds, rows = finding.arrays
        answer = {
            "space": space_of(self._model),
            "seconds": seconds.round(4).tolist(),
            "width": rows.shape[1],
            "vectors": b64encode(rows.astype("<f2").tobytes()).decode(),
        }
        status = Status.ABSTAINED if finding.missing else Status.COMPLETE
        return Answered(status, finding.missing, (provenance(self._model),), answer)


def frames_of(report: Report, shots: Sequence[float]) -> tuple[Frames, Floats | None]:
    """What a report tells of frames, as stretches between them and the seconds at which a shot begins, and their
    vectors (frames, width); none where nobody looked."""
    told = report.analyses.get(FrameAnalysis.name)
    if told is None or not told.answer.get("seconds"):
        return Frames(), None
    rows = np.frombuffer(b64decode(told.answer["vectors"]), "<f2").astype(np.float32)
    spans = stretches(told.answer["seconds"], shots, report.read.seconds)
    return Frames(str(told.answer["space"]), spans), rows.reshape(len(spans), int(told.answer["width"]))


def stretches(seconds: Sequence[float], shots: Sequence[float], length: float) -> tuple[Stretch, ...]:
    """What each frame stands for: from itself to the next one, the first of a shot from where the shot begins, the last
    of one to where it ends.

    >>> [(one.start, one.end, one.begins) for one in stretches([0.0, 4.0, 5.5], [0.0, 5.0], 7.0)]
    [(0.0, 4.0, True), (4.0, 5.0, False), (5.0, 7.0, True)]
    """
    borders = sorted({0.0, *(at for at in shots if 0.0 < at < length)})
    found: list[Stretch] = []
    for place, at in enumerate(seconds):
        later = bisect_right(borders, at)
        shot, after = borders[later - 1], borders[later] if later < len(borders) else max(length, at)
        begins = place == 0 or shot > seconds[place - 1]
        end = min(after, seconds[place + 1]) if place + 1 < len(seconds) else after
        found.append(Stretch(round(shot if begins else at, 3), round(end, 3), begins))
    return tuple(found)
