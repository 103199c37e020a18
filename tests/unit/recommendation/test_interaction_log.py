import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from socialflow.content.log import InteractionBlock
from socialflow.content.records import INTERACTION_CODES, InteractionType
from socialflow.ids import UserKey
from socialflow.recommendation.log import InteractionLog, as_histories, merge
from socialflow.recommendation.value_model import Weigher, default_value_model

LIKE = INTERACTION_CODES[InteractionType.LIKE]
WEIGH = Weigher(default_value_model())


def block(*rows: tuple[int, int, int]) -> InteractionBlock:
    """Likes as (user, item, at)."""
    users, items, at = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    n = len(rows)
    return InteractionBlock(
        np.array(users, np.int64),
        np.array(items, np.int64),
        np.full(n, LIKE, np.uint8),
        np.ones(n, np.float32),
        np.array(at, np.int64),
    )


def items_of(log: InteractionLog, user: int) -> list[int]:
    return log.rows(UserKey(user)).items.tolist()


def compact(log: InteractionLog) -> None:
    snapshot = log.snapshot()
    assert log.install(merge(snapshot), snapshot, tail_rows=len(snapshot.tail))


class TestLog:
    def test_a_late_event_stands_at_its_event_time(self):
        log = InteractionLog()
        log.append(block((1, 10, 100), (2, 20, 100), (1, 11, 300)))
        log.append(block((1, 12, 200)))
        assert items_of(log, 1) == [10, 12, 11]
        assert items_of(log, 2) == [20]
        assert items_of(log, 3) == []

    def test_a_merge_changes_nothing_that_is_read(self):
        log = InteractionLog()
        log.append(block((1, 10, 100), (2, 20, 100), (1, 11, 300)))
        compact(log)
        log.append(block((1, 12, 200), (7, 70, 1)))
        before = {user: items_of(log, user) for user in range(9)}
        compact(log)
        assert {user: items_of(log, user) for user in range(9)} == before
        assert log.tail_length == 0
        assert len(log) == 5

    def test_rows_that_come_during_a_merge_stay(self):
        log = InteractionLog()
        log.append(block((1, 10, 100)))
        snapshot = log.snapshot()
        log.append(block((1, 11, 200)))
        assert log.install(merge(snapshot), snapshot, tail_rows=1)
        assert items_of(log, 1) == [10, 11]

    def test_a_merge_of_an_outdated_base_is_refused(self):
        log = InteractionLog()
        log.append(block((1, 10, 100)))
        outdated = log.snapshot()
        compact(log)
        assert not log.install(merge(outdated), outdated, tail_rows=1)
        assert items_of(log, 1) == [10]

    def test_a_snapshot_does_not_see_what_comes_later(self):
        log = InteractionLog()
        log.append(block((1, 10, 100)))
        snapshot = log.snapshot()
        log.append(block(*((1, n, n) for n in range(5000))))
        assert snapshot.tail.items.tolist() == [10]
        assert merge(snapshot).rows.items.tolist() == [10]

    def test_the_erased_are_gone_at_once_and_from_memory_after_the_merge(self):
        log = InteractionLog()
        log.append(block((1, 10, 1), (2, 10, 2), (1, 11, 3), (3, 12, 4)))
        compact(log)
        log.append(block((1, 12, 5)))
        log.forget_user(UserKey(1))
        log.forget_item(12)
        assert [items_of(log, user) for user in (1, 2, 3)] == [[], [10], []]
        assert log.has_dead
        compact(log)
        assert len(log) == 1
        assert not log.has_dead
        assert log.snapshot().base.rows.items.tolist() == [10]

    def test_histories_are_the_newest_rows_weighed(self):
        log = InteractionLog()
        log.append(block(*((1, n, n * 1_000_000) for n in range(10))))
        histories = as_histories([log.rows(UserKey(user)).last(3) for user in (1, 2)], WEIGH, 20.0)
        assert histories.indptr.tolist() == [0, 3, 3]
        assert histories.items.tolist() == [7, 8, 9]
        assert histories.weights.tolist() == [1.0, 1.0, 1.0]
        assert histories.at.tolist() == [7.0, 8.0, 9.0]

    @given(
        st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), st.integers(0, 9)), max_size=8), max_size=8),
        st.sets(st.integers(0, 8)),
    )
    def test_any_batches_and_merges_read_like_one_sorted_list(self, batches, merged_after):
        log, told = InteractionLog(), []
        for number, batch in enumerate(batches):
            log.append(block(*batch))
            told += batch
            if number in merged_after:
                compact(log)
        for user in range(5):
            expected = [item for _, item, _ in sorted((r for r in told if r[0] == user), key=lambda row: row[2])]
            assert items_of(log, user) == expected


class TestWeights:
    def test_each_type_says_what_the_value_model_says(self):
        said = {
            (InteractionType.VIEW, 0.25): 0.25,
            (InteractionType.WATCH_TIME, 15.0): 0.5,
            (InteractionType.WATCH_TIME, 4000.0): 1.0,
            (InteractionType.RATING, 5.0): 2.0,
            (InteractionType.RATING, 1.0): -2.0,
            (InteractionType.SHARE, 1.0): 2.0,
            (InteractionType.REPORT, 1.0): -6.0,
            (InteractionType.LIKE, -1.0): -1.0,
        }
        types = np.array([INTERACTION_CODES[kind] for kind, _ in said], np.uint8)
        values = np.array([value for _, value in said], np.float32)
        assert WEIGH(types, values).tolist() == list(said.values())
        assert values.tolist() == [value for _, value in said]
