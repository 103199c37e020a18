"""What things in a video have to do with each other, as far as boxes over time tell.

No model looks at what people do with things: nearness, and moving together, are measured, and nothing else is claimed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
import numpy.typing as npt

from socialflow.video.timeline import Event, EventKind, Placed

PERSON = "person"
NEAR = 0.25
"""Gap between two boxes, in widths of the person, up to which a thing is near."""
INSIDE = 0.5
"""Share of a thing's box that lies in the person's from which it is at hand."""
MOVED = 0.05
"""Way of a thing, as a share of the picture's side, below which it stands still."""
ALONG = 0.7
"""Likeness of two ways (cosine of their steps) from which things move together."""
OFTEN = 0.5
"""Share of the looks at both in which a relation holds from which it is told."""
_LEAST = 2
"""Looks at both that are needed."""
Boxes = npt.NDArray[np.float64]


class RelationKind(StrEnum):
    """How a person and a thing are to each other, the closest first."""

    CARRIES = "moves_with"
    """At hand, and both go the same way."""
    HOLDS = "at_hand"
    """Most of the thing is within the person's outline."""
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Relation:
    """`subject` (a track of a person) and `thing` are in this relation between two times; `action` is what the person
    does meanwhile, where an action was found. `score`: share of the looks at both in which it holds."""

    subject: int
    thing: str
    thing_track: int
    kind: RelationKind
    start: float
    end: float
    score: float
    action: str | None = None


def relations(events: Sequence[Event]) -> list[Relation]:
    """Of every person to every thing that was seen beside them: the closest that holds in most of the looks."""
    followed = [one for one in events if one.kind is EventKind.OBJECT and one.track is not None and one.places]
    people = [one for one in followed if one.label == PERSON]
    things = [one for one in followed if one.label != PERSON]
    actions = [one for one in events if one.kind is EventKind.ACTION]
    found = (_relation(person, thing, actions) for person, thing in product(people, things))
    return sorted((one for one in found if one), key=lambda one: (one.start, one.subject, one.thing_track))


def _relation(person: Event, thing: Event, actions: Sequence[Event]) -> Relation | None:
    pairs = list(_together(person.places, thing.places))
    if len(pairs) < _LEAST:
        return None
    ours, theirs = (_boxes([pair[side] for pair in pairs]) for side in (0, 1))
    held = _shared(ours, theirs) >= INSIDE
    near = held | (_gap(ours, theirs) <= NEAR * (ours[:, 2] - ours[:, 0]))
    if near.mean() < OFTEN:
        return None
    close = held.mean() >= OFTEN
    kind = RelationKind.NEAR
    if close:
        kind = RelationKind.CARRIES if _along(ours, theirs) else RelationKind.HOLDS
    holds = held if close else near
    times = np.array([pair[0].seconds for pair in pairs])[holds]
    start, end = float(times[0]), float(times[-1])
    return Relation(
        subject=person.track or 0,
        thing=thing.label,
        thing_track=thing.track or 0,
        kind=kind,
        start=start,
        end=end,
        score=round(float(holds.mean()), 4),
        action=_meanwhile(actions, person.track, start, end),
    )


def _together(ours: Sequence[Placed], theirs: Sequence[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """Looks at which both were seen."""
    there = {round(one.seconds, 3): one for one in theirs}
    for one in ours:
        other = there.get(round(one.seconds, 3))
        if other is not None:
            yield one, other


def _boxes(places: Sequence[Placed]) -> Boxes:
    return np.array([(one.left, one.top, one.right, one.bottom) for one in places], np.float64)


def _shared(ours: Boxes, theirs: Boxes) -> npt.NDArray[np.float64]:
    """Share of their boxes that lies in ours."""
    across = np.minimum(ours[:, 2], theirs[:, 2]) - np.maximum(ours[:, 0], theirs[:, 0])
    down = np.minimum(ours[:, 3], theirs[:, 3]) - np.maximum(ours[:, 1], theirs[:, 1])
    size = (theirs[:, 2] - theirs[:, 0]) * (theirs[:, 3] - theirs[:, 1])
    shares: npt.NDArray[np.float64] = across.clip(0) * down.clip(0) / np.maximum(size, 1e-9)
    return shares


def _gap(ours: Boxes, theirs: Boxes) -> npt.NDArray[np.float64]:
    """Way from one box to the other, 0 where they meet."""
    across = np.maximum(ours[:, 0] - theirs[:, 2], theirs[:, 0] - ours[:, 2]).clip(0)
    down = np.maximum(ours[:, 1] - theirs[:, 3], theirs[:, 1] - ours[:, 3]).clip(0)
    gaps: npt.NDArray[np.float64] = np.hypot(across, down)
    return gaps


def _along(ours: Boxes, theirs: Boxes) -> bool:
    """Whether both go somewhere, and the same way."""
    steps = [np.diff((boxes[:, :2] + boxes[:, 2:]) / 2, axis=0).ravel() for boxes in (ours, theirs)]
    ways = [float(np.linalg.norm(one)) for one in steps]
    if min(ways) < MOVED:
        return False
    return float(steps[0] @ steps[1]) / (ways[0] * ways[1]) >= ALONG


def _meanwhile(actions: Sequence[Event], track: int | None, start: float, end: float) -> str | None:
    """The surest action of a person that goes on at that time; actions of nobody in particular count for all."""
    during = [one for one in actions if one.start <= end and one.end >= start and one.track in (None, track)]
    return max(during, key=lambda one: one.score).label if during else None
