"""What happens to a ranking before it is shown. Only the head is worked on; nothing is ever taken out."""

from abc import ABC, abstractmethod
from collections import Counter, deque

import numpy as np

from socialflow.recommendation.context import Context, Keys, Mask, Values
from socialflow.recommendation.pipeline import Ranking
from socialflow.recommendation.sources.catalogue import FRESH

DAY = 24 * 3600.0


def head_of(ctx: Context, ranking: Ranking) -> Keys:
    """The candidates that can reach this answer: three times what is needed, at most 300 beyond it."""
    return ranking.order[: min(3 * ctx.need, ctx.need + 300)]


class FreshnessBoost:
    """Adds up to `gain` to the score of items younger than a day, falling evenly with age."""

    name = "freshness"

    def __init__(self, *, gain: float) -> None:
        self._gain = gain

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Raise scores and sort again."""
        ranking.add(self.name, self._gain, np.maximum(1.0 - ctx.age(ranking.candidates.keys) / FRESH, 0.0))


class AuthorDecay:
    """Takes from the score of every further item of one creator: the k-th by score (from 0) keeps the part

        (1 - floor) factor^k + floor,

    so that a second one has to be better to stand as high, without being barred. (A negative score falls as far.)
    """

    name = "author decay"

    def __init__(self, *, factor: float, floor: float) -> None:
        self._factor = factor
        self._floor = floor

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Lower scores and sort again."""
        creators = ctx.world.corpus.creator(ranking.candidates.keys[ranking.order])
        grouped = np.argsort(creators, kind="stable")
        _, starts, counts = np.unique(creators[grouped], return_index=True, return_counts=True)
        further = np.empty(len(grouped), np.int64)
        further[ranking.order[grouped]] = np.arange(len(grouped)) - np.repeat(starts, counts)
        lost: Values = (1.0 - self._floor) * (1.0 - np.power(self._factor, further.astype(np.float64)))
        ranking.add(self.name, -1.0, lost * np.abs(ranking.scores))


class Diversity:
    """Maximal marginal relevance over the head (Carbonell and Goldstein 1998): next is the item with the greatest

        (1 - strength) score - strength max over chosen of likeness,

    likeness being 1/2 for the same category plus 1/2 for the same creator.
    """

    name = "diversity"

    def __init__(self, *, strength: float) -> None:
        self._strength = strength

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Reorder as much of the head as the answer needs."""
        head = head_of(ctx, ranking)
        if len(head) < 3:
            return
        corpus, keys = ctx.world.corpus, ranking.candidates.keys[head]
        category, creator = corpus.category[keys], corpus.creator(keys)
        same = (category[:, None] == category) & (category >= 0)
        alike = 0.5 * self._strength * same + 0.5 * self._strength * (creator[:, None] == creator)
        worth = (1.0 - self._strength) * ranking.scores[head]
        nearest = np.zeros(len(head))
        chosen: list[int] = []
        for _ in range(min(ctx.need, len(head))):
            best = int((worth - nearest).argmax())
            chosen.append(best)
            worth[best] = -np.inf
            np.maximum(nearest, alike[best], out=nearest)
        ranking.reorder(head[chosen].tolist(), self.name)


class Slots(ABC):
    """Keeps one place in `every` for items that have had no chance yet: subclasses say which (`_wanted`)."""

    name = "slot"

    def __init__(self, *, every: int) -> None:
        self._every = every

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Bring the best of them up to places `every`, 2 `every`, ... of the request where the stretch before has
        none."""
        order, earlier = ranking.order[: ctx.need].tolist(), len(ctx.shown)
        wanted, had = self._wanted(ctx, ranking.candidates.keys), self._wanted(ctx, ctx.shown)
        behind = ranking.order[ctx.need :]
        waiting = deque(behind[wanted[behind]].tolist())
        brought: dict[int, str] = {}
        for stop in range(self._every - earlier % self._every, len(order) + 1, self._every):
            start = stop - self._every
            there = wanted[order[max(start, 0) : stop]].any() or had[max(earlier + start, 0) :].any()
            if waiting and not there:
                brought[waiting[0]] = self.name
                order.insert(stop - 1, waiting.popleft())
        ranking.reorder(order, f"{self.name} of another", brought)

    @abstractmethod
    def _wanted(self, ctx: Context, keys: Keys) -> Mask:
        """Which of `keys` are such items."""


class NewItemSlots(Slots):
    """Keeps one place in `every` for an item that is younger than a day and has had fewer than `few` interactions."""

    name = "new item slot"

    def __init__(self, *, every: int, few: int) -> None:
        super().__init__(every=every)
        self._few = few

    def _wanted(self, ctx: Context, keys: Keys) -> Mask:
        return (ctx.age(keys) < FRESH) & (ctx.world.activity.rows(ctx.size)[keys] < self._few)


class NewCreatorSlots(Slots):
    """Keeps one place in `every` for a creator whose first item came less than `days` ago and whose items have had
    fewer than `few` interactions together. Items that name neither author nor channel have no creator."""

    name = "new creator slot"

    def __init__(self, *, every: int, days: float, few: int) -> None:
        super().__init__(every=every)
        self._days = days
        self._few = few

    def _wanted(self, ctx: Context, keys: Keys) -> Mask:
        charts = ctx.world.charts
        young = ctx.world.now - charts.creator_debut[keys] < self._days * DAY
        return young & (charts.creator_heard[keys] < self._few)


class AuthorCap:
    """At most `cap` items of one creator in any `window` places running, over all pages of a request; the next in line
    moves up instead."""

    name = "author cap"

    def __init__(self, *, cap: int, window: int) -> None:
        self._cap = cap
        self._window = window

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Reorder as much of the head as the answer needs; an author may exceed the cap where nobody else is left."""
        head = head_of(ctx, ranking)
        corpus = ctx.world.corpus
        creators = corpus.creator(ranking.candidates.keys[head]).tolist()
        waiting, chosen = list(range(len(head))), list[int]()
        recent: deque[int] = deque(corpus.creator(ctx.shown).tolist(), maxlen=self._window - 1)
        while waiting and len(chosen) < ctx.need:
            counts = Counter(recent)
            place = next((i for i, row in enumerate(waiting) if counts[creators[row]] < self._cap), 0)
            row = waiting.pop(place)
            chosen.append(row)
            recent.append(creators[row])
        ranking.reorder([int(head[row]) for row in chosen], self.name)
