import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.recommendation.person_rewards import FEATURES, Person
from socialflow.recommendation.thompson import DAY, ThompsonSampling, best_chances

ARMS = ["als", "hybrid", "trending"]
NUMBERS = st.floats(-5, 5)


def taught(rewards: dict[str, float], *, rows: int = 60, at: float = 1e9, **options: float) -> ThompsonSampling:
    """Everybody's rewards around the given means, of people nobody knows."""
    bandit = ThompsonSampling(**options)
    rng = np.random.default_rng(0)
    for _ in range(rows):
        for arm, mean in rewards.items():
            bandit.learn(arm, [], mean + rng.normal(), at=at)
    bandit.refresh()
    return bandit


def chances(bandit: ThompsonSampling, context: list[str] | None = None, person: Person | None = None) -> list[float]:
    return list(bandit.propensities(ARMS, context or [], person).values())


class TestChances:
    @given(st.lists(st.tuples(NUMBERS, st.floats(0.01, 3)), min_size=2, max_size=5))
    @settings(max_examples=25, deadline=None)
    def test_are_those_of_drawing_very_often(self, arms: list[tuple[float, float]]) -> None:
        means, deviations = np.array(arms).T
        drawn = np.random.default_rng(0).normal(means, deviations, (40_000, len(arms))).argmax(axis=1)
        shares = np.bincount(drawn, minlength=len(arms)) / 40_000
        assert best_chances(means[None, :], deviations)[0] == pytest.approx(shares, abs=0.012)

    def test_two_arms_by_the_closed_form(self) -> None:
        from scipy.stats import norm

        found = best_chances(np.array([[1.0, 0.2]]), np.array([0.5, 1.5]))[0, 0]
        assert found == pytest.approx(norm.cdf(0.8 / np.hypot(0.5, 1.5)), abs=1e-3)

    def test_sum_to_one_and_leave_every_arm_a_least_share(self) -> None:
        found = chances(taught({"als": 9.0, "hybrid": 0.0, "trending": 0.0}, explore=0.03))
        assert sum(found) == pytest.approx(1.0)
        assert found[0] > 0.97
        assert min(found) >= 0.0099

    def test_nothing_known_is_even(self) -> None:
        assert chances(ThompsonSampling()) == pytest.approx([1 / 3] * 3)

    def test_no_arm_is_refused(self) -> None:
        with pytest.raises(InvalidInput):
            ThompsonSampling().propensities([], [])


class TestPooling:
    def test_everybodys_rewards_decide_for_somebody_unknown(self) -> None:
        found = chances(taught({"als": 2.0, "hybrid": 3.0, "trending": 1.0}))
        assert found[1] > 0.9

    def test_an_arm_nobody_was_shown_begins_at_the_mean_of_the_others(self) -> None:
        bandit = taught({"als": 2.0, "hybrid": 3.0})
        assert bandit.expected("trending")[0] == pytest.approx(2.5, abs=0.2)
        assert chances(bandit)[2] > 0.02

    def test_a_person_of_other_taste_is_learnt_and_others_are_not_touched(self) -> None:
        bandit, person = taught({"als": 2.0, "hybrid": 3.0, "trending": 1.0}), Person()
        rng = np.random.default_rng(1)
        for _ in range(400):  # many people of whom some like this and some that: tastes differ here
            who, turned = Person(), rng.random() < 0.5
            for arm, mean in {"als": 2.0 + 3 * turned, "hybrid": 3.0 - 2 * turned}.items():
                for _ in range(3):
                    who = bandit.learn(arm, [], mean + rng.normal(), at=1e9, person=who)
        bandit.refresh()
        before = chances(bandit)
        for _ in range(10):
            person = bandit.learn("als", [], 6.0, at=1e9, person=person, for_all=False)
            person = bandit.learn("hybrid", [], 1.0, at=1e9, person=person, for_all=False)
        assert chances(bandit, person=person)[0] > 0.9
        assert chances(bandit) == before

    def test_somebody_who_likes_everything_is_not_taken_for_a_friend_of_one_arm(self) -> None:
        bandit = taught({"als": 2.0, "hybrid": 2.0, "trending": 2.0})
        rng = np.random.default_rng(2)
        people = [Person() for _ in range(60)]
        for _ in range(6):
            for number in range(60):
                for arm in rng.permutation(ARMS).tolist():
                    reward = 2.0 + (4.0 if number % 2 else -1.0) + rng.normal()
                    people[number] = bandit.learn(arm, [], reward, at=1e9, person=people[number])
        bandit.refresh()
        assert bandit.variances()["person"] > 10 * bandit.variances()["taste"]
        keen = Person()
        for _ in range(5):
            keen = bandit.learn("als", [], 8.0, at=1e9, person=keen, for_all=False)
        assert chances(bandit, person=keen) == pytest.approx(chances(bandit), abs=0.2)

    def test_contexts_are_told_apart(self) -> None:
        bandit = ThompsonSampling()
        rng = np.random.default_rng(3)
        for _ in range(300):
            for hours, better in (("hours:morning", "als"), ("hours:evening", "hybrid")):
                for arm in ("als", "hybrid"):
                    bandit.learn(arm, [hours], 2.0 * (arm == better) + rng.normal(), at=1e9)
        bandit.refresh()
        for hours, better in (("hours:morning", "als"), ("hours:evening", "hybrid")):
            assert bandit.propensities(["als", "hybrid"], [hours])[better] > 0.85

    def test_variances_are_those_of_the_people(self) -> None:
        rng, bandit = np.random.default_rng(4), ThompsonSampling()
        for _ in range(400):
            level, tastes, person = rng.normal(0, 1.0), rng.normal(0, 0.7, 3), Person()
            for arm in rng.integers(0, 3, 12):
                reward = 3.0 + level + tastes[arm] + rng.normal(0, 1.5)
                person = bandit.learn(ARMS[arm], [], reward, at=1e9, person=person)
            bandit.refresh()
        found = bandit.variances()
        assert found["noise"] == pytest.approx(2.25, rel=0.2)
        assert found["person"] == pytest.approx(1.0, rel=0.3)
        assert found["taste"] == pytest.approx(0.02 * sum(found.values()), rel=0.05)  # 0.49, but no more is believed


class TestTime:
    def test_an_arm_shown_in_good_hours_does_not_look_better(self) -> None:
        bandit, rng = taught({"als": 3.0, "hybrid": 2.5, "trending": 2.5}), np.random.default_rng(8)
        for number, level in enumerate((0.0, 0.0, -1.5, -1.5)):  # everything earns less from the third evening on
            arms = ("als",) if number < 2 else ("hybrid", "als")
            for arm in arms * 200:
                reward = (3.0 if arm == "als" else 2.5) + level + rng.normal()
                bandit.learn(arm, [], reward, at=1e9 + 7200.0 * (number + 1))
            bandit.refresh()
        assert bandit.expected("als")[0] - bandit.expected("hybrid")[0] == pytest.approx(0.5, abs=0.3)
        assert bandit.expected("als")[0] == pytest.approx(1.5, abs=0.4)
        assert abs(bandit.expected("trending")[0] - bandit.expected("hybrid")[0]) < 0.8  # 1.4 without it
        again = ThompsonSampling().restore(json.loads(json.dumps(bandit.state())))
        assert again.expected("als") == bandit.expected("als")

    def test_old_rewards_fade(self) -> None:
        bandit = taught({"als": 5.0, "hybrid": 1.0, "trending": 1.0}, half_life_days=10)
        rng = np.random.default_rng(5)
        for _ in range(30):
            for arm, mean in (("als", 1.0), ("hybrid", 4.0)):
                bandit.learn(arm, [], mean + rng.normal(), at=1e9 + 100 * DAY)
        bandit.refresh()
        assert chances(bandit)[1] > 0.85

    def test_what_is_learnt_counts_after_refreshing(self) -> None:
        bandit = taught({"als": 2.0, "hybrid": 2.0})
        before = chances(bandit)
        for _ in range(50):
            bandit.learn("als", [], 50.0, at=1e9)
        assert chances(bandit) == before
        bandit.refresh()
        assert chances(bandit) != before


class TestState:
    def test_comes_back_as_it_was(self) -> None:
        bandit = taught({"als": 2.0, "hybrid": 3.0})
        person = bandit.learn("als", ["device:phone"], 4.0, at=1e9)
        state = json.loads(json.dumps(bandit.state()))
        again = ThompsonSampling().restore(state)
        kept = Person.from_json(json.loads(json.dumps(person.as_json())))
        bandit.refresh()
        assert again.state() == bandit.state()
        assert chances(again, ["device:phone"], kept) == chances(bandit, ["device:phone"], person)

    def test_features_that_came_or_went_do_no_harm(self) -> None:
        bandit = taught({"als": 2.0, "hybrid": 3.0})
        state = bandit.state()
        size = len(FEATURES)
        state["features"] = [*FEATURES[:-1], "weather:rain"]
        again = ThompsonSampling().restore(state)
        assert again.expected("hybrid") == pytest.approx(bandit.expected("hybrid"))
        assert len(again.state()["arms"]["als"]["rewards"]) == size

    def test_nothing_is_a_state(self) -> None:
        assert ThompsonSampling().restore({}).arms == []

    def test_a_warm_start_leads_until_rewards_say_otherwise(self) -> None:
        bandit = ThompsonSampling()
        bandit.warm_start({"als": 3.0, "hybrid": 1.0}, weight=30)
        assert chances(bandit)[0] > chances(bandit)[1]
        for _ in range(200):
            bandit.learn("als", [], 0.0, at=1e9)
            bandit.learn("hybrid", [], 2.0, at=1e9)
        bandit.warm_start({"als": 99.0})
        assert chances(bandit)[1] > 0.8


class TestRefusals:
    @pytest.mark.parametrize("wrong", [{"explore": 1.5}, {"half_life_days": 0.0}, {"scale": 0.0}])
    def test_settings(self, wrong: dict[str, float]) -> None:
        with pytest.raises(InvalidInput):
            ThompsonSampling(**wrong)

    def test_rewards_that_are_no_numbers(self) -> None:
        with pytest.raises(InvalidInput):
            ThompsonSampling().learn("als", [], float("nan"), at=0.0)
