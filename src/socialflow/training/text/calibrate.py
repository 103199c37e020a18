"""Temperatures and thresholds, chosen on validation parts: logits that say how sure they are, labels that are told."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.training.text.lessons import UNTOLD, Lesson

Floats = npt.NDArray[np.float64]

_TEMPERATURES = np.geomspace(0.25, 4.0, 61)
_THRESHOLDS = np.linspace(0.05, 0.95, 91)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What logits are divided by, and from which probability on each label of a multi_label head is told."""

    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()


def calibrated(lesson: Lesson, logits: Floats) -> Calibration:
    """The temperature of least log-loss (Guo et al., ICML 2017), and per label the threshold of greatest F1."""
    if lesson.kind == "vector":
        return Calibration()
    losses = [_log_loss(lesson, logits / temperature) for temperature in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    if lesson.kind != "multi_label":
        return Calibration(temperature)
    chances = 1.0 / (1.0 + np.exp(-logits / temperature))
    return Calibration(temperature, tuple(best_threshold(*_told(lesson, chances, n)) for n in range(logits.shape[1])))


def best_threshold(truth: npt.NDArray[np.bool_], chances: Floats) -> float:
    """The probability from which a label is to be told, for the greatest F1; the middle of those that are as good; 0.5
    where it never applies.

    >>> round(best_threshold(np.array([False, False, True, True]), np.array([0.1, 0.2, 0.3, 0.6])), 3)
    0.255
    """
    if not truth.any():
        return 0.5
    told = chances[:, None] >= _THRESHOLDS
    hits = (told & truth[:, None]).sum(axis=0)
    scores = 2.0 * hits / (told.sum(axis=0) + truth.sum())
    return float(_THRESHOLDS[np.isclose(scores, scores.max())].mean())


def _told(lesson: Lesson, chances: Floats, label: int) -> tuple[npt.NDArray[np.bool_], Floats]:
    known = ~np.isnan(lesson.targets[:, label])
    return lesson.targets[known, label] > 0.5, chances[known, label]


def _log_loss(lesson: Lesson, logits: Floats) -> float:
    if lesson.kind == "multi_label":
        known = ~np.isnan(lesson.targets)
        each = np.logaddexp(0.0, logits) - np.nan_to_num(lesson.targets) * logits
        return float(each[known].mean())
    truth = lesson.targets
    if lesson.kind == "tokens":
        asked = truth != UNTOLD
        truth, logits = truth[asked], logits[asked]
    greatest = logits.max(axis=1, keepdims=True)
    total = np.log(np.exp(logits - greatest).sum(axis=1)) + greatest[:, 0]
    return float((total - logits[np.arange(len(truth)), truth]).mean())
