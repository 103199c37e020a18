"""Orders of the catalogue that all requests share until an item or a count changes."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.activity import Activity
from socialflow.recommendation.corpus import KINDS, NONE, Corpus
from socialflow.recommendation.kinds import DEFAULT_KINDS
from socialflow.recommendation.log import MICROS

Keys = npt.NDArray[np.int64]
T = TypeVar("T")

SECONDS_PER_ITEM = 1e-5
_OF_ITEMS = ("scope", "newest", "born", "of_authors", "of_channels", "creator_debut")
DEPTH = 5000
"""Length of the charts. Who pages beyond goes on in the reserve, which holds everything."""
KEPT_NARROW = 16
"""Narrower charts that are kept (each about 20 bytes an item at most)."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """What a question is about: codes of kinds, and of a category, project and mood; None: any, NONE: of no item."""

    kinds: tuple[int, ...]
    category: int | None = None
    project: int | None = None
    mood: int | None = None

    @property
    def empty(self) -> bool:
        """Whether it names something that no item has."""
        return NONE in {self.category, self.project, self.mood}


@dataclass(frozen=True, slots=True)
class Shelves:
    """Places (n,) of an order by a code of what stands there: those of code c are `places[starts[c]:starts[c + 1]]`."""

    places: Keys
    starts: Keys

    @classmethod
    def by(cls, codes: npt.NDArray[np.int32]) -> "Shelves":
        """Of an order whose codes are these, NONE where there is none.

        >>> Shelves.by(np.array([1, NONE, 0, 1], np.int32)).first([1, 7], 5).tolist()
        [0, 3]
        """
        places = np.argsort(codes, kind="stable")
        places = places[np.count_nonzero(codes == NONE) :]
        return cls(places, np.searchsorted(codes[places], np.arange(int(codes.max(initial=NONE)) + 2)))

    def first(self, codes: Collection[int], limit: int) -> Keys:
        """The first `limit` places of each of some codes."""
        known = np.array([code for code in codes if code < len(self.starts) - 1], np.int64)
        starts = self.starts[known]
        counts = np.minimum(self.starts[known + 1] - starts, limit)
        rest = np.repeat(starts - (np.cumsum(counts) - counts), counts)
        found: Keys = self.places[np.arange(counts.sum()) + rest]
        return found


DEFAULT = Narrow(tuple(KINDS.index(kind) for kind in DEFAULT_KINDS))


class Chart:
    """Over the visible items that a question is about; worked out when first asked for, in the lane.

    Decay moves all trending scores by one factor, so an order by them holds until the next interaction.
    """

    def __init__(self, of: Narrow, corpus: Corpus, activity: Activity, newest_first: Keys, size: int) -> None:
        self._of = of
        self._corpus = corpus
        self._activity = activity
        self._newest_first = newest_first
        self.size = size
        self._made_of: dict[str, tuple[Hashable, Any]] = {}

    @cached_property
    def scope(self) -> npt.NDArray[np.bool_]:
        """Which keys are in the charts, shape (size,)."""
        corpus, of, n = self._corpus, self._of, self.size
        if of.empty:
            return np.zeros(n, np.bool_)
        shown = np.zeros(len(KINDS), np.bool_)
        shown[list(of.kinds)] = True
        scope = corpus.visible()[:n] & shown[corpus.kind[:n]]
        for code, column in ((of.category, corpus.category), (of.project, corpus.project), (of.mood, corpus.mood)):
            if code is not None:
                scope &= column[:n] == code
        return scope

    @cached_property
    def newest(self) -> Keys:
        """All keys in scope, newest first."""
        return self._newest_first[self.scope[self._newest_first]]

    @cached_property
    def born(self) -> npt.NDArray[np.int64]:
        """Times of `newest`, microseconds since the epoch, descending."""
        return self._corpus.created_at[self.newest]

    @cached_property
    def of_authors(self) -> Shelves:
        """Places in `newest` by author."""
        return Shelves.by(self._corpus.author[self.newest])

    @cached_property
    def of_channels(self) -> Shelves:
        """Places in `newest` by channel."""
        return Shelves.by(self._corpus.channel[self.newest])

    @cached_property
    def trending(self) -> Keys:
        """Keys with engagement over the last day, most first."""
        return best(np.where(self.scope, self._activity.trending_order(24, self.size), 0.0), DEPTH)

    @cached_property
    def popular(self) -> Keys:
        """Keys with positive weight of all time, most first."""
        return best(np.where(self.scope, self._activity.popularity(self.size), 0.0), DEPTH)

    def once(self, name: str, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of these charts: kept under `name` until it is asked for with another `key`."""
        kept = self._made_of.get(name)
        if kept is None or kept[0] != key:
            kept = self._made_of[name] = (key, make())
        made: T = kept[1]
        return made

    def keep_items_of(self, before: "Chart") -> None:
        """Take over what depends on items alone, which are the same."""
        self.__dict__.update({name: before.__dict__[name] for name in _OF_ITEMS if name in before.__dict__})


class Charts(Chart):
    """Over what feeds show by default; and the narrower charts that were asked for lately."""

    def __init__(self, corpus: Corpus, activity: Activity, before: "Charts | None" = None) -> None:
        super().__init__(DEFAULT, corpus, activity, corpus.newest_first(), corpus.size)
        self._items = corpus.generation
        self._counts = (id(activity), activity.generation)
        self._made = monotonic()
        self._narrow: OrderedDict[Narrow, Chart] = OrderedDict()
        if before is not None and before._items == self._items:
            self.keep_items_of(before)
            for of, chart in list(before._narrow.items()):
                self.narrowed(of).keep_items_of(chart)

    @cached_property
    def creator_debut(self) -> npt.NDArray[np.float64]:
        """When the first item of each item's creator came (size,), seconds; -inf where no creator is named."""
        oldest_last = self._newest_first
        creators = self._corpus.creator(np.arange(self.size))
        debuts = np.full(int(creators.max(initial=0)) + 1, -np.inf)
        debuts[creators[oldest_last]] = self._corpus.created_at[oldest_last] / MICROS
        return np.where(creators % 3 == 2, -np.inf, debuts[creators])

    @cached_property
    def creator_heard(self) -> npt.NDArray[np.int64]:
        """Interactions with all items of each item's creator together (size,)."""
        creators = self._corpus.creator(np.arange(self.size))
        return np.bincount(creators, self._activity.rows(self.size)).astype(np.int64)[creators]

    def narrowed(self, of: Narrow) -> Chart:
        """The charts of a narrower question."""
        if of == DEFAULT:
            return self
        chart = self._narrow.get(of)
        if chart is None:
            # Of the same moment as these charts, though the corpus may have grown since.
            chart = Chart(of, self._corpus, self._activity, self._newest_first, self.size)
            if not of.empty:  # whoever asks for what does not exist drives out nothing that does
                self._narrow[of] = chart
        else:
            self._narrow.move_to_end(of)
        while len(self._narrow) > KEPT_NARROW:
            self._narrow.popitem(last=False)
        return chart

    def hold(self, corpus: Corpus, activity: Activity) -> bool:
        """Whether these charts still serve: always of the items as they are now, of counts at most
        `SECONDS_PER_ITEM` times the catalogue's size old (a second for 100,000 items)."""
        if corpus.generation != self._items:
            return False
        same_counts = (id(activity), activity.generation) == self._counts
        return same_counts or monotonic() - self._made < SECONDS_PER_ITEM * self.size


def best(scores: npt.NDArray[np.float64], limit: int) -> Keys:
    """Keys of the `limit` greatest scores above 0, best first, ties by key."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > limit:
        values = scores[positive]
        bound = np.partition(values, len(values) - limit)[len(values) - limit]
        positive = positive[values >= bound]
    return positive[np.argsort(-scores[positive], kind="stable")][:limit]
