import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import nnls

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.nmf import Nmf
from socialflow.recommendation.interactions import Histories, Interactions

TWO_THEMES = Interactions.from_pairs([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], [1, 2, 3, 1, 2, 3, 7, 8, 9, 7, 8, 9])
PLAIN = {"user": 0.0, "item": 0.0, "target": 0.0}


class TestThemes:
    def test_items_of_one_theme_go_together_and_not_with_the_other(self) -> None:
        scores = Nmf(factors=2).fit(TWO_THEMES).score(Histories.from_lists([[1], [9]]))
        assert (scores[0, :3] > 10 * np.nan_to_num(scores[0, 3:])).all()
        assert (scores[1, 3:] > 10 * np.nan_to_num(scores[1, :3])).all()

    def test_nothing_is_negative(self) -> None:
        rng = np.random.default_rng(0)
        model = Nmf(factors=5).fit(Interactions.from_pairs(rng.integers(0, 40, 300), rng.integers(0, 20, 300)))
        assert (model.score(Histories.from_lists([[1, 2], [3]])) >= 0).all()

    def test_themes_are_at_most_half_the_items(self) -> None:
        assert Nmf(factors=100).fit(TWO_THEMES)._inward.shape == (6, 3)


class TestFoldIn:
    def test_is_non_negative_least_squares(self) -> None:
        rng = np.random.default_rng(1)
        log = Interactions.from_pairs(rng.integers(0, 40, 300), np.append(rng.integers(0, 20, 280), range(20)))
        model = Nmf(factors=4, ridge=0.5, **PLAIN).fit(log)  # type: ignore[arg-type]
        themes = model._inward.astype(np.float64)
        history = np.zeros(20)
        history[[2, 5, 7]] = 1.0
        penalised = np.vstack((themes, np.sqrt(0.5) * np.eye(4)))
        shares, _ = nnls(penalised, np.append(history, np.zeros(4)))
        assert np.allclose(model.score(Histories.from_lists([[2, 5, 7]]))[0], themes @ shares, atol=0.02)

    def test_only_dislikes_say_nothing(self) -> None:
        sour = Histories(np.array([0, 1]), np.array([2]), np.array([-1.0], np.float32), np.zeros(1))
        assert np.isnan(Nmf(factors=2).fit(TWO_THEMES).score(sour)).all()


class TestServing:
    def test_needs_no_scikit_learn(self, tmp_path: Path) -> None:
        Nmf(factors=2).fit(TWO_THEMES).save(tmp_path)
        code = (
            "import sys; from pathlib import Path\n"
            "from socialflow.recommendation.algorithms.nmf import Nmf\n"
            "from socialflow.recommendation.interactions import Histories\n"
            "Nmf.load(Path(sys.argv[1])).top(Histories.from_lists([[2]]), 3)\n"
            "assert 'sklearn' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)

    def test_factors_are_checked(self) -> None:
        with pytest.raises(InvalidInput, match="factors"):
            Nmf(factors=0)
