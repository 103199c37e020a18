"""Which entries are known and match, by number."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from socialflow.moderation.banks.index import KnownEntries
from socialflow.moderation.banks.records import Block


def block(rows: dict[int, bool]) -> Block:
    count = len(rows)
    return Block(
        np.array(list(rows), np.int64),
        np.full(count, 7, np.int64),
        np.array(list(rows.values()), bool),
        np.zeros(count, np.uint8),
        np.zeros((count, 32), np.uint8),
        [b""] * count,
        1,
        1,
    )


class TestKnownEntries:
    @given(st.lists(st.dictionaries(st.integers(1, 30), st.booleans(), max_size=8), max_size=8))
    def test_each_is_known_once_with_what_was_said_last(self, blocks: list[dict[int, bool]]) -> None:
        entries, told = KnownEntries(), dict[int, bool]()
        for one in blocks:
            new = entries.take(block(one))
            assert new.tolist() == [key not in told for key in one]
            told |= one
        assert entries.keys.tolist() == list(told)
        assert entries.matching({7}).tolist() == list(told.values())
        assert not entries.matching({8}).any()
