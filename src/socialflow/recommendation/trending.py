"""The trending list: what gathers engagement in a window, and which way it moves."""

import math

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.ids import ItemKey
from socialflow.kit.answers import Status
from socialflow.recommendation.activity import WINDOWS
from socialflow.recommendation.context import Context
from socialflow.recommendation.filters.item import Visibility
from socialflow.recommendation.filters.ruled import Ruled
from socialflow.recommendation.filters.viewer import AgeRestricted, Blocked, Muted, Refused
from socialflow.recommendation.log import MICROS
from socialflow.recommendation.pipeline import Drawn, Filter, pool, sieve
from socialflow.recommendation.records import TrendingAnswer, TrendingEntry
from socialflow.recommendation.scorers.signals import LIVE_COUNTS

FILTERS: tuple[Filter, ...] = (Visibility(), AgeRestricted(), Blocked(), Muted(), Refused(), Ruled())
MOVED = math.exp(-3)
"""Least score of an item that moved: what one like three windows ago leaves."""
DIRECTIONS = {1: "rising", 0: "stable", -1: "falling"}


def check_window(window_hours: int) -> None:
    """Raises InvalidInput for a window that is not counted."""
    if window_hours not in WINDOWS:
        choices = ", ".join(str(hours) for hours in WINDOWS)
        raise InvalidInput(f"window_hours must be one of {choices}, not {window_hours}", field="window_hours")


def trending(ctx: Context, window_hours: int) -> TrendingAnswer:
    """The asked page of the list; what moved in the window first, below it the rest by all-time engagement."""
    world, query = ctx.world, ctx.query
    scores = world.activity.trending(window_hours, world.now, ctx.size)
    popularity = world.activity.popularity(ctx.size)
    keys = np.flatnonzero(ctx.scope & ((scores > 0) | (popularity > 0)))
    keys = sieve(FILTERS, ctx, pool(ctx, [Drawn.of(keys)]))[0].keys
    keys = keys[np.lexsort((keys, -popularity[keys], -scores[keys]))]
    last = query.page * query.page_size
    page = keys[last - query.page_size : last]
    beyond = not len(page) or bool((scores[page] < MOVED).any())
    motion = world.activity.motion(window_hours, page, world.corpus.created_at[page] / MICROS, world.now)
    entries = tuple(
        TrendingEntry(ItemKey(key), item_id, round(score, 6), round(velocity, 4), DIRECTIONS[direction])
        for key, score, velocity, direction in zip(
            page.tolist(), scores[page].tolist(), motion.velocity.tolist(), motion.direction.tolist(), strict=True
        )
        if (item_id := world.corpus.ids[key]) is not None
    )
    return TrendingAnswer(
        entries,
        has_more=len(keys) > last,
        provenance=LIVE_COUNTS,
        status=Status.PARTIAL if beyond else Status.COMPLETE,
        missing=(f"activity:{window_hours}h",) if beyond else (),
    )
