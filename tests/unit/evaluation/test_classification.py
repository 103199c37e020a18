"""Figures of labels, held against scikit-learn and against cases worked out by hand."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

from socialflow.evaluation.classification import (
    bias_aucs,
    calibration_error,
    class_counts,
    label_counts,
    offset_f1,
    roc_auc,
    stretch_counts,
)

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)
SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40)


class TestClasses:
    @given(ROWS)
    def test_as_scikit_learn(self, rows: list[tuple[int, int]]) -> None:
        truth, told = np.array(rows).T
        counts = class_counts(truth, told, 4)
        assert counts.macro_f1 == pytest.approx(metrics.f1_score(truth, told, average="macro", zero_division=0))
        np.testing.assert_allclose(
            counts.f1, metrics.f1_score(truth, told, labels=range(4), average=None, zero_division=0)
        )
        np.testing.assert_allclose(
            counts.precision, metrics.precision_score(truth, told, labels=range(4), average=None, zero_division=0)
        )
        with warnings.catch_warnings(action="ignore"):
            assert counts.macro_recall == pytest.approx(metrics.balanced_accuracy_score(truth, told))

    def test_what_was_not_answered_counts_against_recall_alone(self) -> None:
        counts = class_counts(np.array([1, 1]), np.array([1, -1]), 2)
        assert (counts.precision[1], counts.recall[1]) == (1.0, 0.5)


class TestLabels:
    @given(hnp.arrays(np.int8, (12, 3), elements=st.integers(0, 1)), hnp.arrays(np.bool_, (12, 3)))
    def test_as_scikit_learn(self, truth: np.ndarray, told: np.ndarray) -> None:
        counts = label_counts(truth.astype(np.float64), told)
        np.testing.assert_allclose(counts.f1, metrics.f1_score(truth, told, average=None, zero_division=0))

    def test_what_is_not_known_is_left_out(self) -> None:
        counts = label_counts(np.array([[np.nan], [1.0]]), np.array([[True], [True]]))
        assert (counts.hits.tolist(), counts.told.tolist(), counts.there.tolist()) == ([1], [1], [1])


class TestAuc:
    @given(SCORED)
    def test_as_scikit_learn_ties_too(self, rows: list[tuple[bool, int]]) -> None:
        positive, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows], np.float64)
        if len(set(positive.tolist())) == 1:
            assert math.isnan(roc_auc(positive, scores))
        else:
            assert roc_auc(positive, scores) == pytest.approx(metrics.roc_auc_score(positive, scores))

    def test_a_subgroup_that_is_scored_too_high(self) -> None:
        positive = np.array([True, True, False, False, True, False])
        scores = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.1])
        subgroup = np.array([True, True, True, True, False, False])
        found = bias_aucs(positive, scores, subgroup)
        assert found["subgroup_auc"] == 1.0
        assert found["bpsn_auc"] == 0.0  # both harmless texts of the subgroup score above the other harmful one
        assert found["bnsp_auc"] == 1.0


class TestStretches:
    def test_both_ends_and_the_label_must_agree(self) -> None:
        truth = [[(0, 3, 0), (4, 8, 1)], [(0, 2, 0)]]
        told = [[(0, 3, 0), (4, 8, 0)], []]
        counts = stretch_counts(truth, told, 2)
        assert (counts.hits.tolist(), counts.told.tolist(), counts.there.tolist()) == ([1, 0], [2, 0], [2, 1])
        assert counts.total.f1[0] == pytest.approx(0.4)  # 2 * 1 / (2 + 3)

    def test_a_text_without_stretches_is_right_when_none_are_told(self) -> None:
        assert offset_f1([set(), set()], [set(), {1}]) == 0.5


class TestCalibration:
    def test_sure_and_right_is_no_error(self) -> None:
        assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0.0

    def test_sure_and_wrong_is_all_error(self) -> None:
        assert calibration_error(np.array([1.0, 1.0]), np.array([False, False])) == 1.0

    @given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
    def test_it_is_a_share(self, rows: list[tuple[float, bool]]) -> None:
        confidence, right = (np.array(column) for column in zip(*rows, strict=True))
        assert 0.0 <= calibration_error(confidence, right) <= 1.0
