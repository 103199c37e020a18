"""What people do in a video, and when."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TypedDict

import numpy as np

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.records import Installed
from socialflow.image.detecting import object_model
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.handling import RULES, handled
from socialflow.video.joints import MODEL as POSE
from socialflow.video.objects import TRACKER, Seen, tracks_of
from socialflow.video.observers.actions import MODEL
from socialflow.video.people import PERSON
from socialflow.video.poses import ACTIONS, FEWEST, LIKELY, STEP, WINDOW, Floats, Joints, actions_in
from socialflow.video.records import Pass
from socialflow.video.smoothing import smoothed
from socialflow.video.tracking import SURE

LEAST = 0.2
"""Probability of a trained class from which it is told."""
TOUCH = 2e-3
"""Seconds between two stretches that touch, at most."""
_RULES = Provenance("pose_actions", "2", Tier.HEURISTIC)

Sighting = tuple[float, float, dict[str, float]]
"""From when to when, and scores by action."""


class Action(TypedDict):
    """An action between two seconds; `confidence` is the greatest of its stretch, 0 to 1."""

    action: str
    confidence: float
    start: float
    end: float


class Shown(Action):
    """An action that the picture as a whole shows, and the ids of the people who do it, none where nobody is told
    apart."""

    people: list[int]


class Person(TypedDict):
    """Somebody who was followed: `id` is that of the track among objects, `first` and `last` are seconds, `boxes` where
    they were seen, and `actions` what they do, none where that is not told."""

    id: int
    first: float
    last: float
    boxes: list[Seen]
    actions: list[Action]


class ActionAnalysis(Analysis):
    """What people do: `actions` [{action, confidence, start, end, people}] that the picture shows, in order of time,
    `people` [{id, first, last, boxes, actions}] of whom each is told by itself, and `classes`, how many are known.

    With the model of Kinetics-400 one of its 400 classes for each clip of a second, of the picture as a whole. Without
    it, by rules: nine postures and coarse movements of each person that a model of objects finds, over the joints that
    a model of poses finds, and what they do with things that are beside them. That is partial, and abstains where there
    is nobody (`person`), or nobody whose joints are seen (`joints`). Of more people than are asked about the tallest
    are told, and `people:rest` is missing; without a model of objects the most prominent alone.
    """

    name: ClassVar[str] = "actions"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = first_of(models, MODEL)
        self._pose, self._no_pose = (None, ()) if self._model else first_of(models, POSE)
        self._finder, self._no_finder = object_model(models, still=False) if self._pose else (None, ())

    @property
    def watches(self) -> Options:
        """The observer of the best model that is here."""
        if self._model is not None:
            return {"actions": {"model": handed(self._model)}}
        if self._pose is None:
            return {}
        finder = {"detector": handed(self._finder)} if self._finder else {}
        return {"pose": {"model": handed(self._pose), **finder}}

    def conclude(self, seen: Pass) -> Answered:
        """The actions; it abstains where nobody is seen or no model is here."""
        if self._model is not None:
            finding = seen.findings["actions"]
            told = [Shown(**one, people=[]) for one in localised(_clips(finding), LEAST)]
            status = Status.ABSTAINED if finding.missing else Status.COMPLETE
            answer = _answer(told, [], len(finding.body["labels"]))
            return Answered(status, finding.missing, (provenance(self._model),), answer)
        if self._pose is None:
            return Answered(Status.ABSTAINED, (*self._lacking, *self._no_pose), (), _answer([], [], 0))
        return self._by_rules(seen, self._pose)

    def _by_rules(self, seen: Pass, pose: Installed) -> Answered:
        finding = seen.findings["pose"]
        people = people_in(finding, max(seen.info.width, 1) / max(seen.info.height, 1))
        lacking = (*self._lacking, *self._no_finder, *finding.missing)
        lacking += ("people:rest",) if finding.body["crowded"] else ()
        followed = (provenance(self._finder), TRACKER) if self._finder else ()
        made = (_RULES, provenance(pose), *followed)
        enough = len(finding.arrays[1]) >= FEWEST or any(one["actions"] for one in people)
        if not enough:
            lacking += ("joints" if people else "person",)
        status = Status.PARTIAL if enough else Status.ABSTAINED
        return Answered(status, lacking, made, _answer(shown_by(people), people, len(ACTIONS) + len(RULES)))


def _answer(actions: list[Shown], people: list[Person], classes: int) -> dict[str, Any]:
    return {"actions": actions, "people": people, "classes": classes}


def people_in(finding: Finding, shape: float) -> list[Person]:
    """Everybody in a finding of `video.people`, with what they do; `shape` is the picture's width over its height."""
    tracks = tracks_of(finding)
    things = [one for one in tracks if one["label"] != PERSON]
    _, who, joints = finding.arrays
    scaled = joints.astype(np.float64) * (shape, 1.0, 1.0)
    people: list[Person] = []
    for place, track in enumerate(tracks):
        if track["label"] != PERSON:
            continue
        own = (who[:, 0] == place) & (who[:, 1] <= track["last"] + 1e-3)
        moves = localised(list(_windows(who[own, 1], scaled[own])), LIKELY)
        doing = localised(sorted(handled(track, things, shape), key=lambda one: one[:2]), SURE)
        actions = sorted((*moves, *doing), key=lambda one: (one["start"], one["action"]))
        people.append(
            Person(id=track["id"], first=track["first"], last=track["last"], boxes=track["boxes"], actions=actions)
        )
    return people


def shown_by(people: Sequence[Person]) -> list[Shown]:
    """What the picture as a whole shows: each action for as long as anybody goes on with it.

    >>> run = [Action(action="running", confidence=sure, start=at, end=at + 2) for sure, at in ((0.8, 0.0), (0.9, 1.0))]
    >>> people = [Person(id=n, first=0, last=3, boxes=[], actions=[one]) for n, one in enumerate(run, 1)]
    >>> shown_by(people)
    [{'action': 'running', 'confidence': 0.9, 'start': 0.0, 'end': 3.0, 'people': [1, 2]}]
    """
    found, going = list[Shown](), dict[str, Shown]()
    each = ((one, person["id"]) for person in people for one in person["actions"])
    for one, number in sorted(each, key=lambda pair: (pair[0]["start"], pair[0]["action"], pair[1])):
        before = going.get(one["action"])
        if before is None or before["end"] < one["start"] - TOUCH:
            before = going[one["action"]] = Shown(**one, people=[])
            found.append(before)
        before["confidence"] = max(before["confidence"], one["confidence"])
        before["end"] = max(before["end"], one["end"])
        before["people"] = sorted({*before["people"], number})
    return found


def localised(sightings: list[Sighting], least: float) -> list[Action]:
    """Actions whose score comes to `least`; sightings that touch are one.

    >>> localised([(0.0, 1.0, {"running": 0.8}), (1.0, 2.0, {"running": 0.9}), (2.0, 3.0, {"running": 0.1})], 0.5)
    [{'action': 'running', 'confidence': 0.9, 'start': 0.0, 'end': 2.0}]
    """
    found, going = list[Action](), dict[str, Action]()
    for start, end, scores in sightings:
        for name in [name for name, one in going.items() if one["end"] < start - TOUCH]:
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


def _windows(seconds: Floats, joints: Joints) -> Iterator[Sighting]:
    """What the rules say of windows of one person's joints; a window in which too little is seen has no scores."""
    if not len(seconds):
        return
    steady, first, last = smoothed(joints, seconds), float(seconds[0]), float(seconds[-1])
    for start in np.arange(first, max(last - WINDOW / 2, first + STEP / 2), STEP):
        within = (seconds >= start - 1e-6) & (seconds < start + WINDOW)
        yield float(start), float(min(start + WINDOW, last)), dict(actions_in(steady[within]))
