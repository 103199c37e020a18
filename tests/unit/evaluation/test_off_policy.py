"""Estimators on problems small enough that every log can be written out."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.evaluation.off_policy import ESTIMATORS, Logged, effective_sample_size, estimate

CHANCES = st.lists(st.floats(0.05, 1.0), min_size=3, max_size=3).map(lambda p: np.array(p) / sum(p))
REWARDS = st.lists(st.floats(-2, 2), min_size=3, max_size=3).map(np.array)


def logged(
    actions: np.ndarray, behaviour: np.ndarray, target: np.ndarray, rewards: np.ndarray, model: np.ndarray
) -> Logged:
    """A log of a problem with one context and rewards that are always the same."""
    expected = np.full(len(actions), float(target @ model))
    return Logged(rewards[actions], behaviour[actions], target[actions], model[actions], expected)


def drawn(seed: int, rows: int, behaviour: np.ndarray, target: np.ndarray, rewards: np.ndarray) -> Logged:
    rng = np.random.default_rng(seed)
    actions = rng.choice(3, rows, p=behaviour)
    noise = rng.normal(0, 0.5, rows)
    made = logged(actions, behaviour, target, rewards, rewards + 0.3)
    return Logged(made.rewards + noise, made.behaviour, made.target, made.predicted, made.expected)


class TestUnbiased:
    @given(CHANCES, CHANCES, REWARDS, REWARDS)
    @settings(max_examples=60, deadline=None)
    def test_over_every_log_of_two_rows(
        self, behaviour: np.ndarray, target: np.ndarray, rewards: np.ndarray, model: np.ndarray
    ) -> None:
        means = dict.fromkeys(("ips", "dr"), 0.0)
        for pair in product(range(3), repeat=2):
            actions = np.array(pair)
            chance = behaviour[actions].prod()
            for name in means:
                means[name] += chance * estimate(logged(actions, behaviour, target, rewards, model), name).value
        for value in means.values():
            assert value == pytest.approx(target @ rewards, abs=1e-9)

    @pytest.mark.parametrize("interval", ["student", "bootstrap"])
    @pytest.mark.parametrize("name", ["ips", "snips", "dr", "switch_dr"])
    def test_intervals_hold_the_truth_as_often_as_they_say(self, name: str, interval: str) -> None:
        behaviour, target, rewards = np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.3, 0.6]), np.array([0.2, 0.5, 1.0])
        held = 0
        for seed in range(60):
            log = drawn(seed, 400, behaviour, target, rewards)
            made = estimate(log, name, interval=interval, seed=seed)  # type: ignore[arg-type]
            held += made.low <= target @ rewards <= made.high
        assert held >= 52

    def test_intervals_hold_where_few_rows_carry_the_weight(self) -> None:
        behaviour, held, rows = np.array([0.97, 0.03]), 0, []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            actions = np.where(rng.random(200) < behaviour[1], 1, 0)
            if actions.any():
                log = Logged(rng.normal(2.0, 0.5, 200), behaviour[actions], (actions == 1).astype(float))
                made = estimate(log, "snips")
                held += made.low <= 2.0 <= made.high
                rows.append(made.effective_sample_size)
        assert np.median(rows) < 10
        assert held >= 0.9 * len(rows), held


class TestRelations:
    @given(CHANCES, CHANCES, REWARDS, st.lists(st.integers(0, 2), min_size=2, max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_dr_is_the_direct_method_where_the_model_is_perfect(
        self, behaviour: np.ndarray, target: np.ndarray, rewards: np.ndarray, actions: list[int]
    ) -> None:
        log = logged(np.array(actions), behaviour, target, rewards, rewards)
        direct = estimate(log, "direct").value
        for name in ("dr", "switch_dr", "dr_shrunk"):
            assert estimate(log, name).value == pytest.approx(direct, abs=1e-9)

    @given(CHANCES, REWARDS, st.lists(st.integers(0, 2), min_size=2, max_size=20))
    @settings(max_examples=60, deadline=None)
    def test_on_policy_all_weights_are_one(self, chances: np.ndarray, rewards: np.ndarray, actions: list[int]) -> None:
        log = logged(np.array(actions), chances, chances, rewards, np.zeros(3))
        mean = log.rewards.mean()
        for name in ("ips", "snips", "dr", "switch_dr"):
            assert estimate(log, name).value == pytest.approx(mean, abs=1e-9)
        assert estimate(log).effective_sample_size == pytest.approx(len(actions))

    @given(CHANCES, CHANCES, REWARDS, st.lists(st.integers(0, 2), min_size=2, max_size=20), st.floats(0.1, 0.9))
    @settings(max_examples=60, deadline=None)
    def test_snips_does_not_mind_the_scale_of_weights_and_moves_with_rewards(
        self, behaviour: np.ndarray, target: np.ndarray, rewards: np.ndarray, actions: list[int], scale: float
    ) -> None:
        log = logged(np.array(actions), behaviour, target, rewards, rewards)
        plain = estimate(log, "snips").value
        scaled = Logged(log.rewards, log.behaviour, log.target * scale)
        assert estimate(scaled, "snips").value == pytest.approx(plain, abs=1e-9)
        moved = Logged(log.rewards + 5.0, log.behaviour, log.target)
        assert estimate(moved, "snips").value == pytest.approx(plain + 5.0, abs=1e-9)
        assert log.rewards.min() - 1e-9 <= plain <= log.rewards.max() + 1e-9

    def test_a_good_model_makes_dr_surer_than_ips(self) -> None:
        behaviour, target, rewards = np.array([0.8, 0.1, 0.1]), np.array([0.1, 0.1, 0.8]), np.array([5.0, 6.0, 7.0])
        log = drawn(0, 500, behaviour, target, rewards)
        assert estimate(log, "dr").standard_error < 0.3 * estimate(log, "ips").standard_error

    def test_clipping_cuts_weights_and_says_how_many(self) -> None:
        log = Logged(np.ones(3), np.array([0.01, 0.5, 1.0]), np.array([0.5, 0.5, 0.5]))
        made = estimate(log, "ips", clip=2.0)
        assert made.value == pytest.approx(3.5 / 3)
        assert made.clipped == 1
        assert made.effective_sample_size > estimate(log, "ips").effective_sample_size

    def test_switching_leaves_heavy_rows_to_the_model(self) -> None:
        log = Logged(
            np.array([1.0, 1.0]), np.array([0.01, 1.0]), np.array([1.0, 1.0]), np.zeros(2), np.array([0.25, 0.25])
        )
        assert estimate(log, "switch_dr", threshold=10).value == pytest.approx((0.25 + 1.25) / 2)

    def test_a_log_without_the_policys_actions_says_so(self) -> None:
        made = estimate(Logged(np.ones(4), np.full(4, 0.5), np.zeros(4)), "snips")
        assert (made.value, made.effective_sample_size, made.mean_weight) == (0.0, 0.0, 0.0)

    def test_effective_size_of_one_dominating_row_is_one(self) -> None:
        assert effective_sample_size(np.array([1e9, 1.0, 1.0])) == pytest.approx(1.0)


class TestRefusals:
    @pytest.mark.parametrize(
        ("columns", "field"),
        [
            (([1.0], [0.0], [0.5]), "behaviour"),
            (([1.0], [1.5], [0.5]), "behaviour"),
            (([1.0], [0.5], [-0.1]), "target"),
            (([1.0, 1.0], [0.5], [0.5]), "behaviour"),
            (([np.nan], [0.5], [0.5]), "rewards"),
            (([], [], []), "rewards"),
        ],
    )
    def test_names_what_is_wrong(self, columns: tuple[list[float], ...], field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            Logged(*map(np.array, columns))
        assert refused.value.field == field

    def test_estimators_and_their_settings(self) -> None:
        log = Logged(np.ones(2), np.ones(2), np.ones(2))
        for name in ("direct", "dr", "switch_dr", "dr_shrunk"):
            with pytest.raises(InvalidInput):
                estimate(log, name)
        for wrong in ({"clip": 0.0}, {"threshold": 0.0}, {"level": 1.0}):
            with pytest.raises(InvalidInput):
                estimate(log, "ips", **wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidInput):
            estimate(log, "magic")

    def test_every_estimator_has_a_row_in_the_table(self) -> None:
        from socialflow.evaluation import off_policy

        assert all(f"\n{name} " in (off_policy.__doc__ or "") for name in ESTIMATORS)
