"""What people do with things, by rules over the boxes of both: nothing looks at the doing itself.

A thing that is ridden lies under the person, one that is played with is in reach and goes its own way, one that is
swung is at hand. What else people do with things boxes do not tell.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.video.objects import FollowedObject

REACH = 0.35
"""Gap between person and thing, in heights of the person, up to which it is in reach."""
OWN_WAY = 0.15
"""Way of a thing from look to look beside the person's, in heights of the person, from which it goes its own way."""
WITHIN = 0.5
"""Share of a thing's box that lies in the person's from which it is at hand."""
APART = 0.75
"""Seconds between two looks that follow each other at most."""
_LEAST = 2
"""Looks one after the other in which it holds at least."""

Box = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """A person and a thing in one look, and in the one before it (None: not both seen). Boxes are left, top, right,
    bottom in heights of the person."""

    person: Box
    thing: Box
    before: "Pair | None" = None


def _astride(pair: Pair) -> bool:
    """The feet are off the ground that the thing stands on, and the middle of the person is over it."""
    foot, thing = pair.person[3], pair.thing
    middle = (pair.person[0] + pair.person[2]) / 2
    tall = thing[3] - thing[1]
    return bool(thing[0] <= middle <= thing[2] and thing[1] <= foot <= thing[3] - 0.05 * tall)


def _upon(pair: Pair) -> bool:
    """The feet are at the height of the thing, and it is under the person."""
    middle = (pair.thing[0] + pair.thing[2]) / 2
    across = pair.person[0] - 0.2 <= middle <= pair.person[2] + 0.2
    return bool(across and pair.thing[1] - 0.1 <= pair.person[3] <= pair.thing[3] + 0.1)


def _plays(pair: Pair) -> bool:
    """In reach, and moving by itself."""
    if pair.before is None:
        return False
    gaps = np.maximum(pair.thing[:2] - pair.person[2:], pair.person[:2] - pair.thing[2:]).clip(0)
    ours, theirs = (_middle(now) - _middle(then) for now, then in _both(pair, pair.before))
    return bool(np.linalg.norm(gaps) <= REACH and np.linalg.norm(theirs - ours) >= OWN_WAY)


def _swings(pair: Pair) -> bool:
    """At hand."""
    shared = np.minimum(pair.person[2:], pair.thing[2:]) - np.maximum(pair.person[:2], pair.thing[:2])
    size = (pair.thing[2:] - pair.thing[:2]).prod()
    return bool(shared.clip(0).prod() >= WITHIN * size > 0)


RULES: Mapping[str, tuple[str, Callable[[Pair], bool]]] = {
    "baseball bat": ("playing baseball", _swings),
    "bicycle": ("cycling", _astride),
    "dog": ("playing with a dog", _plays),
    "frisbee": ("playing with a frisbee", _plays),
    "horse": ("riding a horse", _astride),
    "motorcycle": ("riding a motorcycle", _astride),
    "skateboard": ("skateboarding", _upon),
    "skis": ("skiing", _upon),
    "snowboard": ("snowboarding", _upon),
    "sports ball": ("playing with a ball", _plays),
    "surfboard": ("surfing", _upon),
    "tennis racket": ("playing tennis", _swings),
}
"""Things of COCO -> what is done with them, and when that holds."""


def handled(
    person: FollowedObject, things: Sequence[FollowedObject], shape: float
) -> Iterator[tuple[float, float, dict[str, float]]]:
    """What a person does with things: from when to when, and scores by action, a thing's score being its track's.

    `shape` is the width of the picture as a multiple of its height.
    """
    for thing in things:
        if thing["label"] not in RULES:
            continue
        action, holds = RULES[thing["label"]]
        run: list[float] = []
        for seconds, pair in _pairs(person, thing, shape):
            if run and (seconds - run[-1] > APART or not holds(pair)):
                yield from _told(run, action, thing["score"])
                run = []
            if holds(pair):
                run.append(seconds)
        yield from _told(run, action, thing["score"])


def _told(run: Sequence[float], action: str, score: float) -> Iterator[tuple[float, float, dict[str, float]]]:
    if len(run) >= _LEAST:
        yield run[0], run[-1], {action: score}


def _pairs(person: FollowedObject, thing: FollowedObject, shape: float) -> Iterator[tuple[float, Pair]]:
    """Looks in which both were seen."""
    there = {seen["seconds"]: seen["box"] for seen in thing["boxes"]}
    before, at = None, -np.inf
    for seen in person["boxes"]:
        if (other := there.get(seen["seconds"])) is None:
            continue
        tall = max(seen["box"]["bottom"] - seen["box"]["top"], 1e-6)
        ours, theirs = (
            np.array([box["left"] * shape, box["top"], box["right"] * shape, box["bottom"]]) / tall
            for box in (seen["box"], other)
        )
        near = before if seen["seconds"] - at <= APART else None
        yield seen["seconds"], Pair(ours, theirs, near)
        before, at = Pair(ours, theirs), seen["seconds"]


def _both(pair: Pair, before: Pair) -> tuple[tuple[Box, Box], tuple[Box, Box]]:
    return (pair.person, before.person), (pair.thing, before.thing)


def _middle(box: Box) -> Box:
    middle: Box = (box[:2] + box[2:]) / 2
    return middle
