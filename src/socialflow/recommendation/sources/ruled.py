"""What rules want to see in the answer."""

import numpy as np

from socialflow.recommendation.context import Context, Keys
from socialflow.recommendation.pipeline import Drawn
from socialflow.recommendation.ruled import matching
from socialflow.recommendation.rules import Pin, Quota, Rule
from socialflow.recommendation.sources.catalogue import first_where


class Called:
    """Items of the rules in force that pin or ask for a quota: what trends among them, then the newest."""

    name = "rules"

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    def candidates(self, ctx: Context) -> Drawn:
        """At most `limit` a rule, and more on later pages."""
        wanting = [rule for rule in ctx.rules if isinstance(rule.action, Pin | Quota)]
        return Drawn.of(np.concatenate([np.empty(0, np.int64), *(self._of(ctx, rule) for rule in wanting)]))

    def _of(self, ctx: Context, rule: Rule) -> Keys:
        if rule.match.item:
            named = ctx.world.corpus.keys(rule.match.item)
            return named[named < ctx.size]
        limit = self._limit + len(ctx.shown)
        orders = (ctx.trending, ctx.newest)
        return np.concatenate([first_where(order, lambda keys: matching(ctx, rule, keys), limit) for order in orders])
