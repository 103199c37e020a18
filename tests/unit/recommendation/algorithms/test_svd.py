import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.svd import Svd
from socialflow.recommendation.interactions import Histories, Interactions

USERS, ITEMS = 30, 12


def random_log(seed: int = 0) -> Interactions:
    rng = np.random.default_rng(seed)
    return Interactions.from_pairs(
        np.append(rng.integers(0, USERS, 200), np.arange(ITEMS)),
        np.append(rng.integers(0, ITEMS, 200), np.arange(ITEMS)),
    )


def taken_of(log: Interactions) -> np.ndarray:
    taken = np.zeros((USERS, ITEMS))
    taken[log.users, log.items] = 1.0
    return taken


class TestFormula:
    def test_pure_svd_is_the_projection_on_the_first_directions(self) -> None:
        log = random_log()
        _, strengths, directions = np.linalg.svd(taken_of(log))
        model = Svd(factors=3, user=0.0, item=0.0, target=0.0, power=0.0).fit(log)
        expected = directions[:3, [2, 5]].sum(axis=1) @ directions[:3]
        assert np.allclose(model.score(Histories.from_lists([[2, 5]]))[0], expected, atol=1e-3)
        assert np.allclose(model.strengths, strengths[:3], rtol=1e-3)

    def test_degrees_and_strengths_are_taken_into_account(self) -> None:
        log = random_log()
        taken = taken_of(log)
        users, items = np.maximum(taken.sum(1), 1), taken.sum(0)
        _, strengths, directions = np.linalg.svd(np.diag(users**-0.5) @ taken @ np.diag(items**-0.4))
        shares = (items[2] ** -0.4 * directions[:3, 2]) * (strengths[:3] / strengths[0]) ** 0.7
        model = Svd(factors=3, user=0.5, item=0.4, target=0.2, power=0.7).fit(log)
        expected = shares @ directions[:3] * items**0.2
        assert np.allclose(model.score(Histories.from_lists([[2]]))[0], expected, atol=1e-3)

    def test_a_dislike_points_the_other_way(self) -> None:
        model = Svd(factors=3).fit(random_log())
        sour = Histories(np.array([0, 1]), np.array([3]), np.array([-1.0], np.float32), np.zeros(1))
        assert np.allclose(model.score(sour), -model.score(Histories.from_lists([[3]])), atol=1e-6)


class TestLimits:
    def test_no_more_directions_than_items_allow(self) -> None:
        assert len(Svd(factors=500).fit(random_log()).strengths) == ITEMS - 1

    def test_one_item_alone(self) -> None:
        model = Svd().fit(Interactions.from_pairs([1, 2], [7, 7]))
        assert np.isfinite(model.score(Histories.from_lists([[7]]))).all()

    def test_factors_are_checked(self) -> None:
        with pytest.raises(InvalidInput, match="factors"):
            Svd(factors=0)
