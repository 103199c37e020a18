"""Candidates from fitted recommenders."""

import numpy as np

from socialflow.recommendation.context import Context
from socialflow.recommendation.pipeline import Drawn


class ModelTop:
    """The best items of one model for the history at request time.

    Draws deeper by as many items as earlier pages showed. Nothing without the model or without a history; for a
    model that reads follows, that of followed people is enough.
    """

    def __init__(self, model: str, *, limit: int) -> None:
        self.name = model
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` items (and more on later pages), best first."""
        loaded = ctx.world.models.get(self.name)
        if loaded is None or not (len(ctx.liked) or (loaded.model.reads_follows and ctx.follows_somebody)):
            return Drawn.of(np.empty(0, np.int64))
        keys = ctx.put_to(loaded).top(self._limit + len(ctx.shown)).items[0]
        return Drawn.of(keys[keys >= 0])


class Neighbours:
    """Items most like the newest things the user liked, by one model: what the last swipe asks for.

    With `cut`, items of a likeness below the similarity threshold of the settings are not offered.
    """

    def __init__(self, model: str, *, recent: int, limit: int, cut: bool = False) -> None:
        self.name = f"{model}_neighbours"
        self._model = model
        self._recent = recent
        self._limit = limit
        self._cut = cut

    def candidates(self, ctx: Context) -> Drawn:
        """Neighbours of the `recent` newest liked items, `limit` each, taken in turns."""
        loaded = ctx.world.models.get(self._model)
        anchors = ctx.liked[: self._recent] if ctx.anchor is None else np.array([ctx.anchor])
        if loaded is None or not len(anchors):
            return Drawn.of(np.empty(0, np.int64))
        ranked = loaded.neighbours(anchors.tolist(), self._limit)
        near = ranked.items
        good = near >= 0
        if self._cut:
            good &= ranked.scores >= ctx.world.settings.similarity_threshold
        origins = np.repeat(anchors[:, None], self._limit, axis=1)
        return Drawn(near.T[good.T], origins.T[good.T])


class Profile:
    """Items that read like what a new user says of themselves."""

    name = "profile"

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` items (and more on later pages), of likeness at least the similarity threshold, most alike
        first. Nothing from the cold-start threshold on."""
        loaded = ctx.world.models.get("content_based")
        if ctx.warmth >= 1.0 or loaded is None or loaded.content is None or ctx.taste is None or not ctx.taste.any():
            return Drawn.of(np.empty(0, np.int64))
        limit = self._limit + len(ctx.shown)
        in_scope = len(ctx.newest)
        keys, scores = (
            (ctx.newest, loaded.content.score(ctx.taste, ctx.newest))
            if in_scope <= _FEW
            else loaded.content.nearest(ctx.taste, min(2 * limit * ctx.size // in_scope, _MANY))
        )
        near = np.flatnonzero(scores >= ctx.world.settings.similarity_threshold)
        near = near[keys[near] < ctx.size]
        near = near[ctx.scope[keys[near]]]
        best = near[np.argsort(-scores[near], kind="stable")]
        return Drawn.of(keys[best[:limit]])


class LateArrivals:
    """Items that came after the content model was fitted and are like the user's profile."""

    name = "late_arrivals"

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` of them, of likeness at least the similarity threshold, most alike first."""
        loaded = ctx.world.models.get("content_based")
        if loaded is None or loaded.content is None or ctx.taste is None or not len(ctx.liked):
            return Drawn.of(np.empty(0, np.int64))
        keys = loaded.content.late()[-_LATEST:]
        if not len(keys):
            return Drawn.of(keys)
        scores = loaded.content.score(ctx.taste, keys)
        order = np.argsort(-scores, kind="stable")[: self._limit]
        return Drawn.of(keys[order[scores[order] >= ctx.world.settings.similarity_threshold]])


_FEW, _MANY = 2000, 5000
"""Items in scope up to which each is looked at; and at most so many are looked for where there are more."""
_LATEST = 2000
"""Late arrivals looked at per request."""
