"""One training run of a recommender: snapshot in, candidate version out; promotion is a separate act."""

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path

from socialflow.catalogue.records import Card, Version
from socialflow.catalogue.registry import Catalogue
from socialflow.errors import InvalidInput
from socialflow.kit.progress import Progress
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.vectors import VectorRecommender
from socialflow.training.config import TrainConfig, build
from socialflow.training.gate import Verdict, judge
from socialflow.training.holdout import (
    Holdout,
    Metrics,
    expected_of_chance,
    hold_out,
    means,
    measure,
    measure_popularity,
)
from socialflow.training.recency import choose_half_life
from socialflow.training.snapshot import Snapshot, read_snapshot

_LIBRARIES = ("socialflow", "numpy", "scipy", "scikit-learn", "implicit")
_STEPS = 6
_ASKED = 256
"""Histories on which an index of items is tried."""


def fit_recommender(config: TrainConfig, snapshot_dir: Path, catalogue: Catalogue, progress: Progress) -> Version:
    """Fit, measure, judge, fit again on everything, and store as a candidate.

    The active version is measured by its *recipe*: its algorithm and parameters fitted on the same training part. Its
    stored arrays were fitted on the very rows held out here, so they would look better than they are.

    The candidate is stored whether the gate accepts it or not; `metadata["gate"]["accepted"]` says which.

    Raises:
        InvalidInput: nothing to learn from, or a parameter out of range.
        ArtefactError: the snapshot is damaged.
    """
    progress("reading snapshot", 0, _STEPS)
    snapshot, interactions, items, follows = read_snapshot(snapshot_dir)
    if not len(items) or not len(interactions):
        raise InvalidInput("there is nothing to train on: import or simulate items and interactions first")
    progress("holding out", 1, _STEPS)
    holdout = hold_out(interactions, config.evaluation, follows)
    progress("fitting for the test", 2, _STEPS)
    candidate = config.build().fit(holdout.train, items, follows)
    choosing, judging = holdout.halves()
    candidate.half_life = _half_life(candidate, choosing, config)
    metrics = measure(candidate, judging, config.evaluation.k)
    progress("comparing", 3, _STEPS)
    active = catalogue.active(config.model)
    recipe = None if active is None else _recipe(active)
    if recipe is None or _same(recipe, candidate):
        rival = None if recipe is None else metrics
    else:
        rival = measure(recipe.fit(holdout.train, items, follows), judging, config.evaluation.k)
    floors = {
        "popularity": measure_popularity(judging, config.evaluation.k),
        "chance": expected_of_chance(len(items), config.evaluation.k, len(judging)),
    }
    verdict = judge(metrics, rival, floors[config.gate.floor], config.gate)
    progress("fitting on everything", 4, _STEPS)
    started = time.perf_counter()
    model = config.build().fit(interactions, items, follows)
    model.half_life = candidate.half_life
    model.learnt_until = min(float(interactions.at.max()), snapshot.created_at.timestamp())
    seconds = time.perf_counter() - started
    if isinstance(model, VectorRecommender):
        model.index_items(holdout.histories.rows(0, min(len(holdout), _ASKED)))
    metadata = _metadata(snapshot, model) | {
        "fit_seconds": round(seconds, 3),
        "data_until": datetime.fromtimestamp(float(interactions.at.max()), UTC).isoformat(),
        "evaluation": {
            "protocol": "leave-one-out by time",
            **config.evaluation.model_dump(mode="json"),
            "users": len(judging),
        },
        "metrics": means(metrics),
        "popularity": means(floors["popularity"]),
        "active": None if active is None else _rivalry(active, rival),
        "gate": {**config.gate.model_dump(mode="json"), **_verdict(verdict)},
    }
    progress("storing", 5, _STEPS)
    about = catalogue.add(config.model, config.model, model.save, metadata, card=_card(config, snapshot, verdict))
    progress("done", _STEPS, _STEPS)
    return about


def _rivalry(active: Version, rival: Metrics | None) -> dict[str, object]:
    return {"version": active.version, "metrics": None if rival is None else means(rival)}


def _recipe(active: Version) -> Recommender | None:
    """The active version's algorithm with its parameters, unfitted; None where this program cannot fit it any more."""
    parameters, half_life = active.metadata.get("parameters"), active.metadata.get("half_life")
    if active.kind not in ALGORITHMS or not isinstance(parameters, Mapping):
        return None
    try:
        recipe = build(active.kind, parameters)
    except (InvalidInput, ValueError):
        return None
    recipe.half_life = float(half_life) if isinstance(half_life, int | float) else None
    return recipe


def _same(one: Recommender, other: Recommender) -> bool:
    return (one.name, one.parameters, one.half_life) == (other.name, other.parameters, other.half_life)


def _half_life(model: Recommender, choosing: Holdout, config: TrainConfig) -> float | None:
    """The half-life with which a fitted model does best on users who do not judge it."""
    if model.learns_recency:
        return None
    metric = config.gate.metric

    def quality(half_life: float | None) -> float:
        model.half_life = half_life
        return means(measure(model, choosing, config.evaluation.k)).get(metric, 0.0)

    return choose_half_life(quality)


def _metadata(snapshot: Snapshot, model: Recommender) -> dict[str, object]:
    return {
        "parameters": dict(model.parameters),
        "half_life": model.half_life,
        "candidates": None if model.candidates is None else asdict(model.candidates),
        "data": {**asdict(snapshot), "created_at": snapshot.created_at.isoformat()},
        "libraries": {name: library_version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {"accepted": verdict.accepted, "reasons": list(verdict.reasons)}


def _card(config: TrainConfig, snapshot: Snapshot, verdict: Verdict) -> Card:
    return Card(
        summary=(ALGORITHMS[config.model].__doc__ or config.model).strip().splitlines()[0],
        intended_use="Recommending items of this installation to its users; scores only order items within one answer.",
        data=(
            f"{snapshot.interactions} interactions of {snapshot.users} users with {snapshot.items} items of this "
            f"platform, weighed by value model {snapshot.value_model}; {snapshot.left_out_users} users who bar "
            f"training were left out. Digest {snapshot.digest}."
        ),
        limitations=(
            "Measured offline on held-out interactions, which were shaped by what was recommended then.",
            *verdict.reasons,
        ),
        licence="The platform's own data; not for distribution.",
    )
