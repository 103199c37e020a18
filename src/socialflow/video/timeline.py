"""What happens in a video, and when: what analyses found, in one list of one shape."""

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """What kind of thing is at some time in a video."""

    SCENE = "scene"
    OBJECT = "object"
    FACE = "face"
    ACTION = "action"
    SIGHT = "sight"
    """A tag of what the whole picture shows."""
    TEXT = "text"
    """Words on screen."""
    SPEECH = "speech"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where something is at some second: fractions of the picture as it is shown, from its left and its top."""

    seconds: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something between two times, seconds from the first frame.

    `label` is what it is: a class's name, or the words that are read or said; `score` 0 to 1 how sure that is. `track`
    tells things apart that are of one label, and `places` says where they are, where they are followed.
    """

    kind: EventKind
    start: float
    end: float
    label: str
    score: float
    track: int | None = None
    places: tuple[Placed, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start


def in_order(events: list[Event]) -> list[Event]:
    """Events by when they begin, longer ones first, the same on every run."""
    return sorted(events, key=lambda one: (one.start, -one.end, one.kind, one.label, one.track or 0))
