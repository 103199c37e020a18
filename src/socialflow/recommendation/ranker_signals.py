"""What the ranker looks at: signals of an item for a history, raw, as of now.

None of them depends on what else is a candidate, nor on where an item will stand: what is predicted of an item is said
of the item. They are kept with every entry of an answer, so that a ranker learns from exactly what serving saw.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.context import HISTORY_LIMIT, Context, Keys
from socialflow.recommendation.corpus import Corpus
from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.log import MICROS
from socialflow.recommendation.pipeline import Scorer, Signal
from socialflow.recommendation.scorers.signals import (
    Affinity,
    Content,
    Interests,
    JustTaken,
    Locale,
    Model,
    MoodOfProfile,
    Popularity,
    Trending,
)

_HOUR = 3600.0
_PRIOR = 5.0
"""Interactions that the mean of all counts for beside an item's, a person's, a category's own."""


class Worth:
    """What people made of the item: value-model weight of a reaction to it, drawn to the mean where there are few."""

    name = "worth"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """Mean positive weight; the mean of all items for one that nobody met."""
        activity = ctx.world.activity
        weights, rows = activity.popularity_of(keys), activity.rows(ctx.size)[keys]
        return Signal((weights + _PRIOR * activity.mean_weight()) / (rows + _PRIOR))


class Met:
    """How much is known of the item."""

    name = "met"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """log(1 + interactions)."""
        return Signal(np.log1p(ctx.world.activity.rows(ctx.size)[keys].astype(np.float64)))


class Age:
    """How old the item is."""

    name = "age"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """log(1 + hours)."""
        return Signal(np.log1p(ctx.age(keys) / _HOUR))


class Velocity:
    """Whether more or less happens to the item than before."""

    name = "velocity"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """log of the rate of the last six hours over that of the last day."""
        world = ctx.world
        motion = world.activity.motion(24, keys, world.corpus.created_at[keys] / MICROS, world.now)
        return Signal(np.log(np.maximum(motion.velocity, 1e-3)))


class Length:
    """How much is known of the person; the same for every item."""

    name = "length"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """log(1 + interactions)."""
        return Signal(np.full(len(keys), np.log1p(len(ctx.rows))))


class Generosity:
    """How much the person gives to whatever is shown; the same for every item."""

    name = "generosity"

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """Mean weight of the newest rows; unknown without any."""
        recent = ctx.weights[-HISTORY_LIMIT:]
        return Signal(np.full(len(keys), float(recent.mean()) if len(recent) else np.nan))


class Taste:
    """What the person made of items that share something with this one: `of` tells code -1 where there is nothing."""

    def __init__(self, name: str, of: Callable[[Corpus, Keys], npt.NDArray[np.int32]]) -> None:
        self.name = name
        self._of = of

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """Mean weight of the newest rows that share it, less the mean of all of them, drawn to 0 where there are few;
        0 for what was never met, unknown for items without."""
        items, weights = ctx.rows.items[-HISTORY_LIMIT:], ctx.weights[-HISTORY_LIMIT:].astype(np.float64)
        heard = items < ctx.size
        met, codes = self._of(ctx.world.corpus, items[heard].astype(np.int64)), self._of(ctx.world.corpus, keys)
        surplus = (weights - weights.mean() if len(weights) else weights)[heard]
        kinds, places = np.unique(codes, return_inverse=True)
        found = np.minimum(np.searchsorted(kinds, met), len(kinds) - 1)
        shared = kinds[found] == met if len(kinds) else np.zeros(len(met), np.bool_)
        sums = np.bincount(found[shared], surplus[shared], len(kinds))
        counts = np.bincount(found[shared], minlength=len(kinds))
        return Signal(np.where(codes >= 0, (sums / (counts + _PRIOR))[places], np.nan))


SIGNALS: tuple[Scorer, ...] = (
    Model("item_item"),
    Model("als"),
    Content(),
    JustTaken(),
    Trending(),
    Popularity(),
    Worth(),
    Met(),
    Velocity(),
    Age(),
    Interests(),
    Locale(),
    MoodOfProfile(),
    Affinity(),
    Taste("category_taste", lambda corpus, keys: corpus.category[keys]),
    Taste("maker_taste", Corpus.maker),
    Length(),
    Generosity(),
)
"""In the order of the columns."""
NAMES: tuple[str, ...] = tuple(signal.name for signal in SIGNALS)


def signals(ctx: Context, keys: Keys) -> FloatArray:
    """All signals (n, len(SIGNALS)) of items, NaN where one cannot tell.

    Rounded to half precision, as they are kept with an answer: what is learnt from is to the last bit what was served.
    """
    columns = [signal.score(ctx, keys).values for signal in SIGNALS]
    return np.stack(columns, axis=1).astype(np.float16).astype(np.float32)
