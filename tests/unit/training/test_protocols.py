from collections.abc import Sequence

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import Interactions
from socialflow.training.datasets.records import Pairs, RankingData, Sampled, implicit
from socialflow.training.protocols import PROTOCOLS, Split


def data(rows: Sequence[tuple[int, int, float]], *, timed: bool = True, ordered: bool = True) -> RankingData:
    users, items, at = (np.array(column) for column in zip(*rows, strict=True))
    return RankingData(implicit(users, items, at.astype(np.float64)), ordered=ordered, timed=timed)


def asked(split: Split) -> dict[int, tuple[list[int], list[int]]]:
    """User -> (history, relevant)."""
    past = split.histories
    return {
        user: (
            past.items[past.indptr[row] : past.indptr[row + 1]].tolist(),
            split.relevant[split.indptr[row] : split.indptr[row + 1]].tolist(),
        )
        for row, user in enumerate(split.users.tolist())
    }


def pairs(log: Interactions) -> set[tuple[int, int]]:
    return set(zip(log.users.tolist(), log.items.tolist(), strict=True))


class TestLeaveOneOut:
    ROWS = ((1, 10, 3.0), (1, 11, 1.0), (1, 12, 2.0), (1, 13, 9.0), (2, 10, 1.0), (2, 11, 2.0))

    def test_the_last_is_the_test_and_the_history_holds_the_validation(self) -> None:
        split = PROTOCOLS["leave-one-out"].test(data(self.ROWS), 0)
        assert asked(split) == {1: ([11, 12, 10], [13])}
        assert pairs(split.train) == {(1, 11), (1, 12), (2, 10), (2, 11)}

    def test_validation_never_sees_the_test(self) -> None:
        split = PROTOCOLS["leave-one-out"].validation(data(self.ROWS), 0)
        assert asked(split) == {1: ([11, 12], [10])}
        assert (1, 13) not in pairs(split.train)

    def test_equal_times_keep_file_order(self) -> None:
        split = PROTOCOLS["leave-one-out"].test(data([(1, 30, 5.0), (1, 20, 5.0), (1, 10, 5.0)]), 0)
        assert asked(split) == {1: ([30, 20], [10])}

    def test_a_repeated_pair_counts_at_its_first_time(self) -> None:
        split = PROTOCOLS["leave-one-out"].test(data([(1, 10, 1.0), (1, 20, 2.0), (1, 30, 3.0), (1, 10, 4.0)]), 0)
        assert asked(split) == {1: ([10, 20], [30])}

    def test_data_without_order_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="order"):
            PROTOCOLS["leave-one-out"].test(data(self.ROWS, ordered=False), 0)

    def test_short_histories_leave_nobody_to_ask(self) -> None:
        with pytest.raises(InvalidInput, match="no user"):
            PROTOCOLS["leave-one-out"].test(data(self.ROWS[4:]), 0)


class TestLightgcn:
    DATA = RankingData(
        implicit(np.array([1, 1, 2]), np.array([10, 11, 10])),
        ordered=False,
        test=Pairs(np.array([2, 2, 1, 3, 1]), np.array([13, 11, 12, 10, 10])),
    )

    def test_asks_for_the_test_file(self) -> None:
        """User 3 is in no train line; (1, 10) stands in train already and cannot be asked for."""
        split = PROTOCOLS["lightgcn"].test(self.DATA, 0)
        assert asked(split) == {1: ([10, 11], [12]), 2: ([10], [11, 13]), 3: ([], [10])}

    def test_validation_of_an_undivided_set_leaves_out_what_its_test_holds(self) -> None:
        many = RankingData(implicit(np.repeat(np.arange(20), 20), np.tile(np.arange(20), 20)), ordered=False)
        test, validation = PROTOCOLS["lightgcn"].test(many, 3), PROTOCOLS["lightgcn"].validation(many, 3)
        relevant = {(user, item) for user, (_, items) in asked(test).items() for item in items}
        chosen_by = {(user, item) for user, (_, items) in asked(validation).items() for item in items}
        assert 50 < len(relevant) < 110
        assert 40 < len(chosen_by) < 90
        assert not relevant & (chosen_by | pairs(validation.train))

    def test_validation_is_cut_from_train(self) -> None:
        many = RankingData(
            implicit(np.repeat(np.arange(50), 10), np.tile(np.arange(10), 50)),
            ordered=False,
            test=Pairs(np.array([1]), np.array([99])),
        )
        split = PROTOCOLS["lightgcn"].validation(many, 0)
        assert 99 not in split.relevant
        assert 60 < len(split.relevant) < 140
        assert len(split.train) + len(split.relevant) == 500


class TestNcf:
    def test_the_positive_is_ranked_among_its_negatives(self) -> None:
        sampled = Sampled(np.array([2, 1]), np.array([5, 6]), np.array([[9, 7], [6, 8]]))
        split = PROTOCOLS["ncf99"].test(
            RankingData(implicit(np.array([1, 2]), np.array([1, 2])), ordered=True, sampled=sampled), 0
        )
        assert asked(split) == {1: ([1], [6]), 2: ([2], [5])}
        assert split.candidates is not None
        assert split.candidates.tolist() == [[-1, 6, 8], [5, 7, 9]]

    def test_validation_draws_negatives_nobody_took(self) -> None:
        rng = np.random.default_rng(0)
        log = implicit(rng.integers(0, 30, 400), rng.integers(0, 200, 400))
        split = PROTOCOLS["ncf99"].validation(RankingData(log, ordered=True), 0)
        assert split.candidates is not None
        for row, (history, relevant) in enumerate(asked(split).values()):
            candidates = split.candidates[row]
            assert relevant[0] in candidates
            assert not set(history) & set(candidates.tolist())


class TestStrong:
    def test_test_users_are_strangers(self) -> None:
        rng = np.random.default_rng(0)
        log = implicit(np.repeat(np.arange(100), 20), rng.integers(0, 50, 2000))
        split = PROTOCOLS["strong"].test(RankingData(log, ordered=True), 7)
        assert len(split) == 10
        assert not np.isin(split.train.users, split.users).any()
        whole = pairs(log)
        for user, (history, relevant) in asked(split).items():
            assert not set(history) & set(relevant)
            assert {(user, item) for item in history + relevant} <= whole

    def test_validation_users_are_neither_trained_on_nor_tested(self) -> None:
        rng = np.random.default_rng(0)
        log = implicit(np.repeat(np.arange(100), 20), rng.integers(0, 50, 2000))
        whole = RankingData(log, ordered=True)
        test, validation = PROTOCOLS["strong"].test(whole, 7), PROTOCOLS["strong"].validation(whole, 7)
        assert not set(test.users.tolist()) & set(validation.users.tolist())
        assert not np.isin(validation.train.users, np.concatenate((test.users, validation.users))).any()

    def test_low_ratings_are_no_likes(self) -> None:
        rng = np.random.default_rng(0)
        log = implicit(np.repeat(np.arange(100), 20), np.tile(np.arange(20), 100))
        ratings = rng.choice(np.array([1.0, 5.0], np.float32), 2000)
        split = PROTOCOLS["strong"].test(RankingData(log, ordered=True, ratings=ratings), 0)
        liked = pairs(log.where(ratings == 5.0))
        assert pairs(split.train) <= liked
        assert all((user, item) in liked for user, (_, relevant) in asked(split).items() for item in relevant)

    def test_too_few_users(self) -> None:
        with pytest.raises(InvalidInput, match="ten users"):
            PROTOCOLS["strong"].test(RankingData(implicit(np.arange(3), np.arange(3)), ordered=True), 0)


class TestTimeSplit:
    ROWS = (*((1, item, float(item)) for item in range(8)), (1, 100, 8.0), (2, 101, 9.0), (1, 102, 9.5), (1, 0, 9.7))

    def test_nothing_in_train_is_later_than_the_test(self) -> None:
        split = PROTOCOLS["time-split"].test(data(self.ROWS), 0)
        assert asked(split) == {1: ([*range(8)], [100, 102])}, "user 2 has no history; item 0 is known already"
        assert split.train.at.max() < 8.0

    def test_needs_times(self) -> None:
        with pytest.raises(InvalidInput, match="timestamps"):
            PROTOCOLS["time-split"].test(data(self.ROWS, timed=False), 0)


class TestSample:
    def test_sampled_users_keep_their_own(self) -> None:
        split = TestLightgcn.DATA
        whole = PROTOCOLS["lightgcn"].test(split, 0)
        some = whole.sample(2, seed=1)
        assert len(some) == 2
        everything = asked(whole)
        assert all(everything[user] == theirs for user, theirs in asked(some).items())
        assert whole.sample(3, seed=1) is whole
