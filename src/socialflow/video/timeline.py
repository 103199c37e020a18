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
class Event:
    """Something between two times, seconds from the first frame.

    `label` is what it is: a class's name, or the words that are read or said; `score` 0 to 1 how sure that is. `track`
    tells things apart that are of one label, where they are followed.
    """

    kind: EventKind
    start: float
    end: float
    label: str
    score: float
    track: int | None = None
