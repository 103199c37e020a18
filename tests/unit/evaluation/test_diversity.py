import numpy as np
import pytest

from socialflow.evaluation.bootstrap import mean_interval
from socialflow.evaluation.diversity import coverage, gini, list_diversity, novelty, popularity_lift

ALIKE, SPREAD, EMPTY = np.array([[0, 1], [0, 1]]), np.array([[0, 1], [2, 3]]), np.array([[-1, -1]])


class TestCatalogue:
    def test_coverage_counts_items_once(self) -> None:
        assert coverage(ALIKE, 4) == 0.5
        assert coverage(SPREAD, 4) == 1.0
        assert coverage(EMPTY, 4) == 0.0

    def test_gini_is_zero_for_equal_exposure_and_grows_with_concentration(self) -> None:
        assert gini(SPREAD, 4) == pytest.approx(0.0)
        assert gini(ALIKE, 4) == pytest.approx(0.5)
        assert gini(np.array([[0]]), 1000) == pytest.approx(0.999)
        assert gini(EMPTY, 4) == 0.0


class TestReader:
    def test_rare_items_are_novel(self) -> None:
        popularity = np.array([8, 1, 0])
        assert novelty(np.array([[0]]), popularity, 8) == 0.0
        assert novelty(np.array([[1, 2]]), popularity, 8) == 3.0
        assert novelty(EMPTY, popularity, 8) == 0.0

    def test_popularity_lift_compares_with_the_history(self) -> None:
        popularity = np.array([10, 5, 1])
        assert popularity_lift(np.array([[0], [0]]), np.array([0, 1, 2]), np.array([1, 1]), popularity) == 1.0
        assert popularity_lift(EMPTY, np.array([0, 1]), np.array([1]), popularity) == 0.0

    def test_list_diversity_is_the_mean_distance_of_pairs(self) -> None:
        vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        assert list_diversity(np.array([[0, 1, -1]]), vectors) == pytest.approx(0.0)
        assert list_diversity(np.array([[0, 1, 2]]), vectors) == pytest.approx(2 / 3)
        assert list_diversity(np.array([[0, -1, -1]]), vectors) == 0.0


class TestBootstrap:
    def test_covers_the_mean_about_as_often_as_it_says(self) -> None:
        rng = np.random.default_rng(0)
        intervals = [mean_interval(rng.exponential(1.0, 200), seed=n) for n in range(100)]
        assert 88 <= sum(low <= 1.0 <= high for low, high in intervals) <= 99

    def test_pairing_tells_apart_what_the_means_do_not(self) -> None:
        rng = np.random.default_rng(1)
        first = rng.normal(0, 5, 300)
        second = first + 0.1 + rng.normal(0, 0.1, 300)
        low, high = mean_interval(second - first)
        assert 0 < low < 0.1 < high
        assert mean_interval(second)[0] < mean_interval(first)[1]

    def test_the_seed_decides(self) -> None:
        values = np.arange(50.0)
        assert mean_interval(values, seed=3) == mean_interval(values, seed=3) != mean_interval(values, seed=4)
