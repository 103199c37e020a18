from pathlib import Path

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.sparse_linear import SparseLinear
from socialflow.recommendation.blends import CollaborativeRecommender, _fewest_of_the_best, _hold_out, _simplex
from socialflow.recommendation.interactions import Histories, Interactions
from socialflow.recommendation.protocol import FitData


def random_log(seed: int = 0, users: int = 60, items: int = 30) -> Interactions:
    """Two tastes: even users take even items, mostly."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, users, 600)
    what = 2 * rng.integers(0, items // 2, 600) + np.where(rng.random(600) < 0.9, who % 2, 1 - who % 2)
    return Interactions.from_pairs(who, what)


class TestShares:
    def test_one_whole_share_is_that_member_alone(self) -> None:
        asked = Histories.from_lists([[1, 3], [2]])
        blend = CollaborativeRecommender(shares=(0, 0, 1, 0)).fit(random_log())
        alone = SparseLinear().fit(random_log())
        assert np.array_equal(blend.top(asked, 5).items, alone.top(asked, 5).items)

    def test_learnt_shares_make_one_whole_and_are_kept(self, tmp_path: Path) -> None:
        blend = CollaborativeRecommender().fit(random_log())
        assert sum(blend.shares) == pytest.approx(1.0)
        blend.save(tmp_path)
        assert CollaborativeRecommender.load(tmp_path).shares == blend.shares

    def test_equal_where_nothing_can_be_held_out(self) -> None:
        blend = CollaborativeRecommender().fit(Interactions.from_pairs([1, 2, 3], [1, 2, 3]))
        assert blend.shares == (0.25, 0.25, 0.25, 0.25)

    @pytest.mark.parametrize(
        "wrong", [{"steps": 0}, {"shares": [1.0]}, {"shares": [0, 0, 0, 0]}, {"shares": [1, 1, 1, -1]}]
    )
    def test_shares_that_are_none_are_refused(self, wrong: dict[str, int]) -> None:
        with pytest.raises(InvalidInput, match="shares"):
            CollaborativeRecommender(**wrong)  # type: ignore[arg-type]


class TestHeldOut:
    def test_nothing_held_out_is_learnt_from(self) -> None:
        log = random_log()
        known, histories, indptr, hidden = _hold_out(FitData(log, None, 60, 30), 0)
        assert len(histories) == len(indptr) - 1 > 0
        pairs = set(zip(known.users.tolist(), known.items.tolist(), strict=True))
        whole = set(zip(log.users.tolist(), log.items.tolist(), strict=True))
        assert len(whole) - len(pairs) == len(hidden)
        for row in range(len(histories)):
            kept = set(histories.items[histories.indptr[row] : histories.indptr[row + 1]].tolist())
            asked = set(hidden[indptr[row] : indptr[row + 1]].tolist())
            assert kept
            assert asked
            assert any(kept == {i for u, i in pairs if u == user} and asked.isdisjoint(kept) for user in range(60))


class TestChoice:
    def test_of_equals_the_fewest_members(self) -> None:
        mixtures = [(0.5, 0.5), (1.0, 0.0), (0.0, 1.0)]
        rng = np.random.default_rng(0)
        luck = 0.3 * rng.standard_normal(200)
        quality = np.stack((0.500 + luck, 0.499 + luck[::-1], 0.1 + 0 * luck), axis=1)
        assert _fewest_of_the_best(mixtures, quality) == (1.0, 0.0)

    def test_a_mixture_that_is_better_for_sure_is_taken(self) -> None:
        mixtures = [(0.5, 0.5), (1.0, 0.0), (0.0, 1.0)]
        quality = np.tile([[0.5, 0.4, 0.4], [0.7, 0.59, 0.6]], (50, 1))
        assert _fewest_of_the_best(mixtures, quality) == (0.5, 0.5)

    def test_the_simplex_is_complete(self) -> None:
        shares = _simplex(4, 5)
        assert len(shares) == 56
        assert all(sum(row) == pytest.approx(1.0) for row in shares)
