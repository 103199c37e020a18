"""What followed people took counts, where it tells something."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from socialflow.recommendation.interactions import Follows, Histories, Interactions
from socialflow.recommendation.social import Followed, SocialRecommender

USERS = st.integers(0, 9)
PAIRS = st.lists(st.tuples(USERS, USERS), max_size=30)


def edges(*pairs: tuple[int, int]) -> Follows:
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return Follows(both[:, 0], both[:, 1])


def circles(seed: int = 0, circle: int = 10, circles: int = 12) -> tuple[Interactions, Follows]:
    """Circles of friends who follow each other; two thirds of what somebody takes is the circle's, the rest is noise.

    Who takes what within the circle's 30 items is chance, so that little is learnt from pairs of items of so few rows.
    """
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(circle * circles), 9)
    own = (users // circle) * 30 + rng.integers(0, 30, len(users))
    items = np.where(rng.random(len(users)) < 0.67, own, rng.integers(0, 30 * circles, len(users)))
    who = np.arange(circle * circles)
    pairs = [(a, b) for a in who for b in who if a != b and a // circle == b // circle]
    return Interactions.from_pairs(users, items), edges(*pairs)


class TestWhatTheFollowedTook:
    def test_dislikes_and_strangers_are_left_out(self) -> None:
        taken = Interactions(
            np.array([2, 2, 3]), np.array([20, 21, 30]), np.array([1, -1, 2], np.float32), np.arange(3.0)
        )
        near = edges((1, 2), (1, 3), (3, 9)).histories(np.array([3, 1]), taken)
        assert near.indptr.tolist() == [0, 0, 2]
        assert sorted(zip(near.items.tolist(), near.weights.tolist(), strict=True)) == [(20, 1), (30, 2)]

    @given(PAIRS, st.lists(st.tuples(USERS, USERS), max_size=30), st.sets(USERS))
    def test_as_by_hand(self, follows: list[tuple[int, int]], taken: list[tuple[int, int]], asked: set[int]) -> None:
        log = Interactions.from_pairs([user for user, _ in taken], [item for _, item in taken])
        users = np.array(sorted(asked, reverse=True), np.int64)
        near = edges(*follows).histories(users, log)
        for row, user in enumerate(users.tolist()):
            found = sorted(near.items[near.indptr[row] : near.indptr[row + 1]].tolist())
            assert found == sorted(item for a, b in follows if a == user for who, item in taken if who == b)


class TestShares:
    def test_friends_are_heard_where_they_tell_something(self) -> None:
        taken, follows = circles()
        assert SocialRecommender().fit(taken, follows=follows).shares[2] > 0

    def test_and_not_where_follows_are_chance(self) -> None:
        taken, follows = circles()
        drawn = np.random.default_rng(1).permutation(follows.targets)
        assert SocialRecommender().fit(taken, follows=Follows(follows.sources, drawn)).shares[2] == 0

    def test_without_follows_nobody_is_asked(self) -> None:
        assert SocialRecommender().fit(circles()[0]).shares[2] == 0


class TestServing:
    def test_a_new_user_who_follows_people_gets_what_they_took(self, tmp_path: Path) -> None:
        taken, follows = circles()
        SocialRecommender(shares=(0.5, 0.1, 0.4)).fit(taken, follows=follows).save(tmp_path)
        model = SocialRecommender.load(tmp_path)
        near = edges((500, 0), (500, 1), (500, 2)).histories(np.array([500]), taken)
        new = replace(Histories.from_lists([[]]), followed=near)
        assert set(model.top(new, 5).items[0].tolist()) <= set(near.items.tolist())

    def test_what_the_followed_took_is_not_what_oneself_has_seen(self) -> None:
        taken = Interactions.from_pairs([1, 1, 2], [10, 11, 12])
        near = edges((3, 1)).histories(np.array([3]), taken)
        asked = replace(Histories.from_lists([[11]]), followed=near)
        assert Followed().fit(taken).top(asked, 1).items.tolist() == [[10]]

    def test_batches_agree_with_single_requests(self) -> None:
        taken, follows = circles()
        model = SocialRecommender(shares=(0.5, 0.1, 0.4)).fit(taken, follows=follows)
        asked = replace(Histories.from_lists([[1, 2], [], [40]]), followed=follows.histories(np.arange(3), taken))
        whole = model.score(asked)
        for row in range(3):
            assert np.allclose(whole[row], model.score(asked.rows(row, row + 1))[0], equal_nan=True, atol=1e-6)
