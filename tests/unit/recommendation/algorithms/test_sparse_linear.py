import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.sparse_linear import SparseLinear
from socialflow.recommendation.interactions import Histories, Interactions

ITEMS = 12


def random_log(seed: int = 0) -> Interactions:
    rng = np.random.default_rng(seed)
    return Interactions.from_pairs(
        rng.integers(0, 40, 250), np.append(rng.integers(0, ITEMS, 250 - ITEMS), range(ITEMS))
    )


def taken_of(log: Interactions) -> np.ndarray:
    taken = np.zeros((40, ITEMS))
    taken[log.users, log.items] = 1.0
    return taken


def weights_of(model: SparseLinear) -> np.ndarray:
    """B, one row per item asked with alone."""
    return np.nan_to_num(model.score(Histories.from_lists([[item] for item in range(ITEMS)])))


class TestClosedForm:
    def test_is_ridge_regression_of_each_item_on_the_others(self) -> None:
        log = random_log()
        taken = taken_of(log)
        weights = weights_of(SparseLinear(ridge=2.0, dropout=0.0, user=0.0).fit(log))
        for item in range(ITEMS):
            others = np.delete(np.arange(ITEMS), item)
            known = taken[:, others]
            expected = np.linalg.solve(known.T @ known + 2.0 * np.eye(ITEMS - 1), known.T @ taken[:, item])
            assert np.allclose(weights[others, item], expected, atol=1e-5)
            assert weights[item, item] == 0

    def test_dropout_is_the_expectation_over_thinned_histories(self) -> None:
        log, share = random_log(), 0.5
        gram = taken_of(log).T @ taken_of(log)
        weights = weights_of(SparseLinear(ridge=1.0, dropout=share, user=0.0).fit(log))
        kept = (1 - share) ** 2 * gram
        np.fill_diagonal(kept, (1 - share) * np.diag(gram))
        others = np.arange(1, ITEMS)
        # On inputs thinned and scaled up by 1 / (1 - share), to stay the same on average.
        scaled = kept[np.ix_(others, others)] / (1 - share) ** 2 + np.eye(ITEMS - 1)
        assert np.allclose(weights[1:, 0], np.linalg.solve(scaled, gram[1:, 0]), atol=1e-5)

    def test_a_copy_shares_the_weight(self) -> None:
        """Items 1 and 2 are always taken together: each says half of what item 1 alone would say for item 3."""
        alone = Interactions.from_pairs([1, 1, 2, 2, 3], [1, 3, 1, 3, 4])
        copied = Interactions.from_pairs([1, 1, 1, 2, 2, 2, 3], [1, 2, 3, 1, 2, 3, 4])
        settings = {"ridge": 1e-3, "dropout": 0.0, "user": 0.0}
        one = SparseLinear(**settings).fit(alone).score(Histories.from_lists([[1]]))[0, 1]  # type: ignore[arg-type]
        half = SparseLinear(**settings).fit(copied).score(Histories.from_lists([[1]]))[0, 2]  # type: ignore[arg-type]
        assert one == pytest.approx(1.0, abs=1e-2)
        assert half == pytest.approx(0.5, abs=1e-2)

    def test_a_disliked_item_subtracts(self) -> None:
        model = SparseLinear().fit(random_log())
        liked = model.score(Histories.from_lists([[3]]))
        sour = Histories(np.array([0, 1]), np.array([3]), np.array([-1.0], np.float32), np.zeros(1))
        assert np.allclose(model.score(sour), -liked, equal_nan=True)


class TestLocalForm:
    def test_with_all_items_near_is_the_closed_form(self) -> None:
        log = random_log()
        settings = {"ridge": 2.0, "dropout": 0.3}
        whole = weights_of(SparseLinear(**settings).fit(log))  # type: ignore[arg-type]
        local = weights_of(SparseLinear(**settings, closed=0, neighbours=ITEMS).fit(log))  # type: ignore[arg-type]
        assert np.allclose(whole, local, atol=1e-4)

    def test_an_item_is_explained_by_its_nearest_alone(self) -> None:
        weights = weights_of(SparseLinear(closed=0, neighbours=3).fit(random_log()))
        assert ((weights != 0).sum(axis=0) <= 3).all()

    def test_of_too_many_interactions_whole_users_are_drawn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        log = random_log()
        monkeypatch.setattr("socialflow.recommendation.algorithms.sparse_linear._CELLS", 60)
        thinned = [weights_of(SparseLinear(closed=0, seed=seed).fit(log)) for seed in (0, 0, 1)]
        assert np.array_equal(thinned[0], thinned[1])
        assert not np.array_equal(thinned[0], thinned[2])


@pytest.mark.parametrize("wrong", [{"ridge": 0.0}, {"dropout": 1.0}, {"neighbours": 0}, {"closed": -1}])
def test_settings_without_a_solution_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        SparseLinear(**wrong)  # type: ignore[arg-type]
