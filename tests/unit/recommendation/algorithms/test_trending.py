import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.interactions import Histories, Interactions

HOUR = 3600.0


def log(rows: list[tuple[int, float]], weight: float = 1.0) -> Interactions:
    items = np.array([item for item, _ in rows])
    at = np.array([hours * HOUR for _, hours in rows])
    return Interactions(np.arange(len(rows)), items, np.full(len(rows), weight, np.float32), at)


class TestDecay:
    def test_halves_with_every_half_life(self) -> None:
        model = Trending(half_life_hours=24).fit(log([(1, 0), (2, 24), (3, 48)]))
        assert model.score(Histories.from_lists([[]]))[0].tolist() == [0.25, 0.5, 1.0]

    def test_fresh_beats_many_but_old(self) -> None:
        model = Trending().fit(log([(1, 0)] * 5 + [(2, 100)] * 2))
        assert model.top(Histories.from_lists([[]]), 1).items.tolist() == [[2]]

    def test_without_half_life_it_is_popularity(self) -> None:
        model = Trending(half_life_hours=None).fit(log([(1, 0)] * 5 + [(2, 100)] * 2))
        assert model.score(Histories.from_lists([[]]))[0].tolist() == [5.0, 2.0]

    def test_dislikes_do_not_count(self) -> None:
        assert Trending().fit(log([(1, 0)], weight=-1.0)).score(Histories.from_lists([[]])).tolist() == [[0.0]]

    def test_a_half_life_is_positive(self) -> None:
        with pytest.raises(InvalidInput, match="half_life_hours"):
            Trending(half_life_hours=0)


class TestVelocity:
    def test_rising_steady_and_quiet(self) -> None:
        steady = [(1, float(hour)) for hour in range(1, 169, 2)]
        rising = [(2, 160.0)] * 5
        quiet = [(3, 10.0)] * 5
        velocity = Trending(half_life_hours=24).fit(log([*steady, *rising, *quiet])).velocity
        assert velocity[0] == pytest.approx(1.0, abs=0.1)
        assert velocity[1] == pytest.approx(7.0)
        assert velocity[2] == 0.0
