"""What a match of two videos needs, and what it tells."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stretch of pictures needs.

    Attributes:
        near: bits by which frames differ at most that vote for a shift.
        agreeing: bits by which frames within a stretch differ at most.
        far: bits by which the frames of a stretch differ in the middle, from which on both have to move `surely` and
            `closely` alike: pictures of which a good part is covered.
        quality: PDQ quality below which a part of a frame says nothing.
        moving: correlation of how both move at least, `certainty` of it in standard deviations.
        close: bits by which the frames of a stretch differ in the middle, for which less is enough: `loosely` alike in
            how they move, or nothing that moves at all.
        nearest: share of the frames of a stretch to which no moment shortly before or after is nearer.
        alike: correlation that is enough where other moments are farther off by `nearer` bits, or `always`.
        always: the share of frames at which a stretch stands out alone, where there are `several` of them and other
            moments are farther off by `standing_out` bits.
        beyond_doubt: certainty at which nothing else is asked, of those that move `surely` alike.
        frames: that agree at least; `seconds` from the first to the last of them.
        sound: landmarks that agree at least.
    """

    near: int = 88
    agreeing: int = 96
    far: int = 50
    surely: float = 0.9
    closely: float = 9.0
    quality: int = 30
    moving: float = 0.8
    certainty: float = 5.0
    close: int = 20
    loosely: float = 0.5
    nearest: float = 0.7
    alike: float = 0.7
    nearer: int = 4
    always: float = 0.9
    standing_out: int = 6
    several: int = 5
    beyond_doubt: float = 12.0
    frames: int = 3
    seconds: float = 1.0
    sound: int = 9


DEFAULT_LIMITS = Limits()


class Medium(StrEnum):
    """What agrees."""

    PICTURE = "picture"
    SOUND = "sound"


class MatchKind(StrEnum):
    """How much of two videos is the same, to nine tenths."""

    SAME = "same"
    """All of both."""
    EXCERPT = "excerpt"
    """All of the query, a part of the reference."""
    CONTAINS = "contains"
    """A part of the query, all of the reference."""
    PARTIAL = "partial"
    """A part of both."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch that is the same. Seconds; `offset` is how much later it is in the reference.

    Attributes:
        mirrored: whether left and right are swapped.
        agreeing: frames, or landmarks of sound.
        distance: bits by which frames differ in the middle, 0 to 256; None of sound.
        confidence: 0 to 1, a rule of thumb.
    """

    medium: Medium
    start: float
    end: float
    offset: float
    mirrored: bool
    agreeing: int
    distance: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """Stretches that are the same, in the order of the query; shares of both that they cover, by pictures or by sound,
    whichever covers more."""

    kind: MatchKind
    spans: tuple[Span, ...]
    of_query: float
    of_reference: float

    @property
    def confidence(self) -> float:
        """That of the surest stretch, 0 to 1."""
        return max(span.confidence for span in self.spans)
