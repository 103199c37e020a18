import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import ago
from tests.unit.recommendation.test_interaction_log import block, compact

from socialflow.ids import UserKey
from socialflow.recommendation.active import active_users
from socialflow.recommendation.log import InteractionLog

EVENTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(0, 100)), max_size=40)


class TestActiveUsers:
    def test_the_most_recent_first_and_none_from_before(self):
        log = InteractionLog()
        log.append(block((1, 10, 100), (2, 20, 300), (3, 30, 40), (1, 11, 200)))
        assert active_users(log.snapshot(), 50).tolist() == [2, 1]

    @given(EVENTS, EVENTS, st.integers(0, 100))
    def test_however_much_of_the_log_is_merged(self, merged: list, tail: list, since: int):
        log = InteractionLog()
        log.append(block(*merged))
        compact(log)
        log.append(block(*tail))
        last: dict[int, int] = {}
        for user, _, at in merged + tail:
            last[user] = max(last.get(user, at), at)
        expected = sorted((user for user, at in last.items() if at >= since), key=lambda user: (-last[user], user))
        assert active_users(log.snapshot(), since).tolist() == expected

    def test_not_the_erased(self):
        log = InteractionLog()
        log.append(block((1, 10, 100), (2, 20, 300)))
        log.forget_user(UserKey(2))
        log.forget_user(UserKey(99))
        assert active_users(log.snapshot(), 0).tolist() == [1]

    def test_of_an_empty_log_there_are_none(self):
        assert active_users(InteractionLog().snapshot(), 0).dtype == np.int64


class TestPresent:
    async def test_holds_what_was_committed_before_the_call(self, store, service_of):
        store.user(1)
        store.item(1)
        service = await service_of(store)
        store.act(1, 1, at=ago(minutes=1))
        present = await service.present()
        assert active_users(present.live.log.snapshot(), 0).tolist() == [1]
