"""What ranked lists do to the catalogue and to the reader, apart from being right.

`ranked` is (m, k) with item ids and -1 at empty places. Reference: Castells, Hurley, Vargas, "Novelty and Diversity in
Recommender Systems", Recommender Systems Handbook, 2nd ed. 2015.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.signedinteger[Any]]
Counts = Floats | Ints


def coverage(ranked: Ints, n_items: int) -> float:
    """Share of the catalogue that appears in some list, 0 to 1.

    >>> coverage(np.array([[0, 1], [1, -1]]), 4)
    0.5
    """
    return len(np.unique(ranked[ranked >= 0])) / n_items


def gini(ranked: Ints, n_items: int) -> float:
    """Inequality of exposure over the catalogue: 0 all items shown alike, towards 1 one item shown always.

    >>> gini(np.array([[0], [1]]), 2), gini(np.array([[0], [0]]), 2)
    (0.0, 0.5)
    """
    _, shown = np.unique(ranked[ranked >= 0], return_counts=True)
    counts = np.sort(np.concatenate((np.zeros(n_items - len(shown)), shown)))
    if not counts.sum():
        return 0.0
    places = np.arange(1, n_items + 1)
    return float((2 * places - n_items - 1) @ counts / (n_items * counts.sum()))


def novelty(ranked: Ints, popularity: Counts, n_users: int) -> float:
    """Mean self-information of what is shown, in bits: ``-log2`` of the share of users who took the item.

    `popularity` (ids,) counts an item's users, indexed by id; an item nobody took counts as taken by one.

    >>> novelty(np.array([[0, 1]]), np.array([4.0, 1.0]), 4)
    1.0
    """
    shown = ranked[ranked >= 0]
    if not len(shown):
        return 0.0
    return float(-np.log2(np.maximum(popularity[shown], 1.0) / n_users).mean())


def popularity_lift(ranked: Ints, indptr: Ints, history: Ints, popularity: Counts) -> float:
    """How much more popular lists are than their readers' histories: 0 as popular, 1 twice as popular.

    Mean over users of mean popularity, of the list against the history (Abdollahpouri et al., "The Unfairness of
    Popularity Bias in Recommendation", RecSys 2019); users with an empty list or history are left out.

    >>> popularity_lift(np.array([[0, 0]]), np.array([0, 1]), np.array([1]), np.array([6.0, 3.0]))
    1.0
    """
    owners = np.repeat(np.arange(len(ranked)), np.diff(indptr))
    lengths = np.diff(indptr)
    shown = (ranked >= 0).sum(axis=1)
    both = (lengths > 0) & (shown > 0)
    if not both.any():
        return 0.0
    taken = np.bincount(owners, popularity[history], len(ranked))[both] / lengths[both]
    offered = np.where(ranked >= 0, popularity[ranked], 0.0).sum(axis=1)[both] / shown[both]
    return float(offered.mean() / taken.mean() - 1.0)


def list_diversity(ranked: Ints, vectors: Floats | npt.NDArray[np.float32]) -> float:
    """Mean over lists of the mean cosine distance between two of their items, 0 to 2.

    `vectors` (ids, d) have length 1 and are indexed by id; lists of fewer than two items are left out.

    >>> list_diversity(np.array([[0, 1]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    1.0
    """
    distances = []
    for row in ranked:
        items = row[row >= 0]
        n = len(items)
        if n >= 2:
            total = vectors[items].sum(axis=0)
            likeness = (total @ total - (vectors[items] ** 2).sum()) / (n * (n - 1))
            distances.append(1.0 - float(likeness))
    return float(np.mean(distances)) if distances else 0.0
