"""Distances of hashes agree with counting bit by bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from socialflow.errors import InvalidInput
from socialflow.image import hamming


def hashes(width: int = 16) -> st.SearchStrategy[np.ndarray]:
    return st.integers(0, 12).flatmap(lambda rows: arrays.arrays(np.uint8, (rows, width)))


def naive(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    rows = [[sum(int(a ^ b).bit_count() for a, b in zip(one, other, strict=True)) for other in those] for one in these]
    return np.array(rows, np.uint16).reshape(len(these), len(those))


class TestDistances:
    @given(hashes(), hashes())
    def test_are_the_numbers_of_bits_that_differ(self, these: np.ndarray, those: np.ndarray) -> None:
        assert (hamming.distances_of_all(these, those) == naive(these, those)).all()

    @given(hashes(), hashes(), st.integers(0, 128))
    def test_pairs_within_a_distance_are_those_of_the_table(
        self, these: np.ndarray, those: np.ndarray, most: int
    ) -> None:
        expected = np.argwhere(naive(these, those) <= most)
        assert (hamming.within(these, those, most) == expected).all()

    def test_blocks_do_not_change_the_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = np.random.default_rng(3).integers(0, 256, (40, 32), dtype=np.uint8)
        whole, near = hamming.distances_of_all(drawn, drawn), hamming.within(drawn, drawn, 120)
        monkeypatch.setattr(hamming, "_AT_ONCE", 300)
        assert (hamming.distances_of_all(drawn, drawn) == whole).all()
        assert (hamming.within(drawn, drawn, 120) == near).all()
        assert (hamming.distances(drawn[7], drawn) == whole[7]).all()

    @pytest.mark.parametrize(
        ("these", "those"),
        [
            (np.zeros((2, 32), np.uint8), np.zeros((2, 8), np.uint8)),
            (np.zeros((2, 12), np.uint8), np.zeros((2, 12), np.uint8)),
            (np.zeros((2, 32), np.int64), np.zeros((2, 32), np.int64)),
            (np.zeros(32, np.uint8), np.zeros((2, 32), np.uint8)),
        ],
    )
    def test_what_is_no_hash_is_refused(self, these: np.ndarray, those: np.ndarray) -> None:
        with pytest.raises(InvalidInput, match="hashes"):
            hamming.distances_of_all(these, those)
