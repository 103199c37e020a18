"""Candidates from the catalogue itself: what trends, what is new, whom the user follows, and everything."""

from collections.abc import Callable

import numpy as np

from socialflow.recommendation.context import Context, Keys, Mask
from socialflow.recommendation.pipeline import Drawn

FRESH = 24 * 3600.0
"""Age in seconds below which an item is new."""
FOLLOWED_FOR = 14 * 24 * 3600.0
"""Age in seconds up to which followed creators' items are offered."""
_LOOK_THROUGH = 20
"""How many times its limit a source looks through."""
_FIRST_STRETCH = 2000
"""Items looked at first where the newest of somebody are wanted; then twice as many, until there are enough."""


class Trending:
    """Items that gather the most engagement now, over all categories."""

    name = "trending"

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` items (and more on later pages) with any engagement over the last day."""
        return Drawn.of(ctx.trending[: self._limit + len(ctx.shown)])


class FavouriteCategories:
    """Items of the categories the user likes most (stated interests first, then the history)."""

    name = "favourite_category"

    def __init__(self, *, categories: int, limit: int) -> None:
        self._categories = categories
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` of what trends and `limit` of the newest per category, categories in turns."""
        codes = ctx.favourite_categories[: self._categories]
        return Drawn.of(_in_turns([keys for code in codes for keys in self._best_of(ctx, code)]))

    def _best_of(self, ctx: Context, code: int) -> tuple[Keys, Keys]:
        """What trends in a category, and its newest: the same for everybody."""

        def chosen() -> tuple[Keys, Keys]:
            of_item = ctx.world.corpus.category
            orders = ctx.trending, ctx.newest[: self._limit * _LOOK_THROUGH]
            trending, newest = (order[of_item[order] == code][: self._limit] for order in orders)
            return trending, newest

        return ctx.chart.once(f"{self.name}:{code}", self._limit, chosen)


class Popular:
    """Items with the most positive weight of all time, in the user's language first where it is known."""

    name = "popular"

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` items (and more on later pages) with any positive interaction."""
        corpus, limit = ctx.world.corpus, self._limit + len(ctx.shown)
        language = corpus.languages.code(ctx.viewer.language)
        if language < 0:
            return Drawn.of(ctx.popular[:limit])
        ours = ctx.popular[corpus.language[ctx.popular] == language]
        return Drawn.of(_in_turns([ours[: limit // 2], ctx.popular[: limit // 2]]))


class Fresh:
    """New items, newest first, authors in turns so that nobody floods it."""

    name = "fresh"

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` items younger than a day."""
        keys = ctx.younger(FRESH)[: self._limit * _LOOK_THROUGH]

        def in_turns() -> Keys:
            creators = ctx.world.corpus.creator(keys)
            order = np.argsort(creators, kind="stable")
            _, starts, counts = np.unique(creators[order], return_index=True, return_counts=True)
            turn = np.empty(len(keys), np.int64)
            turn[order] = np.arange(len(keys)) - np.repeat(starts, counts)
            return keys[np.argsort(turn, kind="stable")][: self._limit]

        return Drawn.of(ctx.chart.once(self.name, (self._limit, len(keys)), in_turns))


class Following:
    """Items of followed people and subscribed channels, newest first."""

    name = "following"

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` items of the last two weeks."""
        relations, chart = ctx.viewer.relations, ctx.chart
        if not relations.follows and not relations.subscriptions:
            return Drawn.of(np.empty(0, np.int64))
        of_people = chart.of_authors.first(relations.follows, self._limit)
        of_channels = chart.of_channels.first(relations.subscriptions, self._limit)
        places = np.unique(np.concatenate([of_people, of_channels]))
        recent = np.searchsorted(places, len(ctx.younger(FOLLOWED_FOR)))
        return Drawn.of(chart.newest[places[: min(recent, self._limit)]])


class Given:
    """The items the caller wants ranked."""

    name = "given"

    def candidates(self, ctx: Context) -> Drawn:
        """Those of the given ids that exist, in their order."""
        return Drawn.of(ctx.world.corpus.keys(ctx.query.candidates or ()))


class Everything:
    """Every item in scope: by trending score, then all-time popularity, then newest first. The reserve that lets
    paging go on to the end of the catalogue."""

    name = "catalogue"

    def candidates(self, ctx: Context) -> Drawn:
        """All keys in scope."""
        keys, activity = ctx.newest, ctx.world.activity
        popularity, trending = activity.popularity_of(keys), activity.trending_order(24, ctx.size)[keys]
        return Drawn.of(keys[np.lexsort((-popularity, -trending))])


def first_where(keys: Keys, holds: Callable[[Keys], Mask], limit: int) -> Keys:
    """The first `limit` of the ordered `keys` for which `holds`, which is asked of as few of them as it takes."""
    found, start, stretch = np.empty(0, np.int64), 0, _FIRST_STRETCH
    while start < len(keys) and len(found) < limit:
        part = keys[start : start + stretch]
        found = np.concatenate([found, part[holds(part)]])
        start, stretch = start + stretch, 2 * stretch
    return found[:limit]


def _in_turns(lists: list[Keys]) -> Keys:
    """First of each, second of each, ...; repeats are left to the pool."""
    if not lists:
        return np.empty(0, np.int64)
    keys = np.concatenate(lists)
    turn = np.concatenate([np.arange(len(part)) for part in lists])
    return keys[np.argsort(turn, kind="stable")]
