"""How simulated people behave: the true probabilities that a simulation draws from and its ground truth keeps.

With match m (0..1, taste times topics), item quality q (0..1), virality v and position k (from 0):

    P(examined | k)        = (1 + k) ** -position_decay
    E[watched | examined]  = sigmoid(b0 + b1 m + b2 (q - 1/2)); the fraction w is Beta-distributed around it
    P(action | w, ...)     = w * sigmoid(a0 + a1 m + a2 (q - 1/2) + a3 v)      like, share, comment, save
    P(hide | w, ...)       = (1 - w) * sigmoid(...)                            hide, not_interested

A watched fraction below `skip_below` is a skip, any other a view.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from socialflow.content.records import InteractionType

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_MATCH_SCALE = 2.2
"""Brings the product of two topic mixtures, at most about 0.5, to the range 0..1."""


def _default_actions() -> dict[InteractionType, tuple[float, float, float, float]]:
    return {
        InteractionType.LIKE: (-3.0, 3.6, 1.5, 0.0),
        InteractionType.SHARE: (-5.2, 2.0, 1.5, 1.6),
        InteractionType.COMMENT: (-4.6, 1.8, 0.5, 0.3),
        InteractionType.SAVE: (-4.4, 2.6, 1.5, 0.0),
        InteractionType.HIDE: (-4.2, -4.0, -1.0, 0.0),
        InteractionType.NOT_INTERESTED: (-4.0, -4.0, -0.5, 0.0),
    }


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Parameters of the formulas above: `watch` = (b0, b1, b2), `actions` = (a0, a1, a2, a3) per type."""

    position_decay: float = 0.6
    watch: tuple[float, float, float] = (-1.7, 3.4, 2.4)
    watch_concentration: float = 4.0
    skip_below: float = 0.12
    actions: Mapping[InteractionType, tuple[float, float, float, float]] = field(default_factory=_default_actions)

    def examination(self, positions: Ints) -> Floats:
        """P(examined) per position from 0."""
        return np.asarray((1.0 + positions) ** -self.position_decay, np.float32)

    def watch_mean(self, match: Floats, quality: Floats) -> Floats:
        """Expected watched fraction once examined."""
        b0, b1, b2 = self.watch
        return _sigmoid(b0 + b1 * match + b2 * (quality - 0.5))

    def action(self, kind: InteractionType, match: Floats, quality: Floats, virality: Floats) -> Floats:
        """The factor beside w (or 1 - w) in P(action)."""
        a0, a1, a2, a3 = self.actions[kind]
        return _sigmoid(a0 + a1 * match + a2 * (quality - 0.5) + a3 * virality)


def match(tastes: Floats, topics: Floats) -> Floats:
    """Match 0..1 of rows of tastes (n, K) with rows of item topics (n, K)."""
    return np.asarray(np.minimum(1.0, _MATCH_SCALE * np.einsum("nk,nk->n", tastes, topics)), np.float32)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), np.float32)
