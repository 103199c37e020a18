"""Models that go on learning between two fits: what they come to, compared with a fit on the same interactions."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from socialflow.recommendation.algorithms.als import Als
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.candidates import Candidates, ItemIndex
from socialflow.recommendation.follow import News
from socialflow.recommendation.interactions import Histories, Interactions
from socialflow.recommendation.protocol import Matrix

USERS, ITEMS, LATER = 12, 9, 14
"""People; items that the fit may know; items afterwards."""


def matrix(log: Interactions, people: list[int], size: int = LATER) -> Matrix:
    """What each of these people took, (people, items)."""
    cells = np.zeros((len(people), size), np.float32)
    for row, user in enumerate(people):
        np.add.at(cells[row], log.items[log.users == user], log.weights[log.users == user])
    return sparse.csr_array(cells)


def news(old: Interactions, new: Interactions, people: list[int], since: list[int] | None = None) -> News:
    return News(matrix(old, people), matrix(new, people), matrix(new, people if since is None else since))


def of_pairs(pairs: list[tuple[int, int, float]]) -> Interactions:
    users, items, weights = zip(*pairs, strict=True)
    return Interactions(
        np.array(users), np.array(items), np.array(weights, np.float32), np.arange(len(users), dtype=np.float64)
    )


WEIGHTS = st.sampled_from([0.25, 0.5, 1.0])
PAIRS = st.tuples(st.integers(0, USERS - 1), st.integers(0, ITEMS - 1), WEIGHTS)
LATER_PAIRS = st.tuples(st.integers(0, USERS + 2), st.integers(0, LATER - 1), WEIGHTS)
KERNELS = st.sampled_from([(1.0, 0.7, 0.3), (0.5, 1.0, 0.0), (1.0, 0.5, 0.5)])


class TestItemItem:
    @given(st.lists(PAIRS, min_size=3, max_size=60), st.lists(LATER_PAIRS, min_size=1, max_size=40), KERNELS)
    @settings(max_examples=150, deadline=None)
    def test_after_the_same_interactions_it_is_what_a_fit_gives(
        self,
        early: list[tuple[int, int, float]],
        late: list[tuple[int, int, float]],
        kernel: tuple[float, float, float],
    ) -> None:
        anchor = (0, ITEMS - 1, 1.0)  # ids above this one join the axis; ids below it that nobody took wait for a fit
        known = {item for _, item, _ in early} | {ITEMS - 1}
        late = [pair for pair in late if pair[1] in known or pair[1] >= ITEMS]
        old, new = of_pairs([anchor, *early]), of_pairs([anchor, *early, *late])
        model = ItemItem(kernel=kernel).fit(old)
        before = model.score(Histories.from_lists([[ITEMS - 1]]))
        heard = sorted({user for user, _, _ in late})
        first, second = heard[: len(heard) // 2], heard[len(heard) // 2 :]
        followed = model.follow(news(old, new, first)).follow(news(old, new, second, heard))
        fitted = ItemItem(kernel=kernel).fit(new)
        asked, everything = Histories.from_lists([[item] for item in range(LATER)]), np.arange(LATER)
        told, expected = (np.nan_to_num(one.score_items(asked, everything)) for one in (followed, fitted))
        assert np.allclose(told, expected, rtol=1e-4, atol=1e-5)
        assert np.array_equal(before, model.score(Histories.from_lists([[ITEMS - 1]])), equal_nan=True)

    def test_what_is_taken_back_is_gone(self) -> None:
        old = of_pairs([(1, 1, 1.0), (1, 2, 1.0), (2, 1, 1.0), (2, 3, 1.0)])
        without = of_pairs([(1, 1, 1.0), (1, 2, 1.0)])
        model = ItemItem(kernel=(1.0, 0.5, 0.5)).fit(old).follow(news(old, without, [2]))
        assert model.neighbours(np.array([1]), 3).items.tolist() == [[2, -1, -1]]
        assert model.neighbours(np.array([3]), 1).items.tolist() == [[-1]]

    def test_lists_stay_as_long_as_was_asked(self) -> None:
        old = of_pairs([(0, 1, 1.0), (0, 2, 1.0)])
        new = of_pairs([(0, 1, 1.0), (0, 2, 1.0), *((user, item, 1.0) for user in (1, 2) for item in (1, 3, 4))])
        model = ItemItem(neighbours=2, kernel=(1.0, 0.5, 0.0)).fit(old).follow(news(old, new, [1, 2]))
        assert model.neighbours(np.array([1]), 3).items.tolist() == [[3, 4, -1]]

    def test_a_followed_model_is_stored_as_it_stands_and_follows_on(self, tmp_path: Path) -> None:
        old, new = of_pairs([(0, 1, 1.0), (0, 2, 1.0)]), of_pairs([(0, 1, 1.0), (0, 2, 1.0), (1, 1, 1.0), (1, 7, 1.0)])
        last = of_pairs([(0, 1, 1.0), (0, 2, 1.0), (1, 1, 1.0), (1, 7, 1.0), (2, 7, 1.0), (2, 2, 1.0)])
        model = ItemItem(kernel=(1.0, 0.7, 0.3)).fit(old).follow(news(old, new, [1]))
        model.save(tmp_path)
        loaded = ItemItem.load(tmp_path)
        asked = Histories.from_lists([[1], [2], [7]])
        assert np.allclose(loaded.score(asked), model.score(asked), equal_nan=True)
        ahead = [one.follow(news(new, last, [2])).score(asked) for one in (loaded, model)]
        assert np.allclose(*ahead, rtol=1e-5, equal_nan=True)


class TestAls:
    @pytest.fixture
    def old(self) -> Interactions:
        rng = np.random.default_rng(4)
        return of_pairs([(int(user), int(2 * rng.integers(0, 4) + user % 2), 1.0) for user in np.repeat(range(30), 4)])

    @pytest.fixture
    def model(self, old: Interactions) -> Als:
        return Als(factors=6, regularisation=1.0).fit(old)

    def test_a_new_item_is_the_ridge_solution_over_who_took_it(self, model: Als, old: Interactions) -> None:
        takers = [1, 3, 5]
        new = of_pairs([*zip(old.users, old.items, old.weights, strict=True), *((user, 12, 0.5) for user in takers)])
        followed = model.follow(news(old, new, takers))
        theirs = matrix(old, takers, int(model.item_ids[-1]) + 1)
        histories = Histories(
            theirs.indptr.astype(np.int64), theirs.indices.astype(np.int64), theirs.data, np.zeros(theirs.nnz)
        )
        people = model._represent(model._to_columns(histories)).astype(np.float64)
        assert model._of_people is not None
        left = model._of_people + 10.0 * 0.5 * people.T @ people
        expected = np.linalg.solve(left, (1.0 + 10.0 * 0.5) * people.sum(axis=0))
        assert followed._vectors[followed.item_ids.tolist().index(12)] == pytest.approx(expected, rel=1e-3, abs=1e-5)

    def test_it_is_listed_for_people_like_those_who_took_it(self, model: Als, old: Interactions) -> None:
        new = of_pairs(
            [*zip(old.users, old.items, old.weights, strict=True), *((user, 12, 1.0) for user in range(1, 15, 2))]
        )
        followed = model.follow(news(old, new, list(range(1, 15, 2))))
        scores = followed.score_items(Histories.from_lists([[1, 3], [0, 2]]), np.array([12]))
        assert scores[0, 0] > 2 * abs(scores[1, 0])
        assert not np.isin(12, model.item_ids)

    def test_steps_come_to_the_same_as_one(self, model: Als, old: Interactions) -> None:
        new = of_pairs([*zip(old.users, old.items, old.weights, strict=True), (1, 12, 1.0), (2, 12, 1.0), (3, 13, 1.0)])
        together = model.follow(news(old, new, [1, 2, 3]))
        apart = (
            model.follow(news(old, new, [1])).follow(news(old, new, [2], [1, 2])).follow(news(old, new, [3], [1, 2, 3]))
        )
        asked = Histories.from_lists([[0, 1], [12]])
        assert np.allclose(together.score(asked), apart.score(asked), atol=1e-4, equal_nan=True)

    def test_an_item_beyond_the_index_is_still_found(self, model: Als, old: Interactions) -> None:
        model.index, model.candidates = ItemIndex.build(model._vectors), Candidates(8, 1.0)
        new = of_pairs([*zip(old.users, old.items, old.weights, strict=True), *((user, 12, 1.0) for user in (1, 3, 5))])
        followed = model.follow(news(old, new, [1, 3, 5]))
        assert 12 in followed.top(Histories.from_lists([[1, 3]]), 20).items[0]

    def test_an_item_that_nobody_took_after_all_has_no_vector(self, model: Als, old: Interactions) -> None:
        new = of_pairs([*zip(old.users, old.items, old.weights, strict=True), (1, 12, 1.0)])
        back = model.follow(news(old, new, [1])).follow(news(new, old, [1]))
        asked = Histories.from_lists([[0, 1]])
        assert np.isnan(back.score_items(asked, np.array([12]))).all()
        assert np.allclose(back.score_items(asked, model.item_ids), model.score(asked), atol=1e-5)
