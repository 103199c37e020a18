"""From what analyses answered to one list of what happens."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from socialflow.image.tagging import class_tags
from socialflow.kit.answers import Answered, Status
from socialflow.video.records import Pass
from socialflow.video.timeline import Event, EventKind, Placed, in_order

Answer = Mapping[str, Any]


def events_of(seen: Pass, answers: Mapping[str, Answered]) -> list[Event]:
    """What some analyses of a pass tell of, in order of time; analyses of other questions tell nothing here."""
    found = (
        event
        for name, one in answers.items()
        if name in _TELLERS and one.status is not Status.ABSTAINED
        for event in _TELLERS[name](seen, one.answer)
    )
    return in_order(list(found))


def _scenes(_: Pass, answer: Answer) -> Iterator[Event]:
    for one in answer["scenes"]:
        yield Event(EventKind.SCENE, one["start"], one["end"], one["scene_class"], one["confidence"])


def _objects(_: Pass, answer: Answer) -> Iterator[Event]:
    for one in answer["tracks"]:
        yield _followed(EventKind.OBJECT, one["label"], one)


def _faces(_: Pass, answer: Answer) -> Iterator[Event]:
    for one in answer["tracks"]:
        yield _followed(EventKind.FACE, one.get("expression") or "face", one)


def _followed(kind: EventKind, label: str, one: Answer) -> Event:
    places = tuple(
        Placed(at["seconds"], *(at["box"][side] for side in ("left", "top", "right", "bottom"))) for at in one["boxes"]
    )
    return Event(kind, one["first"], one["last"], label, one["score"], one["id"], places)


def _text(_: Pass, answer: Answer) -> Iterator[Event]:
    for one in answer["lines"]:
        yield Event(EventKind.TEXT, one["start"], one["end"], one["text"], one["score"])


def _speech(_: Pass, answer: Answer) -> Iterator[Event]:
    sure = answer.get("confidence")
    for one in answer["cues"]:
        yield Event(
            EventKind.SPEECH, one["start"], one["end"], " ".join(one["text"].split()), 1.0 if sure is None else sure
        )


def _sounds(_: Pass, answer: Answer) -> Iterator[Event]:
    for one in answer["events"]:
        yield Event(EventKind.SOUND, one["start"], one["end"], one["label"], one["score"])


def _sights(seen: Pass, answer: Answer) -> Iterator[Event]:
    """Each tag for as long as it comes up stretch after stretch, as sure as it was at its surest."""
    del answer  # which has each tag once, where it was surest
    finding = seen.findings["tags"]
    stretch, labels, source = (finding.body[name] for name in ("stretch", "labels", "model"))
    open_: dict[str, Event] = {}
    for place, row in enumerate(finding.arrays[0]):
        start, end = place * stretch, (place + 1) * stretch
        told = {tag["tag"]: tag["confidence"] for tag in class_tags(row, labels, source)}
        yield from (open_.pop(name) for name in list(open_) if name not in told)
        for name, score in told.items():
            before = open_.get(name)
            since, best = (before.start, max(before.score, score)) if before else (start, score)
            open_[name] = Event(EventKind.SIGHT, since, end, name, best)
    yield from open_.values()


def _actions(_: Pass, answer: Answer) -> Iterator[Event]:
    """Those of each person, whose track is the same among objects; else those of nobody in particular."""
    whose: list[tuple[Answer, int | None]] = [
        (one, person["id"]) for person in answer["people"] for one in person["actions"]
    ]
    for one, track in whose or [(one, None) for one in answer["actions"]]:
        yield Event(EventKind.ACTION, one["start"], one["end"], one["action"], one["confidence"], track)


_TELLERS: Mapping[str, Callable[[Pass, Answer], Iterator[Event]]] = {
    "scene": _scenes,
    "objects": _objects,
    "faces": _faces,
    "text": _text,
    "captions": _speech,
    "audio_events": _sounds,
    "tags": _sights,
    "actions": _actions,
}
"""Who tells of events, by the analysis."""
