import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.als import Als
from socialflow.recommendation.interactions import Histories, Interactions


@pytest.fixture(scope="module")
def model() -> Als:
    rng = np.random.default_rng(0)
    return Als(factors=8, alpha=4.0, regularisation=0.5).fit(
        Interactions.from_pairs(rng.integers(0, 50, 500), rng.integers(0, 30, 500))
    )


class TestFoldIn:
    def test_solves_the_normal_equation(self, model: Als) -> None:
        vectors = model._vectors.astype(np.float64)
        confidence = np.ones(len(vectors))
        confidence[[2, 5]] += 4.0 * np.array([1.0, 3.0])
        liked = np.zeros(len(vectors))
        liked[[2, 5]] = 1.0
        normal = vectors.T @ np.diag(confidence) @ vectors + 0.5 * np.eye(8)
        expected = vectors @ np.linalg.solve(normal, vectors.T @ (confidence * liked))
        history = Histories(np.array([0, 2]), np.array([2, 5]), np.array([1.0, 3.0], np.float32), np.zeros(2))
        assert np.allclose(model.score(history)[0], expected, atol=1e-4)

    def test_histories_of_all_lengths_are_solved_together(self) -> None:
        rng = np.random.default_rng(3)
        log = Interactions.from_pairs(rng.integers(0, 200, 6000), rng.integers(0, 150, 6000))
        wide = Als(factors=32, alpha=40.0, regularisation=1.0).fit(log)
        rows = [rng.choice(150, size, replace=False).tolist() for size in (1, 140, 3, 0, 60)]
        vectors = wide._vectors.astype(np.float64)
        for history, line in zip(rows, wide.score(Histories.from_lists(rows)), strict=True):
            normal = vectors.T @ vectors + 40.0 * vectors[history].T @ vectors[history] + np.eye(32)
            expected = vectors @ np.linalg.solve(normal, 41.0 * vectors[history].sum(axis=0))
            assert np.isnan(line).all() if not history else np.allclose(line, expected, atol=1e-3)

    def test_repeated_items_add_up(self, model: Als) -> None:
        once = Histories(np.array([0, 1]), np.array([2]), np.array([2.0], np.float32), np.zeros(1))
        assert np.allclose(model.score(once), model.score(Histories.from_lists([[2, 2]])))

    def test_a_dislike_takes_a_like_back(self, model: Als) -> None:
        weights = np.array([1.0, 1.0, -1.0], np.float32)
        taken_back = Histories(np.array([0, 3]), np.array([2, 5, 5]), weights, np.zeros(3))
        assert np.allclose(model.score(taken_back), model.score(Histories.from_lists([[2]])))

    def test_only_dislikes_say_nothing(self, model: Als) -> None:
        sour = Histories(np.array([0, 1]), np.array([2]), np.array([-1.0], np.float32), np.zeros(1))
        assert np.isnan(model.score(sour)).all()


class TestServing:
    def test_needs_no_implicit(self, model: Als, tmp_path: Path) -> None:
        model.save(tmp_path)
        code = (
            "import sys; from pathlib import Path\n"
            "from socialflow.recommendation.algorithms.als import Als\n"
            "from socialflow.recommendation.interactions import Histories\n"
            "Als.load(Path(sys.argv[1])).top(Histories.from_lists([[2]]), 3)\n"
            "assert 'implicit' not in sys.modules and 'sklearn' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)

    def test_the_seed_decides(self) -> None:
        log = Interactions.from_pairs([1, 1, 2, 2, 3], [1, 2, 1, 3, 3])
        asked = Histories.from_lists([[1]])
        scores = [Als(factors=2, iterations=1, seed=seed).fit(log).score(asked) for seed in (0, 0, 1)]
        assert np.array_equal(scores[0], scores[1])
        assert not np.array_equal(scores[0], scores[2])


@pytest.mark.parametrize("wrong", [{"factors": 0}, {"iterations": 0}, {"alpha": 0.0}, {"regularisation": -1.0}])
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        Als(**wrong)
