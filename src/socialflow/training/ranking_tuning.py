"""Choosing settings on a part of train: a grid and a space per algorithm, tried on the protocol's validation cut."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.interactions import ItemTable
from socialflow.recommendation.protocol import Recommender
from socialflow.training.protocols import Split
from socialflow.training.ranking_run import rank, run
from socialflow.training.recency import choose_half_life

Settings = Mapping[str, Any]
Build = Callable[[Settings], Recommender]
StageProgress = Callable[[int, int], None]
"""Hears (done, total)."""

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
    "content_based": [{"meaning": share} for share in (0.0, 0.5, 0.9)],
    "collaborative": [{"shares": shares} for shares in ((0, 0, 1, 0), (0, 0.5, 0.5, 0), (0.25, 0.25, 0.25, 0.25))],
    "graph": [{"rank": rank} for rank in (128, 256)],
    "hybrid": [{"half_life_hours": hours} for hours in (6.0, 24.0, 24.0 * 7, 24.0 * 30, None)],
}
"""What is tried, by algorithm; the algorithm's own defaults are always tried first."""


@dataclass(frozen=True, slots=True)
class Between:
    """Any number from `low` to `high`, whole where both are; `log`: as many below as above their geometric mean."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these."""

    options: tuple[float | None, ...]


Dimension: TypeAlias = Between | OneOf | tuple[Between, ...]
"""Where one setting is looked for; several ranges where it is a tuple of numbers."""

_DAYS = OneOf((6.0, 24.0, 24.0 * 7, 24.0 * 30, None))
_NEURAL: Mapping[str, Dimension] = {
    "width": OneOf((64, 128)),
    "dropout": Between(0.1, 0.6),
    "learning_rate": Between(3e-4, 3e-3, log=True),
}

SPACES: Mapping[str, Mapping[str, Dimension]] = {
    "trending": {"half_life_hours": _DAYS},
    "item_item": {"kernel": (Between(0.3, 1.2), Between(0.3, 1.2), Between(0.0, 0.8))},
    "user_user": {
        "neighbours": Between(50, 2000, log=True),
        "source": Between(0.2, 0.8),
        "target": Between(0.0, 0.6),
    },
    "sparse_linear": {"ridge": Between(10.0, 1000.0, log=True), "dropout": Between(0.1, 0.8)},
    "svd": {"factors": Between(32, 512, log=True), "user": Between(0.0, 0.75), "power": Between(0.25, 1.25)},
    "svdpp": {"factors": Between(32, 256, log=True), "regularisation": Between(0.03, 3.0, log=True)},
    "nmf": {"factors": Between(25, 300, log=True), "target": Between(0.0, 0.6), "ridge": Between(0.3, 30.0, log=True)},
    "als": {
        "factors": Between(32, 256, log=True),
        "alpha": Between(1.0, 100.0, log=True),
        "regularisation": Between(1.0, 100.0, log=True),
    },
    "transformer": _NEURAL,
    "neural_cf": _NEURAL,
    "deep": _NEURAL,
    "content_based": {"meaning": Between(0.0, 1.0)},
    "collaborative": {"shares": (Between(0.0, 1.0),) * 4},
    "graph": {"rank": Between(64, 768, log=True)},
    "hybrid": {"half_life_hours": _DAYS},
    "social": {"half_life_hours": _DAYS},
}
"""Where a search looks, by algorithm and setting."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings that were tried, and the mean of the metric, if `pruned` over the users asked before it was given up."""

    settings: Settings
    value: float
    pruned: bool = False


@dataclass(frozen=True, slots=True)
class Tuned:
    """The settings chosen, and everything that was tried on the `users` of the validation cut, in order."""

    settings: Settings
    by: str
    metric: str
    users: int
    tried: Sequence[Trial]

    @classmethod
    def of(cls, by: str, metric: str, users: int, tried: Sequence[Trial]) -> "Tuned":
        """The best of what was tried to the end; the first of equals."""
        best = max((trial for trial in tried if not trial.pruned), key=lambda trial: trial.value)
        return cls(best.settings, by, metric, users, tried)

    def as_json(self) -> dict[str, Any]:
        """As reports show it."""
        tried = [{**asdict(trial), "value": round(trial.value, 6)} for trial in self.tried]
        return {"by": self.by, "cut": "part of train", "metric": self.metric, "users": self.users, "tried": tried}


def check_cut(split: Split) -> None:
    """Settings are never chosen by looking at the test. Raises InvalidInput for a test cut."""
    if split.is_test:
        raise InvalidInput("settings are chosen on a part of train; this is the test cut", field="split")


def best_settings(
    build: Build,
    trials: Sequence[Settings],
    split: Split,
    items: ItemTable | None,
    *,
    k: int,
    progress: StageProgress,
) -> Tuned:
    """The trial with the greatest mean NDCG@k on the users of a validation cut; the first of equals."""
    check_cut(split)
    tried = []
    for number, settings in enumerate(trials):
        progress(number, len(trials))
        values = run(build(settings), split, items, [k]).values[f"ndcg@{k}"]
        tried.append(Trial(settings, float(values.mean())))
    return Tuned.of("grid", f"ndcg@{k}", len(split), tried)


def best_half_life(model: Recommender, split: Split, items: ItemTable | None, *, k: int) -> float | None:
    """The half-life of histories with the greatest mean NDCG@k on a validation cut, for a model fitted on its train."""
    check_cut(split)
    model.fit(split.train, items if model.needs_items else None, split.follows)

    def quality(half_life: float | None) -> float:
        model.half_life = half_life
        hits = find_hits(rank(model, split, k), split.indptr, split.relevant)
        return float(rank_quality(hits, np.diff(split.indptr), [k])[f"ndcg@{k}"].mean())

    return choose_half_life(quality)
