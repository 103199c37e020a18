"""What rules exclude."""

from collections.abc import Mapping

from socialflow.recommendation.context import Context, Keys, Mask
from socialflow.recommendation.ruled import label, matching
from socialflow.recommendation.rules import Exclude


class Ruled:
    """Items that a rule in force excludes."""

    name = "rules"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """By rule, in the order of the rules."""
        return {label(rule): matching(ctx, rule, keys) for rule in ctx.rules if isinstance(rule.action, Exclude)}
