from typing import Any

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.user_user import UserUser
from socialflow.recommendation.interactions import Histories, Interactions

ROWS = {1: [10, 20, 30], 2: [10, 20, 40], 3: [10, 50], 4: [60, 70]}
LOG = Interactions.from_pairs(
    [user for user, row in ROWS.items() for _ in row], [i for row in ROWS.values() for i in row]
)
PLAIN: dict[str, Any] = {"user": 0.0, "source": 0.0, "target": 0.0, "shrinkage": 0.0, "power": 1.0}


def score(model: UserUser, *history: int) -> dict[int, float]:
    line = model.score(Histories.from_lists([list(history)]))[0]
    return {int(i): float(s) for i, s in zip(model.item_ids, line, strict=True) if not np.isnan(s)}


class TestFormula:
    def test_neighbours_speak_in_proportion_to_what_is_shared(self) -> None:
        model = UserUser(**PLAIN).fit(LOG)
        assert score(model, 10, 20) == pytest.approx({10: 1.0, 20: 0.8, 30: 0.4, 40: 0.4, 50: 0.2})

    def test_power_favours_the_nearest(self) -> None:
        model = UserUser(**{**PLAIN, "power": 2.0}).fit(LOG)
        assert score(model, 10, 20) == pytest.approx({10: 1.0, 20: 8 / 9, 30: 4 / 9, 40: 4 / 9, 50: 1 / 9})

    def test_long_histories_and_popular_items_count_less(self) -> None:
        model = UserUser(**{**PLAIN, "user": 1.0, "shrinkage": 1.0}).fit(LOG)
        assert score(model, 10)[50] == pytest.approx((1 / 3) / (1 / 4 + 1 / 4 + 1 / 3))
        model = UserUser(**{**PLAIN, "source": 1.0, "target": 1.0}).fit(LOG)
        assert score(model, 10, 20)[50] == pytest.approx((1 / 3) / (5 / 6 + 5 / 6 + 1 / 3))

    def test_a_dislike_takes_likeness_away(self) -> None:
        model = UserUser(**PLAIN).fit(LOG)
        history = Histories(np.array([0, 2]), np.array([10, 50]), np.array([1.0, -1.0], np.float32), np.zeros(2))
        assert np.isnan(model.score(history)[0, model.item_ids == 50]).all()


class TestNeighbourhood:
    def test_only_the_nearest_have_a_say(self) -> None:
        model = UserUser(**PLAIN, neighbours=2).fit(LOG)
        assert 50 not in score(model, 10, 20)

    def test_ties_at_the_end_do_not_let_more_in(self) -> None:
        model = UserUser(**PLAIN, neighbours=1).fit(LOG)
        assert len(score(model, 10)) <= 3

    def test_names_and_order_of_users_do_not_matter(self) -> None:
        rng = np.random.default_rng(0)
        users, items = rng.integers(0, 50, 400), rng.integers(0, 30, 400)
        asked = Histories.from_lists([[1, 2, 3]])
        one = UserUser(neighbours=3, references=20).fit(Interactions.from_pairs(users, items))
        other = UserUser(neighbours=3, references=20).fit(Interactions.from_pairs(900 - users, items))
        assert np.allclose(one.score(asked), other.score(asked), equal_nan=True)

    def test_similar_items_are_taken_by_the_same(self) -> None:
        near = UserUser(**PLAIN).fit(LOG).neighbours(np.array([10]), 1)
        assert near.items.tolist() == [[20]]
        assert near.scores[0, 0] == pytest.approx(2 / np.sqrt(6))


class TestWhatIsKept:
    def test_the_newest_items_of_a_person(self) -> None:
        model = UserUser(**PLAIN, longest=2).fit(LOG)
        assert model._rows.sum(axis=1).max() == 2
        assert 10 not in score(model, 20)

    def test_no_more_people_than_wanted(self) -> None:
        assert UserUser(references=2).fit(LOG)._rows.shape == (2, 7)

    def test_no_user_is_named(self) -> None:
        renamed = Interactions(LOG.users + 5_000, LOG.items, LOG.weights, LOG.at)
        arrays = [UserUser().fit(log)._arrays() for log in (LOG, renamed)]
        assert all(np.array_equal(arrays[0][key], arrays[1][key]) for key in arrays[0])

    def test_limits_are_checked(self) -> None:
        with pytest.raises(InvalidInput, match="neighbours"):
            UserUser(neighbours=0)
