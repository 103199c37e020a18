"""A varied list as the likeliest one of a determinantal point process."""

from collections.abc import Callable

import numpy as np

from socialflow.recommendation.context import Context, Values
from socialflow.recommendation.pipeline import Ranking
from socialflow.recommendation.selectors.rerank import head_of
from socialflow.recommendation.selectors.similarity import Similarity

_LEAST = 1e-9
"""Squared volume below which an item is a copy of what was chosen."""


class DeterminantalPointProcess:
    """A determinantal point process over the head (Chen, Zhang and Zhou 2018): next is the item with which the chosen
    Y make greatest

        theta sum of the scores of Y + (1 - theta) log det S_Y,

    S being `Similarity`: det S_Y is the squared volume that the items span, 1 where none is like another, 0 where one
    says nothing that the others do not. Unlike a pairwise penalty it sees that an item is covered by several others
    together. `theta` 1 ranks by score alone.
    """

    name = "dpp"

    def __init__(self, *, theta: float) -> None:
        self._theta = theta

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Reorder as much of the head as the answer needs."""
        head = head_of(ctx, ranking)
        if len(head) < 3:
            return
        similar = Similarity(ctx, ranking.candidates.keys[head])
        chosen = greedy_map(ranking.scores[head], similar.row, min(ctx.need, len(head)), self._theta)
        ranking.reorder(head[chosen].tolist(), self.name)


def greedy_map(quality: Values, row: Callable[[int], Values], k: int, theta: float) -> list[int]:
    """Places of k items, each the one that adds most to theta sum of quality (n,) + (1 - theta) log det S of those
    chosen; `row(i)` is the i-th row of S, whose diagonal is 1.

    The Cholesky factor of S over the chosen is extended for all items at once: with c_i an item's row of the factor and
    d_i^2 what is left of it, choosing j gives e_i = (S_ji - c_j c_i) / d_j and d_i^2 <- d_i^2 - e_i^2, O(k n) a step.

    Reference: Chen, Zhang and Zhou, "Fast Greedy MAP Inference for Determinantal Point Process", NeurIPS 2018.

    >>> twins = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> greedy_map(np.array([1.0, 0.9, 0.8]), twins.__getitem__, 3, 0.65)
    [0, 2, 1]
    >>> greedy_map(np.array([1.0, 0.9, 0.8]), twins.__getitem__, 3, 1.0)
    [0, 1, 2]
    """
    left, factor = np.ones(len(quality)), np.zeros((k, len(quality)))
    open_ = np.ones(len(quality), np.bool_)
    chosen: list[int] = []
    for step in range(k):
        worth = np.where(open_, theta * quality + (1.0 - theta) * np.log(left), -np.inf)
        best = int(np.argmax(worth))
        chosen.append(best)
        open_[best] = False
        if left[best] > _LEAST:
            factor[step] = (row(best) - factor[:step, best] @ factor[:step]) / np.sqrt(left[best])
            left = np.maximum(left - factor[step] ** 2, _LEAST)
    return chosen
