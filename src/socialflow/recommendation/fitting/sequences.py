"""Users' items in order: what sequence models learn from, cut into windows and padded into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from socialflow.recommendation.interactions import IntArray
from socialflow.recommendation.protocol import FitData

_HELD_SHARE, _HELD_USERS = 0.5, 3_000
"""Enough that the best round is seldom the luckiest one; and one label per user is little to miss."""
_ROUND = 8
_POOL = 8
"""Batches drawn together and sorted by length, so that little of a batch is padding."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """m ragged sequences: number u is `items[indptr[u]:indptr[u + 1]]`, oldest first.

    `rows`: the interactions they come from.
    """

    indptr: IntArray
    items: IntArray
    rows: IntArray

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, row: int) -> IntArray:
        return self.items[self.indptr[row] : self.indptr[row + 1]]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The last item of some users (`targets`), to be told from what they took before (`histories`).

    `places`: where those histories stand among the items of the sequences they were taken from.
    """

    histories: list[IntArray]
    targets: IntArray
    places: list[IntArray]


def sequences_of(data: FitData) -> Sequences:
    """Rows of weight > 0 by user and time; equal times keep the order of rows.

    Users come in an order that follows from what they took, never from how they are numbered.
    """
    log = data.interactions
    order = np.lexsort((log.at, log.users))
    order = order[log.weights[order] > 0]
    _, starts = np.unique(log.users[order], return_index=True)
    lists = np.split(order, starts[1:]) if len(order) else []
    lists.sort(key=lambda rows: log.items[rows].astype(">i8").tobytes())
    indptr = np.cumsum([0, *map(len, lists)])
    rows = np.concatenate(lists) if lists else order
    return Sequences(indptr, log.items[rows], rows)


def hold_out(sequences: Sequences, seed: int) -> tuple[Sequences, HeldOut]:
    """Take the last item of half of the users (at most 3,000, with three items or more) out of the sequences."""
    lengths = np.diff(sequences.indptr)
    long = np.flatnonzero(lengths >= 3)
    count = min(_HELD_USERS, int(np.ceil(_HELD_SHARE * len(long))))
    chosen = np.sort(np.random.default_rng(seed).permutation(long)[:count])
    last = sequences.indptr[chosen + 1] - 1
    kept = np.ones(len(sequences.items), bool)
    kept[last] = False
    lengths[chosen] -= 1
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    places = [np.arange(sequences.indptr[user], end) for user, end in zip(chosen, last, strict=True)]
    held = HeldOut([sequences.items[before] for before in places], sequences.items[last], places)
    return Sequences(indptr, sequences.items[kept], sequences.rows[kept]), held


def windows(sequences: Sequences, length: int, rng: np.random.Generator) -> list[IntArray]:
    """Pieces of at most `length` + 1 items; longer sequences are cut at a place drawn anew, and nothing is left out.

    Neighbouring pieces share one item: the label of one is the first input of the next.
    """
    pieces = []
    for row in range(len(sequences)):
        whole = sequences[row]
        if len(whole) < 2:
            continue
        stop = len(whole)
        if stop > length + 1:
            stop -= int(rng.integers(0, length))
            if stop < len(whole):
                pieces.append(whole[stop - 1 :])
        while stop > 1:
            start = max(stop - length - 1, 0)
            pieces.append(whole[start:stop])
            stop = start + 1
    return pieces


def batches(pieces: list[IntArray], size: int, rng: np.random.Generator) -> Iterator[list[IntArray]]:
    """All pieces once, `size` at a time, those of a batch of like length; the order is drawn."""
    order = rng.permutation(len(pieces))
    groups: list[list[IntArray]] = []
    for start in range(0, len(order), size * _POOL):
        pool = sorted(order[start : start + size * _POOL].tolist(), key=lambda place: len(pieces[place]))
        groups.extend([pieces[place] for place in pool[at : at + size]] for at in range(0, len(pool), size))
    for number in rng.permutation(len(groups)):
        yield groups[number]


def padded(rows: list[IntArray], padding: int, *, inputs: bool = False) -> IntArray:
    """Rows (b, longest), filled at the right.

    With `inputs` the longest is rounded up so that all but the last column are a multiple of 8: kernels are compiled
    per shape, so let there be few.
    """
    longest = max(map(len, rows))
    if inputs:
        longest = 1 - (1 - longest) // _ROUND * _ROUND
    filled = np.full((len(rows), longest), padding, np.int64)
    for place, row in enumerate(rows):
        filled[place, : len(row)] = row
    return filled
