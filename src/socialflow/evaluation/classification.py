"""How good labels are: of whole texts, one or several each, and of stretches of texts.

Where a figure is 0 / 0 (a label nobody told, a label that is not there) it is 0, as scikit-learn has it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.signedinteger[Any]]
Stretch = tuple[int, int, int]
"""First place, the one after the last, label."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Per label (L,): how often it was told rightly (`hits`), told at all, and there at all."""

    hits: Ints
    told: Ints
    there: Ints

    @property
    def precision(self) -> Floats:
        """hits / told."""
        return _ratio(self.hits, self.told)

    @property
    def recall(self) -> Floats:
        """hits / there."""
        return _ratio(self.hits, self.there)

    @property
    def f1(self) -> Floats:
        """2 hits / (told + there), the harmonic mean of precision and recall."""
        return _ratio(2 * self.hits, self.told + self.there)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels that were told or are there."""
        return _mean(self.f1, self.told + self.there > 0)

    @property
    def macro_recall(self) -> float:
        """Mean recall of the labels that are there."""
        return _mean(self.recall, self.there > 0)

    @property
    def total(self) -> "Counts":
        """All labels as one, for figures that weigh every stretch alike (micro)."""
        return Counts(self.hits.sum(keepdims=True), self.told.sum(keepdims=True), self.there.sum(keepdims=True))


def class_counts(truth: Ints, told: Ints, labels: int) -> Counts:
    """Counts for one label a text: places (n,) of the true and of the told one; -1 where nothing was told.

    >>> counts = class_counts(np.array([0, 0, 1, 2]), np.array([0, 1, 1, -1]), 3)
    >>> counts.f1.round(3).tolist(), round(counts.macro_f1, 3), counts.macro_recall
    ([0.667, 0.667, 0.0], 0.444, 0.5)
    """
    return Counts(
        np.bincount(truth[truth == told], minlength=labels),
        np.bincount(told[told >= 0], minlength=labels),
        np.bincount(truth, minlength=labels),
    )


def label_counts(truth: Floats, told: Bools) -> Counts:
    """Counts for any number of labels a text: (n, L) of 0, 1 or NaN (not known: left out), and what was told.

    >>> label_counts(np.array([[1, np.nan], [1, 0]]), np.array([[True, True], [False, True]])).f1.round(3).tolist()
    [0.667, 0.0]
    """
    known, there = ~np.isnan(truth), truth == 1
    return Counts((told & there).sum(axis=0), (told & known).sum(axis=0), there.sum(axis=0))


def stretch_counts(truth: Sequence[Collection[Stretch]], told: Sequence[Collection[Stretch]], labels: int) -> Counts:
    """Counts of stretches per text: right is what agrees in both ends and the label (CoNLL-2003).

    Reference: Tjong Kim Sang and De Meulder, "Introduction to the CoNLL-2003 shared task", CoNLL 2003.

    >>> counts = stretch_counts([[(0, 3, 0), (5, 9, 1)]], [[(0, 3, 0), (5, 8, 1)]], 2)
    >>> counts.f1.tolist(), counts.total.f1.tolist()
    ([1.0, 0.0], [0.5])
    """
    shared = [set(one) & set(other) for one, other in zip(truth, told, strict=True)]
    hits, all_told, there = (_by_label(rows, labels) for rows in (shared, told, truth))
    return Counts(hits, all_told, there)


def offset_f1(truth: Sequence[Collection[int]], told: Sequence[Collection[int]]) -> float:
    """Mean over texts of the F1 of the characters told; 1 where there are none and none were told.

    Reference: Pavlopoulos et al., "SemEval-2021 task 5: toxic spans detection", SemEval 2021.

    >>> offset_f1([{0, 1, 2, 3}, set(), {5}], [{2, 3}, set(), set()])
    0.5555555555555555
    """
    scores = [
        2.0 * len(set(one) & set(other)) / (len(set(one)) + len(set(other))) if one or other else 1.0
        for one, other in zip(truth, told, strict=True)
    ]
    return float(np.mean(scores))


def roc_auc(positive: Bools, scores: Floats) -> float:
    """The chance that a positive scores above a negative, ties counting half; NaN without both.

    >>> roc_auc(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.4, 0.1]))
    0.875
    """
    n, p = len(positive), int(positive.sum())
    if p in (0, n):
        return float("nan")
    _, places, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2.0)[places]
    return float((ranks[positive].sum() - p * (p + 1) / 2.0) / (p * (n - p)))


def bias_aucs(positive: Bools, scores: Floats, subgroup: Bools) -> dict[str, float]:
    """Whether a subgroup (n,) is scored like the rest, by ROC AUC over three parts of the rows.

    `subgroup_auc`: the subgroup. `bpsn_auc`: its negatives beside the other positives, low where harmless texts of the
    subgroup score too high. `bnsp_auc`: its positives beside the other negatives, low where its harmful ones score too
    low.

    Reference: Borkan et al., "Nuanced metrics for measuring unintended bias with real data for text classification",
    WWW 2019 companion.

    >>> bias_aucs(np.array([False, True, False, True]), np.array([0.8, 0.9, 0.1, 0.7]), np.array([1, 1, 0, 0]) == 1)
    {'subgroup_auc': 1.0, 'bpsn_auc': 0.0, 'bnsp_auc': 1.0}
    """
    parts = {"subgroup_auc": subgroup, "bpsn_auc": subgroup ^ positive, "bnsp_auc": subgroup == positive}
    return {name: roc_auc(positive[rows], scores[rows]) for name, rows in parts.items()}


def calibration_error(confidence: Floats, right: Bools, bins: int = 15) -> float:
    """How far confidence, 0 to 1, is from the share that is right: mean gap over equally wide bins, by their rows.

    Reference: Guo et al., "On calibration of modern neural networks", ICML 2017 (expected calibration error).

    >>> calibration_error(np.array([0.9, 0.9, 0.6, 0.6]), np.array([True, True, True, False]))
    0.1
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gaps = np.abs(np.bincount(place, confidence, bins) - np.bincount(place, right, bins))
    return round(float(gaps.sum() / len(confidence)), 12)


def by_name(labels: Sequence[str], values: Floats) -> Mapping[str, float]:
    """Label -> figure, those that are no numbers left out."""
    return {label: float(value) for label, value in zip(labels, values, strict=True) if not np.isnan(value)}


def _by_label(rows: Sequence[Collection[Stretch]], labels: int) -> Ints:
    return np.bincount([label for row in rows for _, _, label in set(row)], minlength=labels).astype(np.int64)


def _ratio(part: Ints, whole: Ints) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _mean(values: Floats, where: Bools) -> float:
    return float(values[where].mean()) if where.any() else 0.0
