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
class Clip:
    """A video of `length` seconds as it is searched. What is written about it is its last moment, as long as all of it,
    and its last phrases."""

    id: str
    phrases: tuple[Phrase, ...]
    moments: tuple[Moment, ...]
    length: float = 0.0
    missing: tuple[str, ...] = ()
    """What could not be looked for when its moments were made."""

    def words(self) -> tuple[str, ...]:
        """What has to be made a vector, in the order of its phrases."""
        return tuple(phrase.words for phrase in self.phrases)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The moments of an item as they are stored, and what is written about it now. `vectors` (phrases, width) are None
    where none of the space that was asked for are there."""

    key: ItemKey
    clip: Clip
    title: str
    description: str
    vectors: Floats | None


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
    """A moment that was found; `why` is the best first."""

    id: str
    start: float
    end: float
    score: float
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, the best video first. Abstained where nothing is near enough."""

    hits: tuple[Hit, ...]
    status: Status
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]
