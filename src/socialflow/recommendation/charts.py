"""Orders of the whole catalogue that all requests share until an item or a count changes."""

from functools import cached_property
from time import monotonic

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.activity import Activity
from socialflow.recommendation.corpus import KINDS, Corpus
from socialflow.recommendation.kinds import DEFAULT_KINDS

Keys = npt.NDArray[np.int64]

SECONDS_PER_ITEM = 1e-5
_OF_ITEMS = ("scope", "newest", "born")
DEPTH = 5000
"""Length of the charts. Who pages beyond goes on in the reserve, which holds everything."""


class Charts:
    """Over visible items of the kinds that feeds show by default; worked out when first asked for, in the lane.

    Decay moves all trending scores by one factor, so an order by them holds until the next interaction.
    """

    def __init__(self, corpus: Corpus, activity: Activity, before: "Charts | None" = None) -> None:
        self._corpus = corpus
        self._activity = activity
        self._newest_first = corpus.newest_first()
        self.size = corpus.size
        self._items = corpus.generation
        self._counts = (id(activity), activity.generation)
        self._made = monotonic()
        if before is not None and before._items == self._items:
            kept = {name: before.__dict__[name] for name in _OF_ITEMS if name in before.__dict__}
            self.__dict__.update(kept)

    def hold(self, corpus: Corpus, activity: Activity) -> bool:
        """Whether these charts still serve: always of the items as they are now, of counts at most
        `SECONDS_PER_ITEM` times the catalogue's size old (a second for 100,000 items)."""
        if corpus.generation != self._items:
            return False
        same_counts = (id(activity), activity.generation) == self._counts
        return same_counts or monotonic() - self._made < SECONDS_PER_ITEM * self.size

    @cached_property
    def scope(self) -> npt.NDArray[np.bool_]:
        """Which keys are in the charts, shape (size,)."""
        shown = np.zeros(len(KINDS), np.bool_)
        shown[[KINDS.index(kind) for kind in DEFAULT_KINDS]] = True
        return self._corpus.visible()[: self.size] & shown[self._corpus.kind[: self.size]]

    @cached_property
    def newest(self) -> Keys:
        """All keys in scope, newest first."""
        return self._newest_first[self.scope[self._newest_first]]

    @cached_property
    def born(self) -> npt.NDArray[np.int64]:
        """Times of `newest`, microseconds since the epoch, descending."""
        return self._corpus.created_at[self.newest]

    @cached_property
    def trending(self) -> Keys:
        """Keys with engagement over the last day, most first."""
        return best(np.where(self.scope, self._activity.trending_order(24, self.size), 0.0), DEPTH)

    @cached_property
    def popular(self) -> Keys:
        """Keys with positive weight of all time, most first."""
        return best(np.where(self.scope, self._activity.popularity(self.size), 0.0), DEPTH)


def best(scores: npt.NDArray[np.float64], limit: int) -> Keys:
    """Keys of the `limit` greatest scores above 0, best first, ties by key."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > limit:
        values = scores[positive]
        bound = np.partition(values, len(values) - limit)[len(values) - limit]
        positive = positive[values >= bound]
    return positive[np.argsort(-scores[positive], kind="stable")][:limit]
