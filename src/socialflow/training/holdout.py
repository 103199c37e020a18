"""Leave-one-out by time inside a snapshot, and what a recommender and the floors score on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.interactions import NO_FOLLOWS, FloatArray, Follows, Histories, IntArray, Interactions
from socialflow.recommendation.protocol import Recommender
from socialflow.training.config import EvaluationConfig

Values = npt.NDArray[np.float64]
Metrics = dict[str, Values]
"""Metric -> one value a sampled user."""
_OTHERS = 1_000
"""Items that `auc` compares with."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """m sampled users: `train` is everything but their held-out items, `histories` (m) their part of it, `held` (m,)
    the item each came to like last; `min_weight` says what counts as liked."""

    train: Interactions
    histories: Histories
    held: IntArray
    min_weight: float

    def __len__(self) -> int:
        return len(self.held)

    def halves(self) -> "tuple[Holdout, Holdout]":
        """The sampled users in two: settings are chosen on the first half, the verdict is passed on the second."""
        middle = len(self) // 2
        first, second = self.histories.rows(0, middle), self.histories.rows(middle, len(self))
        return replace(self, histories=first, held=self.held[:middle]), replace(
            self, histories=second, held=self.held[middle:]
        )


def hold_out(interactions: Interactions, config: EvaluationConfig, follows: Follows = NO_FOLLOWS) -> Holdout:
    """Hold out, for each sampled user, the liked item met last, with all of the user's rows on it.

    Users with fewer than `config.min_positives` distinct liked items are not sampled.
    """
    users, items, first = _likes(interactions, config.min_weight)
    owners, counts = np.unique(users, return_counts=True)
    eligible = owners[counts >= config.min_positives]
    rng = np.random.default_rng(config.seed)
    sampled = np.sort(rng.choice(eligible, min(config.users, len(eligible)), replace=False))
    order = np.lexsort((items, first, users))
    last = order[np.searchsorted(users[order], sampled, side="right") - 1] if len(sampled) else order[:0]
    held = items[last]
    train = interactions.where(~_is_pair(interactions, sampled, held))
    histories = replace(_histories(train, sampled), followed=follows.histories(sampled, train))
    return Holdout(train, histories, held, config.min_weight)


def measure(model: Recommender, holdout: Holdout, ks: Sequence[int]) -> Metrics:
    """Ranking metrics of each sampled user, seen items left out of the lists, and `auc`."""
    metrics = _quality(model.top(holdout.histories, max(ks)).items, holdout, ks)
    others = _others(model.item_ids)
    scores = model.score_items(holdout.histories, np.concatenate((others, holdout.held)))
    held = scores[np.arange(len(holdout)), len(others) + np.arange(len(holdout))]
    return metrics | {"auc": _auc(scores[:, : len(others)], held)}


def measure_popularity(holdout: Holdout, ks: Sequence[int]) -> Metrics:
    """The same for one list for all: items by how many users liked them, each user's own left out."""
    _, items, _ = _likes(holdout.train, holdout.min_weight)
    ids, counts = np.unique(items, return_counts=True)
    popular = ids[np.argsort(-counts, kind="stable")]
    histories = holdout.histories
    lists = np.full((len(holdout), max(ks)), -1, np.int64)
    for row in range(len(holdout)):
        seen = histories.items[histories.indptr[row] : histories.indptr[row + 1]]
        head = popular[: max(ks) + len(seen)]
        fresh = head[~np.isin(head, seen)][: max(ks)]
        lists[row, : len(fresh)] = fresh
    others = _others(ids)
    of_others = np.broadcast_to(_counted(others, ids, counts), (len(holdout), len(others)))
    return _quality(lists, holdout, ks) | {"auc": _auc(of_others, _counted(holdout.held, ids, counts))}


def means(metrics: Metrics) -> dict[str, float]:
    """The mean of each metric over the users; 0 where there are none."""
    return {name: float(values.mean()) if len(values) else 0.0 for name, values in metrics.items()}


def expected_of_chance(n_items: int, ks: Sequence[int], users: int) -> Metrics:
    """What lists drawn at random from `n_items` items score on average, for one relevant item a user."""
    metrics = {"auc": np.full(users, 0.5)}
    for k in ks:
        places = np.eye(min(k, n_items), k, dtype=np.bool_)
        for name, values in rank_quality(places, np.ones(len(places), np.int64), [k]).items():
            metrics[name] = np.full(users, values.sum() / n_items)
    return metrics


def _likes(rows: Interactions, min_weight: float) -> tuple[IntArray, IntArray, npt.NDArray[np.float64]]:
    """Distinct (user, item) pairs of at least this summed weight, by user then item, and when each began."""
    order = np.lexsort((rows.at, rows.items, rows.users))
    users, items = rows.users[order], rows.items[order]
    new = np.ones(len(users), np.bool_)
    new[1:] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
    starts = np.flatnonzero(new)
    weights = np.add.reduceat(rows.weights[order].astype(np.float64), starts) if len(starts) else np.empty(0)
    liked = starts[weights >= min_weight]
    return users[liked], items[liked], rows.at[order][liked]


def _is_pair(rows: Interactions, users: IntArray, items: IntArray) -> npt.NDArray[np.bool_]:
    """Which rows are of one of the pairs (users[i], items[i]); `users` ascending without repeats."""
    if not len(users):
        return np.zeros(len(rows), np.bool_)
    place = np.minimum(np.searchsorted(users, rows.users), len(users) - 1)
    pairs: npt.NDArray[np.bool_] = (users[place] == rows.users) & (items[place] == rows.items)
    return pairs


def _histories(rows: Interactions, users: IntArray) -> Histories:
    """The users' rows, oldest first; `users` ascending without repeats."""
    theirs = rows.where(np.isin(rows.users, users))
    order = np.lexsort((theirs.at, theirs.users))
    counts = np.bincount(np.searchsorted(users, theirs.users), minlength=len(users))
    indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    now = float(rows.at.max()) if len(rows) else 0.0
    return Histories(indptr, theirs.items[order], theirs.weights[order], theirs.at[order], now)


def _others(ids: IntArray) -> IntArray:
    """A fixed sample of the items, for `auc`."""
    return np.random.default_rng(0).permutation(ids)[:_OTHERS]


def _counted(items: IntArray, ids: IntArray, counts: IntArray) -> FloatArray:
    """The count of each item; `ids` ascending."""
    places = np.minimum(np.searchsorted(ids, items), len(ids) - 1)
    return np.where(ids[places] == items, counts[places], 0).astype(np.float32)


def _auc(others: FloatArray, held: FloatArray) -> Values:
    """Share of the other items (m, n) that score below the held-out one (m,), ties half; NaN is lowest.

    Sensitive where a catalogue is so large that hardly any held-out item is among the first ten of any model.
    """
    low = np.nan_to_num(others, nan=-np.inf)
    own = np.nan_to_num(held, nan=-np.inf)[:, None]
    shares: Values = ((low < own) + 0.5 * (low == own)).mean(axis=1)
    return shares


def _quality(lists: IntArray, holdout: Holdout, ks: Sequence[int]) -> Metrics:
    indptr = np.arange(len(holdout) + 1)
    hits = find_hits(lists, indptr, holdout.held)
    return dict(rank_quality(hits, np.ones(len(holdout), np.int64), ks))
