"""How good a model is at its lessons: one figure a head, to choose by."""

from collections.abc import Iterator

import numpy as np

from socialflow.evaluation.classification import class_counts, roc_auc
from socialflow.training.text.lessons import UNTOLD, FloatArray, Lesson


def quality(lesson: Lesson, told: FloatArray) -> float:
    """0 to 1, by the head's kind: macro-F1 of single labels, mean AUC of several, macro-F1 of the tags beside the
    outside one, mean cosine of vectors."""
    if lesson.kind == "vector":
        return float((told * lesson.targets).sum(axis=1).mean())
    if lesson.kind == "multi_label":
        return float(np.nanmean([roc_auc(*column) for column in _columns(lesson, told)]))
    truth, guess = lesson.targets, told.argmax(axis=1)
    if lesson.kind != "tokens":
        return class_counts(truth, guess, len(lesson.labels)).macro_f1
    asked = truth != UNTOLD
    return float(np.mean(class_counts(truth[asked], guess[asked], len(lesson.labels)).f1[1:]))


def agreement(lesson: Lesson, told: FloatArray, other: FloatArray, thresholds: FloatArray) -> float:
    """Share of decisions that two models share: chosen labels, labels told or not, tags; mean cosine of vectors.

    `thresholds` (labels,) are probabilities, of a multi_label head.
    """
    if lesson.kind == "vector":
        return float((told * other).sum(axis=1).mean())
    if lesson.kind == "multi_label":
        cuts = np.log(thresholds / (1.0 - thresholds))
        return float(((told >= cuts) == (other >= cuts)).mean())
    return float((told.argmax(axis=1) == other.argmax(axis=1)).mean())


def _columns(lesson: Lesson, told: FloatArray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for truth, scores in zip(lesson.targets.T, told.T, strict=True):
        known = ~np.isnan(truth)
        yield truth[known] > 0.5, scores[known]
