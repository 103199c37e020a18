"""Feed questions, answers and what is kept of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from socialflow.content.records import InteractionType, ItemKind, Mood
from socialflow.ids import ItemKey, UserKey
from socialflow.kit.answers import Provenance, Status


@dataclass(frozen=True, slots=True)
class ValueModel:
    """How much each kind of interaction says, as versioned data (never code).

    Weight of a row = `weights[type]` x f(value): view -> watched fraction; watch_time -> value / 30 s, at most 1;
    rating -> (value - 3) / 2; every other type -> value.
    """

    version: int
    weights: Mapping[InteractionType, float]
    created_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """One question to the recommender. `page` starts at 1."""

    user_id: str | None = None
    username: str | None = None
    algorithm: str = "hybrid"
    kind: ItemKind | None = None
    page: int = 1
    page_size: int = 20
    mood: Mood | None = None
    category: str | None = None
    project_code: str | None = None
    request_id: str | None = None
    surface: str = "feed"
    exclude: tuple[str, ...] = ()
    device: str | None = None
    """What it is shown on: phone, tablet, web."""
    candidates: tuple[str, ...] | None = None
    """Rank only these item ids (`recommendations/feed`)."""


class Term(Struct, frozen=True, array_like=True, gc=False):
    """One summand of a score.

    A struct, like `FeedEntry` and `Removal`: an answer has two hundred of them, which are made and read in a fraction
    of the time that a dataclass takes.
    """

    name: str
    weight: float
    value: float


class FeedEntry(Struct, frozen=True, array_like=True, gc=False):
    """One place in an answer."""

    item: ItemKey
    item_id: str
    score: float
    position: int
    source: str
    reason: str
    """In words; `{anchor}` stands for the item `anchor`, whose title is looked up when the answer is shown."""
    anchor: ItemKey | None = None
    """The item of the user's history, or the one asked about, that led here."""
    propensity: float = 1.0
    terms: tuple[Term, ...] = ()
    moves: tuple[str, ...] = ()
    """What the selectors did to it, in words: "freshness +0.12", "author cap 3 -> 9"."""
    signals: tuple[float | None, ...] = ()
    """What a ranker looks at, in the order of `Impression.signals`; None where one could not tell."""


class Removal(Struct, frozen=True, array_like=True, gc=False):
    """An item that a stage took out, and why."""

    item: ItemKey
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Which algorithm answers, where a bandit chose: the one drawn, and how likely each was drawn in this context."""

    arm: str
    context: tuple[str, ...]
    propensities: Mapping[str, float]
    revision: int = 0
    """Of the beliefs it was drawn from."""


@dataclass(frozen=True, slots=True)
class Impression:
    """One answer as it was given: durable before the reply, and the memory of a paging session."""

    request_id: str
    page: int
    page_size: int
    user: UserKey | None
    surface: str
    algorithm: str
    query_digest: str
    at: datetime
    entries: tuple[FeedEntry, ...]
    status: Status
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]
    removed: tuple[Removal, ...] = ()
    """The removals nearest to the top (bounded), so that "why not that one" can be answered later."""
    removed_counts: Mapping[str, int] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    """What the question was narrowed to (kind, category, mood, project_code), as asked."""
    signals: tuple[str, ...] = ()
    """Names of the signals kept with the entries, as of this answer; empty where there is nobody to learn of."""
    choice: Choice | None = None
    rewarded_until: datetime | None = None
    """Until when what the person does counts as the reward of `choice`; None where that was learnt from, where another
    page of the request stands for it, and where there is nobody to learn of."""
    reward: float | None = None
    """What `choice` earned, once it was learnt from."""

    @property
    def arm(self) -> str | None:
        """The algorithm that `smart` chose."""
        return None if self.choice is None else self.choice.arm


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """What a door shows. `fresh` is False when a page was asked for again and the stored answer came back; what was
    age-restricted since then is not for a viewer who is not `of_age`."""

    impression: Impression
    has_more: bool
    fresh: bool = True
    of_age: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """What one summand gives an item (`here`) and the one it is compared with (`there`)."""

    name: str
    here: float
    there: float


@dataclass(frozen=True, slots=True)
class Margin:
    """How a score stands to that of the last item that fits on the pages shown; `by` below 0: it was outscored."""

    item_id: str
    position: int
    score: float
    by: float
    gaps: tuple[Gap, ...]
    """Summands that differ, the one that costs most first; they add up to `by`."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item stands where it stands, or does not."""

    request_id: str
    item_id: str
    shown: bool
    position: int | None
    source: str | None
    reason: str | None
    anchor: ItemKey | None
    """As in `FeedEntry`."""
    score: float | None
    terms: tuple[Term, ...]
    moves: tuple[str, ...]
    removed_by: str | None
    removed_because: str | None
    recomputed: bool
    """True where the answer was worked out now, because the stored trace does not hold this item."""
    margin: Margin | None = None
    """Where it was not shown although it ranks."""
    notes: tuple[str, ...] = ()
    arm: str | None = None
    """The algorithm that `smart` chose."""


@dataclass(frozen=True, slots=True)
class TrendingEntry:
    """One line of the trending list. `velocity` is the recent rate over the rate of the whole window."""

    item: ItemKey
    item_id: str
    score: float
    velocity: float
    direction: str
    """rising, stable or falling"""


@dataclass(frozen=True, slots=True)
class TrendingAnswer:
    """One page of the trending list. `missing` names the window where the page reaches beyond what moved in it."""

    entries: tuple[TrendingEntry, ...]
    has_more: bool
    provenance: Provenance
    status: Status = Status.COMPLETE
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SimilarUsers:
    """Users with like taste: `(user id, similarity 0..1)`, best first."""

    users: Sequence[tuple[str, float]]
    provenance: Provenance
    status: Status = Status.COMPLETE
    missing: tuple[str, ...] = ()
