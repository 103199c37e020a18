"""How good found changes of shot are, against those that are true.

A cut counts where it lies within a frame of a true one, a gradual change where it overlaps a true one by a frame; each
true change is found once. A gradual change of at most `ABRUPT` frames counts as a cut, and whatever touches it finds
it (both as in the TRECVID evaluations, Smeaton, Over and Doherty, "Video shot boundary detection: seven years of
TRECVid activity", 2010).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from socialflow.errors import InvalidInput

Kind = Literal["cut", "dissolve", "fade"]
KINDS: tuple[Kind, ...] = ("cut", "dissolve", "fade")
TOLERANCE = 1
ABRUPT = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A change of shot. `first` and `last` are its mixed frames; of a cut, both are the first frame of the new shot.

    Whether an `optional` one is found counts neither way.

    Raises:
        InvalidInput: it ends before it begins.
    """

    kind: Kind
    first: int
    last: int
    optional: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise InvalidInput(f"a {self.kind} from frame {self.first} to {self.last} cannot be", field="truth")

    @property
    def abrupt(self) -> bool:
        """Counted as a cut."""
        return self.last - self.first < ABRUPT


@dataclass(frozen=True, slots=True)
class Found:
    """How many changes were found rightly (`hits`), told, and there."""

    hits: int
    told: int
    there: int

    @property
    def precision(self) -> float:
        """hits / told; 0 where none was told."""
        return self.hits / self.told if self.told else 0.0

    @property
    def recall(self) -> float:
        """hits / there; 0 where there is none."""
        return self.hits / self.there if self.there else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean; 1 where there is none and none was told.

        >>> Found(8, 10, 10).f1, Found(0, 0, 0).f1
        (0.8, 1.0)
        """
        return 2 * self.hits / (self.told + self.there) if self.told + self.there else 1.0

    def __add__(self, other: "Found") -> "Found":
        return Found(self.hits + other.hits, self.told + other.told, self.there + other.there)


@dataclass(frozen=True, slots=True)
class ShotScore:
    """What was found of the cuts, of the gradual changes, and of all where no kind is asked."""

    cuts: Found
    gradual: Found
    all: Found

    def __add__(self, other: "ShotScore") -> "ShotScore":
        return ShotScore(self.cuts + other.cuts, self.gradual + other.gradual, self.all + other.all)


def score(truth: Sequence[Change], told: Sequence[Change], *, kinds: bool = True) -> ShotScore:
    """Compare what was told of a film with what is true.

    `kinds` false: who told knows frames alone (each told as a cut), so one that lies in a true gradual change finds
    it, and only what lies outside all of them can be a false cut.
    """
    cuts = [change for change in truth if change.abrupt]
    slow = [change for change in truth if not change.abrupt]
    points = [change for change in told if change.abrupt]
    spans = [change for change in told if not change.abrupt]
    at_cuts = pairs(cuts, points, TOLERANCE)
    over = _left(spans, 1, at_spans := pairs(slow, spans))
    brief = [change for change in _left(cuts, 0, at_cuts) if change.kind != "cut"]
    late = pairs(brief, over)
    spare = _left(points, 1, at_cuts)
    if not kinds:
        within = [change for change in spare if any(_touches(one, change, TOLERANCE) for one in slow)]
        spare = [change for change in spare if not any(_touches(one, change, TOLERANCE) for one in slow)]
        at_spans = pairs(slow, within, TOLERANCE)
        over, late = _left(within, 1, at_spans), ()
    return ShotScore(
        _found(cuts, (*at_cuts, *late), len(spare)),
        _found(slow, at_spans, len(_left(over, 1, late))),
        _of_all(truth, told),
    )


def _of_all(truth: Sequence[Change], told: Sequence[Change]) -> Found:
    matched = pairs(truth, told, TOLERANCE)
    return _found(truth, matched, len(_left(told, 1, matched)))


Pair = tuple[Change, Change]
"""A true change and what found it."""


def pairs(truth: Iterable[Change], told: Iterable[Change], tolerance: int = 0) -> tuple[Pair, ...]:
    """As many true changes as can be, each with one told change that touches it (within so many frames)."""
    free = sorted(told, key=lambda change: change.last)
    made = []
    for one in sorted(truth, key=lambda change: change.last):
        by = next((change for change in free if _touches(one, change, tolerance)), None)
        if by is not None:
            free.remove(by)
            made.append((one, by))
    return tuple(made)


def _touches(one: Change, other: Change, tolerance: int) -> bool:
    return other.first <= one.last + tolerance and other.last >= one.first - tolerance


def _left(changes: Sequence[Change], place: Literal[0, 1], taken: Iterable[Pair]) -> list[Change]:
    """Those that no pair has at `place`, by identity."""
    gone = {id(pair[place]) for pair in taken}
    return [change for change in changes if id(change) not in gone]


def _found(truth: Sequence[Change], matched: Sequence[Pair], wrong: int) -> Found:
    """Counts; optional ones are left out, found or not."""
    hits = sum(not one.optional for one, _ in matched)
    return Found(hits, hits + wrong, sum(not one.optional for one in truth))
