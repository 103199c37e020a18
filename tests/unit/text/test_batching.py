"""Which windows run together."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.text.batching import TOKENS_AT_ONCE, cut

LENGTHS = st.lists(st.integers(3, 128), max_size=60).map(sorted)


def padded(lengths: list[int], runs: list[slice]) -> int:
    """Tokens of runs, padding included."""
    return sum(len(lengths[run]) * lengths[run][-1] for run in runs)


def cost(lengths: list[int], runs: list[slice]) -> int:
    """As the module tells it."""
    return padded(lengths, runs) + 32 * len(runs)


def test_nothing_takes_no_run() -> None:
    assert cut([]) == []


@given(LENGTHS)
def test_every_window_runs_once_and_in_order(lengths: list[int]) -> None:
    assert [place for run in cut(lengths) for place in range(len(lengths))[run]] == list(range(len(lengths)))


@given(LENGTHS)
def test_no_run_is_larger_than_what_stays_near_the_processor(lengths: list[int]) -> None:
    assert all(padded(lengths, [run]) <= TOKENS_AT_ONCE for run in cut(lengths))


@given(st.lists(st.integers(3, 128), min_size=1, max_size=7, unique=True).map(sorted))
def test_no_other_way_to_part_them_costs_less(lengths: list[int]) -> None:
    size = len(lengths)
    ways = (
        [slice(*edges) for edges in zip((0, *inner), (*inner, size), strict=True)]
        for count in range(size)
        for inner in combinations(range(1, size), count)
    )
    fitting = (way for way in ways if all(padded(lengths, [run]) <= TOKENS_AT_ONCE for run in way))
    assert cost(lengths, cut(lengths)) == min(cost(lengths, way) for way in fitting)


@pytest.mark.parametrize("count", [1, 25, 26, 51, 1000])
def test_equal_windows_fill_their_runs_evenly(count: int) -> None:
    runs = cut([20] * count)
    assert len(runs) == -(-count // 25)
    sizes = [run.stop - run.start for run in runs]
    assert max(sizes) - min(sizes) <= 1


def test_a_window_beyond_all_bounds_runs_by_itself() -> None:
    assert cut([8, TOKENS_AT_ONCE + 1, TOKENS_AT_ONCE + 1]) == [slice(0, 1), slice(1, 2), slice(2, 3)]
