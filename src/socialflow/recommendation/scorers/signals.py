"""Signals of a score, one class each. Scales differ: the pipeline normalises them over the candidates."""

import numpy as np

from socialflow.kit.answers import Provenance, Tier
from socialflow.recommendation.context import Context, Keys, Values, among, within
from socialflow.recommendation.pipeline import Signal, normalised

_NEAR = 20
_BY_PLACE = 1.0 - np.arange(_NEAR) / _NEAR
_NEWEST = 3
_BY_STEP_BACK = 0.5 ** np.arange(_NEWEST)
LIVE_COUNTS = Provenance("trending", "1", Tier.HEURISTIC)


class Model:
    """One model's score of each item for the history at request time."""

    def __init__(self, model: str) -> None:
        self.name = model

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """Scores as the model gives them; unknown for items newer than the model."""
        loaded = ctx.world.models.get(self.name)
        befriended = loaded is not None and loaded.model.reads_follows and ctx.follows_somebody
        if (missing := _no_history(ctx)) is not None and not befriended:
            return Signal.absent(len(keys), *missing)
        if loaded is None:
            return Signal.absent(len(keys), f"model:{self.name}")
        values = ctx.put_to(loaded).score_items(keys)
        return Signal(values[0].astype(np.float64), provenance=(loaded.provenance,))


class Collaborative:
    """What people with like histories took: the mean of the collaborative models that are loaded."""

    name = "collaborative"

    def __init__(self, *models: Model) -> None:
        self._models = models

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """Mean of the models' normalised scores; names each model that is not there."""
        signals = [model.score(ctx, keys) for model in self._models]
        missing = tuple(dict.fromkeys(name for signal in signals for name in signal.missing))
        provenance = tuple(made for signal in signals for made in signal.provenance)
        there = [normalised(signal.values) for signal in signals if np.isfinite(signal.values).any()]
        if not there:
            return Signal.absent(len(keys), *missing)
        return Signal(np.mean(there, axis=0), missing, provenance)


class Content:
    """Cosine of the item's words and those of the user: of the profile while the user is new, of what was taken."""

    name = "content_based"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """-1 to 1; unknown for items without words, and where neither profile nor history says anything."""
        if (missing := _no_history(ctx)) is not None and not len(ctx.profile):
            return Signal.absent(len(keys), *missing)
        loaded = ctx.world.models.get(self.name)
        if loaded is None or loaded.content is None or ctx.taste is None:
            return Signal.absent(len(keys), f"model:{self.name}")
        return Signal(loaded.content.score(ctx.taste, keys), provenance=(loaded.provenance,))


class Likeness:
    """How like the item asked about each item is, by one model."""

    def __init__(self, model: str, *, limit: int) -> None:
        self.name = model
        self._limit = limit

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """Similarity of the anchor's nearest `limit` items; 0 beyond."""
        loaded = ctx.world.models.get(self.name)
        if loaded is None or ctx.anchor is None:
            return Signal.absent(len(keys), f"model:{self.name}")
        near = loaded.neighbours([ctx.anchor], self._limit)
        known = near.items[0] >= 0
        if not known.any():
            return Signal.absent(len(keys), f"item:{self.name}")
        table = np.zeros(ctx.size)
        table[near.items[0][known]] = near.scores[0][known]
        return Signal(table[keys], provenance=(loaded.provenance,))


class Trending:
    """Engagement over the last day, logarithmic."""

    name = "trending"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """log(1 + decayed engagement); missing where nothing happened anywhere lately."""
        if not len(ctx.world.charts.trending):
            return Signal.absent(len(keys), "activity:24h")
        scores = ctx.world.activity.trending_of(keys, 24, ctx.world.now)
        return Signal(np.log1p(scores), provenance=(LIVE_COUNTS,))


class Popularity:
    """All-time engagement, logarithmic."""

    name = "popular"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """log(1 + all-time positive weight)."""
        return Signal(np.log1p(ctx.world.activity.popularity_of(keys)), provenance=(LIVE_COUNTS,))


class Interests:
    """Whether the item's category is one the user named or has begun to like: first 1, second 1/2, ..."""

    name = "interests"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """1 / place of the category among the favourites; absent for a user without any."""
        favourites = ctx.favourite_categories
        if not favourites:
            return Signal.absent(len(keys))
        corpus = ctx.world.corpus
        worth = np.zeros(len(corpus.categories.words) + 1)  # the last place is for items without a category
        worth[favourites] = 1.0 / np.arange(1, len(favourites) + 1)
        return Signal(worth[corpus.category[keys]])


class Locale:
    """Whether the item is in the user's language."""

    name = "locale"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """1 in the language of the user's locale, else 0; absent where either side is not known."""
        corpus = ctx.world.corpus
        code = corpus.languages.code(ctx.viewer.language)
        if code < 0:
            return Signal.absent(len(keys))
        return Signal((corpus.language[keys] == code).astype(np.float64))


class MoodOfProfile:
    """Whether the item has the mood that the user's profile names."""

    name = "mood"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """1 for that mood, else 0; absent without one."""
        corpus, user = ctx.world.corpus, ctx.viewer.user
        mood = None if user is None else user.profile.get("mood")
        code = corpus.moods.code(mood) if isinstance(mood, str) else -1
        if code < 0:
            return Signal.absent(len(keys))
        return Signal((corpus.mood[keys] == code).astype(np.float64))


class Affinity:
    """Items of people the viewer follows and channels the viewer subscribed to."""

    name = "affinity"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """1 or 0."""
        corpus = ctx.world.corpus
        near = within(corpus.author[keys], ctx.followed) | within(corpus.channel[keys], ctx.subscribed)
        return Signal(near.astype(np.float64))


class JustTaken:
    """Whether the item is like what the user took last, whatever the long history says: the next swipe counts."""

    name = "just_taken"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """1 for the nearest neighbour of the newest liked item, falling with its place in the list, and half as much
        for each item further back; 0 beyond the three newest and the twenty nearest."""
        anchors = ctx.liked[:_NEWEST].tolist()
        near, worth = [np.empty(0, np.int64)], [np.empty(0)]
        for name in ("content_based", "item_item"):
            loaded = ctx.world.models.get(name)
            if loaded is not None:
                near.append(loaded.neighbours(anchors, _NEAR).items.ravel())
                worth.append((_BY_STEP_BACK[: len(anchors), None] * _BY_PLACE).ravel())
        return Signal(_greatest(np.concatenate(near), np.concatenate(worth), keys))


class Aversion:
    """Items of creators of whom the viewer refused something (hid, reported, not interested)."""

    name = "aversion"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """1 or 0; all 0 where the history may not be used."""
        corpus = ctx.world.corpus
        if not ctx.viewer.personalise:
            return Signal(np.zeros(len(keys)))
        refused = ctx.refused[ctx.refused < ctx.size]
        averse = np.zeros(len(keys), np.bool_)
        for column in (corpus.author, corpus.channel):
            disliked = column[refused]
            averse |= among(column[keys], disliked[disliked >= 0].tolist())
        return Signal(averse.astype(np.float64))


def _greatest(of: Keys, worth: Values, keys: Keys) -> Values:
    """The greatest worth among the places of each of `keys` in `of`; 0 where it has none.

    >>> _greatest(np.array([7, 5, 7]), np.array([0.5, 1.0, 0.8]), np.array([5, 6, 7])).tolist()
    [1.0, 0.0, 0.8]
    """
    order = np.lexsort((worth, of))
    of, worth = of[order], worth[order]
    last = np.searchsorted(of, keys, side="right") - 1
    return np.where((last >= 0) & (of[last] == keys), worth[last], 0.0) if len(of) else np.zeros(len(keys))


def _no_history(ctx: Context) -> tuple[str, ...] | None:
    if not ctx.viewer.personalise:
        return ("history:not_permitted",) if ctx.viewer.user is not None else ("history:no_user",)
    return None if len(ctx.rows) else ()
