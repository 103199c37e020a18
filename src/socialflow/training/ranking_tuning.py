"""Choosing settings on a part of train: a small fixed grid per algorithm, tried on the protocol's validation cut."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.interactions import ItemTable
from socialflow.recommendation.protocol import Recommender
from socialflow.training.protocols import Split
from socialflow.training.ranking_run import rank, run
from socialflow.training.recency import choose_half_life

Settings = Mapping[str, Any]

TUNING_USERS = 5_000
"""Validation users at most: enough to tell settings apart, few enough to try a dozen in minutes."""

GRIDS: Mapping[str, Sequence[Settings]] = {
    "trending": [{"half_life_hours": hours} for hours in (6.0, 24.0, 24.0 * 7, 24.0 * 30, None)],
    "item_item": [
        {"kernel": (user, source, target)}
        for user, source, target in product((0.5, 1.0), (0.5, 0.7, 1.0), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
    ],
    "user_user": [
        {"neighbours": neighbours, "source": source, "target": target}
        for neighbours, source, target in product((100, 300, 1000), (0.3, 0.5), (0.1, 0.2, 0.4))
    ],
    "sparse_linear": [
        {"ridge": ridge, "dropout": dropout} for ridge, dropout in product((30.0, 100.0, 300.0), (0.3, 0.5, 0.7))
    ],
    "svd": [
        {"factors": factors, "user": user, "power": power}
        for factors, user, power in product((64, 128, 256, 512), (0.25, 0.5), (0.5, 1.0))
    ],
    "svdpp": [
        {"factors": factors, "regularisation": regularisation}
        for factors, regularisation in product((64, 128), (0.1, 0.5, 1.0))
    ],
    "nmf": [
        {"factors": factors, "target": target, "ridge": ridge}
        for factors, target, ridge in product((50, 100, 200), (0.2, 0.4), (1.0, 10.0))
    ],
    "als": [
        {"factors": factors, "alpha": alpha, "regularisation": regularisation}
        for factors, alpha, regularisation in product((64, 128, 256), (10.0, 40.0), (10.0, 50.0))
    ],
    "transformer": [{"dropout": 0.2}, {"dropout": 0.5}, {"width": 64}],
    "neural_cf": [{"dropout": 0.0}, {"dropout": 0.4}, {"width": 128}],
    "deep": [{"dropout": 0.2}, {"dropout": 0.5}, {"width": 64}],
    "content_based": [{"width": width} for width in (64, 128, 256)],
    "collaborative": [{"shares": shares} for shares in ((0, 0, 1, 0), (0, 0.5, 0.5, 0), (0.25, 0.25, 0.25, 0.25))],
    "graph": [{"rank": rank} for rank in (128, 256)],
    "hybrid": [{"half_life_hours": hours} for hours in (6.0, 24.0, 24.0 * 7, 24.0 * 30, None)],
}
"""What is tried, by algorithm; the algorithm's own defaults are always tried first."""


def best_settings(
    build: Callable[[Settings], Recommender],
    trials: Sequence[Settings],
    split: Split,
    items: ItemTable | None,
    *,
    k: int,
    progress: Callable[[int, int], None],
) -> Settings:
    """The trial with the greatest mean NDCG@k on the users of a validation cut; the first of equals."""
    quality = []
    for number, settings in enumerate(trials):
        progress(number, len(trials))
        quality.append(run(build(settings), split, items, [k]).values[f"ndcg@{k}"].mean())
    return trials[int(np.argmax(quality))]


def best_half_life(model: Recommender, split: Split, items: ItemTable | None, *, k: int) -> float | None:
    """The half-life of histories with the greatest mean NDCG@k on a validation cut, for a model fitted on its train."""
    model.fit(split.train, items if model.needs_items else None, split.follows)

    def quality(half_life: float | None) -> float:
        model.half_life = half_life
        hits = find_hits(rank(model, split, k), split.indptr, split.relevant)
        return float(rank_quality(hits, np.diff(split.indptr), [k])[f"ndcg@{k}"].mean())

    return choose_half_life(quality)
