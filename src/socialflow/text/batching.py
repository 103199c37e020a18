"""Which windows run together: long ones cost what they are, short ones beside them what they are filled up to."""

from collections.abc import Sequence
from itertools import groupby

TOKENS_AT_ONCE = 512
"""Tokens of one run at most, padding included: what activations take then stays near the processor."""
_RUN = 32
"""Tokens that take as long as beginning a run does."""


def cut(lengths: Sequence[int]) -> list[slice]:
    """Windows of these lengths (n,), rising, as the runs that cost least together, in their order.

    ``cost(run) = windows * longest + 32`` tokens; by dynamic programming over the lengths that occur, a length and all
    windows of it at a time. Runs as full as can be would cost more where lengths differ, most of all of few texts.

    >>> cut([7, 8, 8, 60])
    [slice(0, 3, None), slice(3, 4, None)]
    """
    if len(lengths) == 1:
        return [slice(0, 1)]
    groups = [(length, len(list(same))) for length, same in groupby(lengths)]
    costs, firsts = [0], list[int]()
    """Of the groups before each: the least cost, and where the runs of the last of them begin."""
    for last, (longest, _) in enumerate(groups):
        windows, least, best = 0, 0, last + 1
        for first in range(last, -1, -1):
            windows += groups[first][1]
            cost = costs[first] + windows * longest + _runs(windows, longest) * _RUN
            if best > last or cost < least:
                least, best = cost, first
        costs.append(least)
        firsts.append(best)
    found, end, last = list[slice](), len(lengths), len(groups)
    while last:
        first = firsts[last - 1]
        begin = end - sum(count for _, count in groups[first:last])
        runs = _runs(end - begin, groups[last - 1][0])
        edges = [begin + (end - begin) * number // runs for number in range(runs + 1)]
        found += [slice(*edges[number : number + 2]) for number in reversed(range(runs))]
        end, last = begin, first
    return found[::-1]


def _runs(windows: int, longest: int) -> int:
    """Runs that so many windows of such a length take."""
    return -(-windows // max(1, TOKENS_AT_ONCE // longest))
