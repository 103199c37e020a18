"""The trending list: what gathers engagement in a window, and which way it moves."""

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.ids import ItemKey
from socialflow.recommendation.activity import WINDOWS
from socialflow.recommendation.context import Context
from socialflow.recommendation.filters.item import Visibility
from socialflow.recommendation.filters.viewer import Blocked, Muted, Refused
from socialflow.recommendation.log import MICROS
from socialflow.recommendation.pipeline import Drawn, Filter, pool, sieve
from socialflow.recommendation.records import Provenance, Status, TrendingEntry
from socialflow.recommendation.scorers.signals import LIVE_COUNTS

FILTERS: tuple[Filter, ...] = (Visibility(), Blocked(), Muted(), Refused())
DIRECTIONS = {1: "rising", 0: "stable", -1: "falling"}


def check_window(window_hours: int) -> None:
    """Raises InvalidInput for a window that is not counted."""
    if window_hours not in WINDOWS:
        choices = ", ".join(str(hours) for hours in WINDOWS)
        raise InvalidInput(f"window_hours must be one of {choices}, not {window_hours}", field="window_hours")


def trending(ctx: Context, window_hours: int) -> tuple[list[TrendingEntry], Provenance, Status, tuple[str, ...]]:
    """The asked page of the list; by all-time engagement, and said so, where the window is empty."""
    world, query = ctx.world, ctx.query
    scores = world.activity.trending(window_hours, world.now, ctx.size)
    keys = np.flatnonzero(ctx.scope & (scores > 0))
    missing: tuple[str, ...] = ()
    if not len(keys):
        scores = world.activity.popularity(ctx.size)
        keys = np.flatnonzero(ctx.scope & (scores > 0))
        missing = (f"activity:{window_hours}h",)
    keys = sieve(FILTERS, ctx, pool(ctx, [Drawn.of(keys)]))[0].keys
    keys = keys[np.lexsort((keys, -scores[keys]))][(query.page - 1) * query.page_size : query.page * query.page_size]
    motion = world.activity.motion(window_hours, keys, world.corpus.created_at[keys] / MICROS, world.now)
    entries = [
        TrendingEntry(ItemKey(key), item_id, round(score, 6), round(velocity, 4), DIRECTIONS[direction])
        for key, score, velocity, direction in zip(
            keys.tolist(), scores[keys].tolist(), motion.velocity.tolist(), motion.direction.tolist(), strict=True
        )
        if (item_id := world.corpus.ids[key]) is not None
    ]
    return entries, LIVE_COUNTS, Status.PARTIAL if missing else Status.COMPLETE, missing
