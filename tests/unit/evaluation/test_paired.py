import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.evaluation.paired import compare, compare_all, holm, paired_bootstrap, paired_t, wilcoxon

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


class TestCompare:
    def test_a_small_gain_of_everybody_is_seen(self) -> None:
        rng = np.random.default_rng(0)
        first = rng.normal(0, 5, 400)
        told = compare(first, first + 0.1 + rng.normal(0, 0.2, 400))
        assert 0 < told.low < told.difference < told.high
        assert max(told.p_bootstrap, told.p_t, told.p_wilcoxon) < 0.001

    def test_chance_is_told_as_chance_as_often_as_it_should(self) -> None:
        rng = np.random.default_rng(1)
        told = [compare(rng.normal(0, 1, 60), rng.normal(0, 1, 60), seed=n) for n in range(100)]
        for name in ("p_bootstrap", "p_t", "p_wilcoxon"):
            assert 1 <= sum(getattr(one, name) < 0.05 for one in told) <= 12

    def test_equal_systems(self) -> None:
        told = compare(np.arange(5.0), np.arange(5.0))
        assert (told.difference, told.p_t, told.p_wilcoxon, told.p_bootstrap) == (0.0, 1.0, 1.0, 1.0)

    def test_one_extreme_user_moves_the_mean_and_not_the_ranks(self) -> None:
        first, second = np.zeros(40), np.full(40, 0.1)
        second[0] = -100.0
        assert paired_t(first, second) > 0.05
        assert wilcoxon(first, second) < 0.001

    def test_order_of_the_systems_changes_the_sign_alone(self) -> None:
        first, second = np.random.default_rng(2).random((2, 30))
        there, back = compare(first, second), compare(second, first)
        assert there.difference == pytest.approx(-back.difference)
        assert there.p_t == pytest.approx(back.p_t)
        assert paired_bootstrap(first, second) == paired_bootstrap(second, first)

    @pytest.mark.parametrize(("first", "second"), [([1.0], [2.0]), ([1.0, 2.0], [1.0]), ([1.0, np.nan], [1.0, 2.0])])
    def test_refuses_what_cannot_be_paired(self, first: list[float], second: list[float]) -> None:
        with pytest.raises(InvalidInput):
            compare(np.array(first), np.array(second))


class TestSeveral:
    def test_each_against_the_baseline(self) -> None:
        rng = np.random.default_rng(3)
        base = rng.random(200)
        told = compare_all({"base": base, "same": base + rng.normal(0, 0.1, 200), "up": base + 0.2}, "base")
        assert set(told) == {"same", "up"}
        assert told["up"].holm < 0.001
        assert told["same"].holm >= told["same"].p_t
        with pytest.raises(InvalidInput):
            compare_all({"base": base}, "other")

    @given(P_VALUES)
    @settings(deadline=None)
    def test_holm_keeps_the_order_and_never_helps(self, given_values: list[float]) -> None:
        corrected = holm(given_values)
        assert all(after >= before for after, before in zip(corrected, given_values, strict=True))
        assert all(0 <= value <= 1 for value in corrected)
        order = np.argsort(given_values, kind="stable")
        assert (np.diff(np.array(corrected)[order]) >= 0).all()
        assert min(corrected) == pytest.approx(min(1.0, len(given_values) * min(given_values)))
