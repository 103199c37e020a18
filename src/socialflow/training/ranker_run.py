"""One training run of the ranker: snapshot of what was shown in, candidate version out; promotion is a separate act."""

import platform
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.records import Card, Version
from socialflow.catalogue.registry import Catalogue
from socialflow.errors import InvalidInput
from socialflow.kit.progress import Progress
from socialflow.recommendation.exposures import Exposures
from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.ranker import HEADS, RANKER, Ranker
from socialflow.training.config import TrainConfig
from socialflow.training.gate import Verdict, judge
from socialflow.training.ranker_data import ExposureSnapshot, read_exposures
from socialflow.training.ranker_fit import RankerFit, cross_entropy

Values = npt.NDArray[np.float64]

_STEPS = 4
_JUDGING = 0.2
"""Newest share of what was shown that judges."""
_LIBRARIES = ("socialflow", "numpy", "scipy", "scikit-learn")


def fit_ranker(config: TrainConfig, snapshot_dir: Path, catalogue: Catalogue, progress: Progress) -> Version:
    """Fit on what was shown earlier, measure on what was shown later, judge, fit again on all, store as a candidate.

    The floor is the base rate: for everybody and everything the share that was seen earlier.

    Raises:
        InvalidInput: too little was shown or done, or a parameter out of range.
        ArtefactError: the snapshot is damaged.
    """
    progress("reading snapshot", 0, _STEPS)
    snapshot, exposures = read_exposures(snapshot_dir)
    if not len(exposures):
        raise InvalidInput("nothing was shown to anybody yet, or less than an hour ago: serve feeds first")
    recipe = RankerFit(**config.parameters)
    progress("fitting for the test", 1, _STEPS)
    later = exposures.at >= np.quantile(exposures.at, 1.0 - _JUDGING)
    if later.all():
        raise InvalidInput("everything was shown at one moment: nothing later is there to measure on")
    measured, gained, floor = measure(recipe, exposures.where(~later), exposures.where(later))
    metric = config.gate.metric
    verdict = judge({metric: gained}, None, {metric: floor}, config.gate)
    progress("fitting on everything", 2, _STEPS)
    started = time.perf_counter()
    ranker, _ = recipe(exposures)
    metadata = {
        "parameters": dict(recipe.parameters),
        "facts": ranker.facts,
        "data": {**asdict(snapshot), "created_at": snapshot.created_at.isoformat()},
        "libraries": {name: library_version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
        "fit_seconds": round(time.perf_counter() - started, 3),
        "data_until": datetime.fromtimestamp(float(exposures.at.max()), UTC).isoformat(),
        "evaluation": {"protocol": f"the newest {_JUDGING:.0%} of what was shown", "exposures": int(later.sum())},
        "metrics": {metric: float(gained.mean())} | measured,
        "popularity": {metric: float(floor.mean())},
        "gate": {**config.gate.model_dump(mode="json"), "accepted": verdict.accepted, "reasons": list(verdict.reasons)},
    }
    progress("storing", 3, _STEPS)
    card = _card(snapshot, ranker, verdict)
    about = catalogue.add(RANKER, RANKER, ranker.save, metadata, card=card)
    progress("done", _STEPS, _STEPS)
    return about


def measure(recipe: RankerFit, train: Exposures, test: Exposures) -> tuple[dict[str, float], Values, Values]:
    """Figures a head, and the log-likelihood of each user's later reactions (users,): predicted, and by base rates.

    A row counts for as much as it was looked at. Figures: `auc` (of watching, that more than half was), `log_loss`
    beside `base_log_loss`, and `calibration`, the mean predicted over the mean that came.
    """
    ranker, examination = recipe(train)
    columns = [HEADS.index(head) for head in ranker.heads]
    weights, earlier = (
        examination.weights(ranker.inputs(part.signals), part.places, part.reacted) for part in (test, train)
    )
    predicted, told = ranker.predict(test.names, test.signals), test.outcomes[:, columns].astype(np.float64)
    rates = np.average(train.outcomes[:, columns].astype(np.float64), axis=0, weights=earlier)
    losses, base = cross_entropy(told, predicted), cross_entropy(told, np.broadcast_to(rates, told.shape))
    figures: dict[str, float] = {}
    for column, head in enumerate(ranker.heads):
        figures |= {
            f"{head}_auc": _auc(told[:, column] > (0.5 if column == 0 else 0.0), predicted[:, column], weights),
            f"{head}_log_loss": float(np.average(losses[:, column], weights=weights)),
            f"{head}_base_log_loss": float(np.average(base[:, column], weights=weights)),
            f"{head}_calibration": float(
                np.average(predicted[:, column], weights=weights) / np.average(told[:, column], weights=weights)
            ),
        }
    return figures, _by_user(test.users, losses, weights), _by_user(test.users, base, weights)


def _by_user(users: npt.NDArray[np.int64], losses: Values, weights: Values) -> Values:
    """Mean log-likelihood of a looked-at item, all heads together, by user."""
    _, rows = np.unique(users, return_inverse=True)
    return -np.bincount(rows, weights * losses.sum(axis=1)) / np.bincount(rows, weights)


def _auc(told: npt.NDArray[np.bool_], predicted: FloatArray, weights: Values) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(told, predicted, sample_weight=weights)) if 0 < told.sum() < len(told) else float("nan")


def _card(snapshot: ExposureSnapshot, ranker: Ranker, verdict: Verdict) -> Card:
    missing = ", ".join(head.value for head in ranker.missing)
    unlearnt = (f"Not predicted, because it was hardly seen: {missing}.",) if missing else ()
    return Card(
        summary="Predicts what people will do with an item they look at, from signals known when it is ranked.",
        intended_use="Ordering candidates of this installation by their expected value under the value model.",
        data=(
            f"{snapshot.exposures} shown items of {snapshot.users} users with what they did under the request's id; "
            f"{snapshot.left_out_users} users who bar training were left out. Digest {snapshot.digest}."
        ),
        limitations=(
            "Learnt from what was recommended then; of items that were never near the top it knows little.",
            "Reads scores of the recommenders: train it again after they change.",
            *unlearnt,
            *verdict.reasons,
        ),
        licence="The platform's own data; not for distribution.",
    )
