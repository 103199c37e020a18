"""What people do in a video, and when."""

from collections.abc import Iterator
from typing import Any, ClassVar, TypedDict

import numpy as np

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.observers.actions import MODEL
from socialflow.video.observers.pose import MODEL as POSE
from socialflow.video.poses import ACTIONS, FEWEST, LIKELY, STEP, WINDOW, actions_in
from socialflow.video.records import Pass

LEAST = 0.2
"""Probability of a trained class from which it is told."""
_RULES = Provenance("pose_actions", "1", Tier.HEURISTIC)

Sighting = tuple[float, float, dict[str, float]]
"""From when to when, and scores by action."""


class Action(TypedDict):
    """An action between two seconds; `confidence` is the greatest of its stretch, 0 to 1."""

    action: str
    confidence: float
    start: float
    end: float


class ActionAnalysis(Analysis):
    """What people do: `actions` [{action, confidence, start, end}] in order of time and `classes`, how many are known.

    With the model of Kinetics-400 one of its 400 classes for each clip of a second. Without it, nine postures and
    coarse movements of the most prominent person, by rules over the joints that a model of poses finds: that is
    partial, and abstains where there is nobody.
    """

    name: ClassVar[str] = "actions"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = first_of(models, MODEL)
        self._pose, self._no_pose = (None, ()) if self._model else first_of(models, POSE)

    @property
    def watches(self) -> Options:
        """The observer of the best model that is here."""
        if self._model is not None:
            return {"actions": {"model": handed(self._model)}}
        return {"pose": {"model": handed(self._pose)}} if self._pose else {}

    def conclude(self, seen: Pass) -> Answered:
        """The actions; it abstains where nobody is seen or no model is here."""
        if self._model is not None:
            finding = seen.findings["actions"]
            told = _told(_clips(finding), LEAST, len(finding.body["labels"]))
            status = Status.ABSTAINED if finding.missing else Status.COMPLETE
            return Answered(status, finding.missing, (provenance(self._model),), told)
        nothing = {"actions": [], "classes": 0}
        if self._pose is None:
            return Answered(Status.ABSTAINED, (*self._lacking, *self._no_pose), (), nothing)
        finding = seen.findings["pose"]
        lacking = (*self._lacking, *finding.missing)
        made = (_RULES, provenance(self._pose))
        if finding.body["present"] < FEWEST:
            return Answered(Status.ABSTAINED, (*lacking, "person"), made, nothing)
        sightings = list(_windows(finding, seen.info.width, seen.info.height))
        return Answered(Status.PARTIAL, lacking, made, _told(sightings, LIKELY, len(ACTIONS)))


def _told(sightings: list[Sighting], least: float, classes: int) -> dict[str, Any]:
    return {"actions": localised(sightings, least), "classes": classes}


def localised(sightings: list[Sighting], least: float) -> list[Action]:
    """Actions whose score comes to `least`; sightings that touch are one.

    >>> localised([(0.0, 1.0, {"running": 0.8}), (1.0, 2.0, {"running": 0.9}), (2.0, 3.0, {"running": 0.1})], 0.5)
    [{'action': 'running', 'confidence': 0.9, 'start': 0.0, 'end': 2.0}]
    """
    found, going = list[Action](), dict[str, Action]()
    for start, end, scores in sightings:
        for name in [name for name, one in going.items() if one["end"] < start - 2e-3]:
            del going[name]
        for name, score in scores.items():
            if score < least:
                continue
            if name not in going:
                going[name] = Action(action=name, confidence=score, start=round(start, 3), end=round(end, 3))
                found.append(going[name])
            one = going[name]
            one["confidence"], one["end"] = max(one["confidence"], score), round(end, 3)
    return sorted(found, key=lambda one: (one["start"], one["action"]))


def _clips(finding: Finding) -> list[Sighting]:
    times, rows = finding.arrays
    labels = finding.body["labels"]
    return [
        (float(start), float(end), {labels[place]: round(float(row[place]), 4) for place in np.argsort(-row)[:5]})
        for (start, end), row in zip(times, rows, strict=True)
    ]


def _windows(finding: Finding, width: int, height: int) -> Iterator[Sighting]:
    """What the rules say of windows; a window in which nobody is has no scores."""
    seconds, joints = finding.arrays
    scaled = joints.astype(np.float64) * (max(width, 1) / max(height, 1), 1.0, 1.0)
    last = float(seconds[-1])
    for start in np.arange(0.0, max(last - WINDOW / 2, STEP / 2), STEP):
        within = (seconds >= start - 1e-6) & (seconds < start + WINDOW)
        yield float(start), float(min(start + WINDOW, last)), dict(actions_in(scaled[within]))
