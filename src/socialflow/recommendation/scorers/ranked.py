"""What an item is worth to a person by what they will do with it: the ranker's predictions under the value model."""

import numpy as np

from socialflow.content.records import InteractionType
from socialflow.recommendation import ranker_signals
from socialflow.recommendation.context import Context, Keys
from socialflow.recommendation.pipeline import Valued
from socialflow.recommendation.ranker import RANKER


class ExpectedValue:
    """``sum over heads of weight(head) P(head | the item is looked at)``, in the units of rewards."""

    name = "expected_value"

    def value(self, ctx: Context, keys: Keys) -> Valued:
        """One term a head; names the ranker where it is not there, and heads that it could not learn."""
        loaded = ctx.world.ranker
        if loaded is None:
            return Valued((), (f"model:{RANKER}",))
        predicted = loaded.model.predict(ranker_signals.NAMES, ranker_signals.signals(ctx, keys)).astype(np.float64)
        terms = [
            (called(head), ctx.world.weigh.weight(head), predicted[:, place])
            for place, head in enumerate(loaded.model.heads)
        ]
        missing = tuple(f"head:{head}" for head in loaded.model.missing if ctx.world.weigh.weight(head))
        return Valued(tuple(terms), missing, (loaded.provenance,))


def called(head: InteractionType) -> str:
    """The name of a head's term.

    >>> called(InteractionType.LIKE), called(InteractionType.VIEW)
    ('P(like)', 'E(watched)')
    """
    return "E(watched)" if head is InteractionType.VIEW else f"P({head})"
