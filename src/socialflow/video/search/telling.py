"""What analyses of a video tell, as events that can be searched."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from socialflow.kit.answers import Answered
from socialflow.video.analysis import Report
from socialflow.video.timeline import Event, EventKind

UNSURE = 0.5
"""How sure somebody's words are taken to be where the recogniser does not tell."""
MOSTLY = 0.5
"""Share of a video from which a tag holds for all of it."""
STRETCH = 1.0
"""Seconds of a tag that holds for less."""

Answer = Mapping[str, Any]


def events_of(report: Report) -> list[Event]:
    """Everything that was found, by analysis and time; what abstained tells nothing."""
    return [event for name, answer in _answers(report) if name in _TELLERS for event in _TELLERS[name](answer, report)]


def shots_of(report: Report) -> list[float]:
    """Seconds at which a shot begins, as far as they were looked for."""
    return [float(shot["start"]) for name, answer in _answers(report) if name == "scene" for shot in answer["shots"]]


def _answers(report: Report) -> Iterator[tuple[str, Answer]]:
    told: Mapping[str, Answered] = report.analyses
    return ((name, one.answer) for name, one in told.items() if one.answer)


def _objects(answer: Answer, report: Report) -> Iterator[Event]:  # noqa: ARG001
    for one in answer["tracks"]:
        yield Event(EventKind.OBJECT, one["first"], one["last"], one["label"], one["score"], one["id"])


def _tags(answer: Answer, report: Report) -> Iterator[Event]:
    for one in answer["tags"]:
        mostly = one["share"] >= MOSTLY
        start, end = (0.0, report.read.seconds) if mostly else (one["seconds"], one["seconds"] + STRETCH)
        yield Event(EventKind.SIGHT, start, min(end, report.read.seconds), one["tag"], one["confidence"])


def _text(answer: Answer, report: Report) -> Iterator[Event]:  # noqa: ARG001
    for one in answer["lines"]:
        yield Event(EventKind.TEXT, one["start"], one["end"], one["text"], one["score"])


def _speech(answer: Answer, report: Report) -> Iterator[Event]:  # noqa: ARG001
    sure = answer["confidence"]
    for one in answer["cues"]:
        yield Event(EventKind.SPEECH, one["start"], one["end"], one["text"], UNSURE if sure is None else sure)


def _sounds(answer: Answer, report: Report) -> Iterator[Event]:  # noqa: ARG001
    for one in answer["events"]:
        yield Event(EventKind.SOUND, one["start"], one["end"], one["label"], one["score"])


def _actions(answer: Answer, report: Report) -> Iterator[Event]:  # noqa: ARG001
    for one in answer["actions"]:
        yield Event(EventKind.ACTION, one["start"], one["end"], one["action"], one["confidence"])


_TELLERS: Mapping[str, Callable[[Answer, Report], Iterator[Event]]] = {
    "objects": _objects,
    "tags": _tags,
    "text": _text,
    "captions": _speech,
    "audio_events": _sounds,
    "actions": _actions,
}
"""By analysis."""
ASKED = ("scene", *_TELLERS)
"""Analyses that a video is looked at with to be searched."""
