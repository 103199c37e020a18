"""`socialflow eval off-policy`: the value of one logged policy from the log of another, beside what it really had.

Real logs make the check: two policies served the same campaign at the same time, so the click rate in the log of the
one judged is the truth, itself uncertain by its own interval.
"""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.evaluation.off_policy import ESTIMATORS, Estimate, Floats, Logged, estimate
from socialflow.training.datasets.open_bandit import BanditLog, Ints, campaigns, read_log

FOLDS = 5
STRENGTH = 100.0
"""Impressions that the mean click rate counts for in the rate of an item."""


def evaluate_off_policy(
    source: Path,
    *,
    logged: str = "random",
    target: str = "bts",
    campaign: str | None = None,
    clip: float | None = None,
    threshold: float = 10.0,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Judge policy `target` by the log of policy `logged`, by every estimator, with bootstrap intervals.

    `campaign` None takes all campaigns of the directory. A policy that learns as it goes has no probabilities written
    down for what it did not show: its time average is used, estimated by how often it showed each item at each
    position (its own log, apart from the clicks).

    Returns:
        JSON-able: task, logged, target, settings, version, and per campaign {rows, truth {value, low, high}, estimates
        {name: {value, low, high, ..., relative_error, holds_truth}}}.

    Raises:
        InvalidInput: no such log, or a setting that cannot be used.
    """
    names = [campaign] if campaign is not None else campaigns(source)
    if not names:
        raise InvalidInput(f"{source} has no logs of the form POLICY/CAMPAIGN/CAMPAIGN.csv", field="data")
    found = {}
    for name in names:
        here, there = read_log(source, logged, name), read_log(source, target, name)
        log = judged(here, there, seed=seed)
        truth = estimate(_on_policy(there), "ips", level=level, interval="bootstrap", seed=seed)
        estimates = {
            one: _told(
                estimate(log, one, clip=clip, threshold=threshold, level=level, interval="bootstrap", seed=seed), truth
            )
            for one in ESTIMATORS
        }
        truths = {"rows": len(there), "value": truth.value, "low": truth.low, "high": truth.high}
        found[name] = {"rows": len(here), "truth": truths, "estimates": estimates}
    return {
        "task": "off_policy",
        "logged": logged,
        "target": target,
        "settings": {"clip": clip, "threshold": threshold, "level": level, "folds": FOLDS, "strength": STRENGTH},
        "campaigns": found,
        "seed": seed,
        "version": version("socialflow"),
    }


def judged(here: BanditLog, there: BanditLog, *, seed: int = 0) -> Logged:
    """The log `here` as the policy of `there` is judged by it, with a cross-fitted reward model."""
    items = 1 + int(max(here.items.max(), there.items.max()))
    positions = 1 + int(max(here.positions.max(), there.positions.max()))
    policy = shown_shares(there, items, positions)
    predicted, expected = np.zeros(len(here)), np.zeros(len(here))
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(here))
    for one in range(FOLDS):
        out, rest = fold == one, fold != one
        model = click_rates(here.items[rest], here.positions[rest], here.clicks[rest], items, positions)
        predicted[out] = model[here.positions[out], here.items[out]]
        expected[out] = (policy * model).sum(axis=1)[here.positions[out]]
    return Logged(here.clicks, here.chances, policy[here.positions, here.items], predicted, expected)


def shown_shares(log: BanditLog, items: int, positions: int) -> Floats:
    """How often each item was shown at each position: (positions, items), rows sum to 1 (0 where nothing was)."""
    counts = np.zeros((positions, items))
    np.add.at(counts, (log.positions, log.items), 1.0)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0))


def click_rates(item: Ints, position: Ints, clicks: Floats, items: int, positions: int) -> Floats:
    """A reward model (positions, items): item rate x position rate / mean rate, both shrunk to the mean.

    The shrunk rate of n impressions with c clicks is ``(c + s m) / (n + s)``, m the mean rate, s = `STRENGTH`.
    """
    mean = float(clicks.mean()) if len(clicks) else 0.0
    if mean == 0.0:
        return np.zeros((positions, items))

    def rate(of: Ints, many: int) -> Floats:
        shown = np.bincount(of, minlength=many)
        return np.asarray((np.bincount(of, clicks, many) + STRENGTH * mean) / (shown + STRENGTH))

    return np.minimum(rate(position, positions)[:, None] * rate(item, items)[None, :] / mean, 1.0)


def _on_policy(log: BanditLog) -> Logged:
    """A log as its own policy is judged by it."""
    return Logged(log.clicks, np.ones(len(log)), np.ones(len(log)))


def _told(made: Estimate, truth: Estimate) -> dict[str, Any]:
    error = abs(made.value - truth.value) / truth.value if truth.value else None
    holds = made.low <= truth.value <= made.high
    return {**asdict(made), "relative_error": error, "holds_truth": holds}
