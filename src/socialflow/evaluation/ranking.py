"""How good ranked lists are, user by user, for binary relevance.

All functions work on a whole batch of users. Reference: Manning, Raghavan, Schütze, "Introduction to Information
Retrieval", ch. 8; NDCG with binary gains as in He et al. (LightGCN), SIGIR 2020.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.signedinteger[Any]]

RANKING_METRICS = ("precision", "recall", "ndcg", "hit_rate", "map", "mrr")


def find_hits(ranked: Ints, indptr: Ints, relevant: Ints) -> Bools:
    """Which places of `ranked` (m, k) hold a relevant item; user u's are `relevant[indptr[u]:indptr[u + 1]]`.

    An id of -1 (an empty place) is never a hit.

    >>> find_hits(np.array([[5, 7], [7, -1]]), np.array([0, 1, 2]), np.array([7, 5])).tolist()
    [[False, True], [False, False]]
    """
    width = 1 + max(int(ranked.max(initial=0)), int(relevant.max(initial=0)))
    rows = np.arange(len(ranked))[:, None]
    wanted = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)) * width + relevant
    found: Bools = np.isin(rows * width + ranked, wanted) & (ranked >= 0)
    return found


def rank_quality(hits: Bools, n_relevant: Ints, ks: Sequence[int], *, capped_recall: bool = False) -> dict[str, Floats]:
    """Per-user values (m,) of every metric at every k, named `metric@k`.

    `hits` (m, at least max(ks)) marks relevant places, best first; `n_relevant` (m,) counts all relevant items, found
    or not, and must be at least 1. Per user, with h hits among the first k of n relevant items:

    * precision h / k; recall h / n, or h / min(n, k) if `capped_recall` (Liang et al., "Variational Autoencoders for
      Collaborative Filtering", WWW 2018); hit_rate 1 if h > 0
    * ndcg: sum of 1 / log2(place + 1) over hits, divided by the same sum over the first min(n, k) places
    * map: mean over the first min(n, k) relevant items of the precision at their place
    * mrr: 1 / place of the first hit

    >>> values = rank_quality(np.array([[False, True]]), np.array([1]), [2])
    >>> {name: round(float(value[0]), 3) for name, value in values.items()}
    {'precision@2': 0.5, 'recall@2': 1.0, 'ndcg@2': 0.631, 'hit_rate@2': 1.0, 'map@2': 0.5, 'mrr@2': 0.5}
    """
    values: dict[str, Floats] = {}
    places = np.arange(1, hits.shape[1] + 1)
    discounts = 1.0 / np.log2(places + 1.0)
    ideal = np.concatenate(([0.0], np.cumsum(discounts)))
    running = np.cumsum(hits, axis=1)
    for k in ks:
        first = hits[:, :k]
        count = first.sum(axis=1)
        reachable = np.minimum(n_relevant, k)
        values[f"precision@{k}"] = count / k
        values[f"recall@{k}"] = count / (reachable if capped_recall else n_relevant)
        values[f"ndcg@{k}"] = (first * discounts[:k]).sum(axis=1) / ideal[reachable]
        values[f"hit_rate@{k}"] = (count > 0).astype(np.float64)
        values[f"map@{k}"] = (first * running[:, :k] / places[:k]).sum(axis=1) / reachable
        values[f"mrr@{k}"] = (first / places[:k]).max(axis=1, initial=0.0)
    return values
