"""What happens to a ranking before it is shown. Only the head is worked on; nothing is ever taken out."""

from collections import Counter, deque

import numpy as np

from socialflow.recommendation.context import Context, Keys
from socialflow.recommendation.pipeline import Ranking
from socialflow.recommendation.sources.catalogue import FRESH, creators_of


def _head(ctx: Context, ranking: Ranking) -> Keys:
    """The candidates that can reach this answer: three times what is needed, at most 300 beyond it."""
    return ranking.order[: min(3 * ctx.need, ctx.need + 300)]


class FreshnessBoost:
    """Adds up to `gain` to the score of items younger than a day, falling evenly with age."""

    name = "freshness"

    def __init__(self, *, gain: float) -> None:
        self._gain = gain

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Raise scores and sort again."""
        boost = self._gain * np.maximum(1.0 - ctx.age(ranking.candidates.keys) / FRESH, 0.0)
        for candidate in np.flatnonzero(boost > 0).tolist():
            ranking.note(candidate, f"{self.name} +{boost[candidate]:.2f}")
        ranking.scores = ranking.scores + boost
        ranking.sort()


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
        head = _head(ctx, ranking)
        if len(head) < 3:
            return
        keys = ranking.candidates.keys[head]
        category, creator = ctx.world.corpus.category[keys], creators_of(ctx, keys)
        worth = (1.0 - self._strength) * ranking.scores[head]
        nearest = np.zeros(len(head))
        chosen: list[int] = []
        for _ in range(min(ctx.need, len(head))):
            best = int(np.argmax(worth - self._strength * nearest))
            chosen.append(int(head[best]))
            worth[best] = -np.inf
            alike = 0.5 * ((category == category[best]) & (category >= 0)) + 0.5 * (creator == creator[best])
            np.maximum(nearest, alike, out=nearest)
        ranking.reorder(chosen, self.name)


class NewItemSlots:
    """Keeps one place in `every` for an item that is younger than a day and has had few interactions, so that new
    items and new creators get a chance to be seen."""

    name = "new item slot"

    def __init__(self, *, every: int, few: int) -> None:
        self._every = every
        self._few = few

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Bring the best new items up to places `every`, 2 `every`, ... where the stretch before has none."""
        order = ranking.order[: ctx.need].tolist()
        keys = ranking.candidates.keys
        new = (ctx.age(keys) < FRESH) & (ctx.world.activity.rows(ctx.size)[keys] < self._few)
        waiting = deque(candidate for candidate in ranking.order[ctx.need :].tolist() if new[candidate])
        for stop in range(self._every, len(order) + 1, self._every):
            stretch = order[stop - self._every : stop]
            if waiting and not new[stretch].any():
                order.insert(stop - 1, waiting.popleft())
        ranking.reorder(order, self.name)


class AuthorCap:
    """At most `cap` items of one creator in any `window` places running; the next in line moves up instead."""

    name = "author cap"

    def __init__(self, *, cap: int, window: int) -> None:
        self._cap = cap
        self._window = window

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Reorder as much of the head as the answer needs; an author may exceed the cap where nobody else is left."""
        head = _head(ctx, ranking)
        creators = creators_of(ctx, ranking.candidates.keys[head]).tolist()
        waiting, chosen = list(range(len(head))), list[int]()
        recent: deque[int] = deque(maxlen=self._window - 1)
        while waiting and len(chosen) < ctx.need:
            counts = Counter(recent)
            place = next((i for i, row in enumerate(waiting) if counts[creators[row]] < self._cap), 0)
            row = waiting.pop(place)
            chosen.append(row)
            recent.append(creators[row])
        ranking.reorder([int(head[row]) for row in chosen], self.name)
