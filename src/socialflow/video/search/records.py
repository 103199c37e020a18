"""Moments of videos, and what a search finds in them. Seconds count from the first frame."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.content.log import LogCursor
from socialflow.ids import ItemKey
from socialflow.kit.answers import Provenance, Status

Floats = npt.NDArray[np.float32]
TITLE, DESCRIPTION = "title", "description"
"""Kinds of phrases besides those of events: what is written about a video as a whole."""
WRITTEN = (TITLE, DESCRIPTION)
FRAME = "frame"
"""Kind of what a picture shows, beside the kinds of phrases."""
IN_WORDS, IN_PICTURES = "text", "pictures"
"""Spaces in which moments are found."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that tell what is in some moment: `kind` is an event's or `TITLE` or `DESCRIPTION`, `label` how it was
    called, `words` one way to say it."""

    kind: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a video in which the same things are: `parts` are places among the clip's phrases, each with how
    sure it is, 0 to 1."""

    start: float
    end: float
    parts: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds for which one frame stands; whether a shot begins with them."""

    start: float
    end: float
    begins: bool


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames that have vectors in a space of pictures, in order. Spaces of two names do not compare."""

    space: str = ""
    spans: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Clip:
    """A video of `length` seconds as it is searched. What is written about it is its last moment, as long as all of it,
    and its last phrases."""

    id: str
    phrases: tuple[Phrase, ...]
    moments: tuple[Moment, ...]
    length: float = 0.0
    missing: tuple[str, ...] = ()
    """What could not be looked for when its moments were made."""
    frames: Frames = Frames()

    def words(self) -> tuple[str, ...]:
        """What has to be made a vector, in the order of its phrases."""
        return tuple(phrase.words for phrase in self.phrases)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The moments of an item as they are stored, and what is written about it now. `vectors` (phrases, width) and those
    of frames, `seen` (frames, width), are None where none of the spaces that were asked for are there."""

    key: ItemKey
    clip: Clip
    title: str
    description: str
    vectors: Floats | None
    seen: Floats | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """Items whose moments, words or being there may have changed; `more` says that another look will bring more."""

    keys: frozenset[ItemKey]
    cursor: LogCursor
    more: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a moment was found: something in it, and how near it is to what was asked, 0 to 1."""

    kind: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A moment that was found; `why` is the best first, `spaces` are those in which it was found."""

    id: str
    start: float
    end: float
    score: float
    why: tuple[Reason, ...]
    spaces: tuple[str, ...] = (IN_WORDS,)


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, the best video first. Abstained where nothing is near enough."""

    hits: tuple[Hit, ...]
    status: Status
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]
