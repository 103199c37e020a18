"""How long users are remembered is read off their data."""

import numpy as np
import pytest

from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.interactions import Interactions
from socialflow.training.config import EvaluationConfig
from socialflow.training.holdout import hold_out, means, measure
from socialflow.training.recency import HALF_LIVES, choose_half_life


def platform(steady: bool) -> Interactions:
    """Two worlds of 20 items, 200 users at home in one of them, and 200 who begin in one and then take items of the
    other: to go back home (steady) or to stay."""
    rng = np.random.default_rng(0)
    users, items = [], []
    for user in range(400):
        home, away = (0, 100) if user % 2 else (100, 0)
        first, second = rng.permutation(20) + home, rng.permutation(20) + away
        wanders = [*first[:10], *second[:2], first[10]] if steady else [*first[:10], *second[:8]]
        history = first[:12] if user < 200 else wanders
        users += [user] * len(history)
        items += [*history]
    return Interactions.from_pairs(users, items)


@pytest.mark.parametrize("steady", [True, False])
def test_what_predicts_the_next_item_is_chosen(steady: bool) -> None:
    held = hold_out(platform(steady), EvaluationConfig())
    model = ItemItem(kernel=(1.0, 0.5, 0.5)).fit(held.train)

    def quality(half_life: float | None) -> float:
        model.half_life = half_life
        return means(measure(model, held, [10]))["ndcg@10"]

    chosen = choose_half_life(quality)
    assert (chosen is None or chosen >= 20.0) is steady


def test_of_equals_the_whole_history_counts() -> None:
    assert choose_half_life(lambda half_life: 1.0) is None
    assert HALF_LIVES[0] is None


def test_one_half_chooses_the_other_judges() -> None:
    held = hold_out(platform(True), EvaluationConfig())
    choosing, judging = held.halves()
    assert len(choosing) + len(judging) == len(held)
    assert np.array_equal(np.concatenate((choosing.held, judging.held)), held.held)
    assert choosing.train is held.train
