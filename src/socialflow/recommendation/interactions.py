"""What recommenders learn from and score: columns of weighted interactions, and ragged histories.

Users and items are named by integer ids (keys in serving, dense numbers in evaluation); a recommender maps them to
its own axes (see `protocol`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]

_SPARSE = 4
"""Numbers in reach of each id up to which `numbered` makes a table of all of them."""


@dataclass(frozen=True, slots=True)
class Interactions:
    """n weighted interactions. All arrays have length n; repeated (user, item) pairs are allowed.

    `weights`: value-model weight, > 0 liked, < 0 disliked; `at`: float64 seconds since the epoch, or an order number.
    """

    users: IntArray
    items: IntArray
    weights: FloatArray
    at: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.users)

    def __post_init__(self) -> None:
        if not len(self.users) == len(self.items) == len(self.weights) == len(self.at):
            raise ValueError("users, items, weights and at must have the same length")

    @classmethod
    def from_pairs(cls, users: Sequence[int] | IntArray, items: Sequence[int] | IntArray) -> "Interactions":
        """Implicit feedback: weight 1 each, `at` = position in the list."""
        n = len(users)
        return cls(
            np.asarray(users, np.int64),
            np.asarray(items, np.int64),
            np.ones(n, np.float32),
            np.arange(n, dtype=np.float64),
        )

    def where(self, mask: npt.NDArray[np.bool_]) -> "Interactions":
        """The rows for which `mask` is true."""
        return Interactions(self.users[mask], self.items[mask], self.weights[mask], self.at[mask])


@dataclass(frozen=True, slots=True)
class Histories:
    """m users' histories, ragged: user u's rows are `items[indptr[u]:indptr[u + 1]]`, oldest first.

    `now`: seconds since the epoch at request time (weights may decay towards it). `followed`: where it is known,
    what the people whom each user follows took, m rows of positive weight in any order; only recommenders that are
    about that read it.
    """

    indptr: IntArray
    items: IntArray
    weights: FloatArray
    at: npt.NDArray[np.float64]
    now: float = 0.0
    followed: "Histories | None" = None

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def from_lists(cls, rows: Sequence[Sequence[int]], now: float = 0.0) -> "Histories":
        """Histories of weight 1 from plain lists.

        >>> len(Histories.from_lists([[1, 2], []]))
        2
        """
        indptr = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=indptr[1:])
        items = np.fromiter((item for row in rows for item in row), np.int64, count=int(indptr[-1]))
        n = len(items)
        return cls(indptr, items, np.ones(n, np.float32), np.arange(n, dtype=np.float64), now)

    def faded(self, half_life: float) -> "Histories":
        """These histories with a weight halved for every `half_life` newer rows: what was done last says most.

        >>> Histories.from_lists([[7, 8, 9]]).faded(1.0).weights.tolist()
        [0.25, 0.5, 1.0]
        """
        newer = np.repeat(self.indptr[1:], np.diff(self.indptr)) - 1 - np.arange(len(self.items))
        weights = (self.weights * 0.5 ** (newer / half_life)).astype(np.float32)
        return replace(self, weights=weights)

    def rows(self, start: int, stop: int) -> "Histories":
        """Histories `start` to `stop`, sharing memory."""
        low, high = int(self.indptr[start]), int(self.indptr[stop])
        return Histories(
            self.indptr[start : stop + 1] - low,
            self.items[low:high],
            self.weights[low:high],
            self.at[low:high],
            self.now,
            None if self.followed is None else self.followed.rows(start, stop),
        )


@dataclass(frozen=True, slots=True)
class Follows:
    """n directed edges: user `sources[e]` follows user `targets[e]`."""

    sources: IntArray
    targets: IntArray

    def __len__(self) -> int:
        return len(self.sources)

    def between(self, user_ids: IntArray) -> "Follows":
        """The edges whose ends are both in `user_ids` (ascending), as places in it."""
        inside = np.isin(self.sources, user_ids) & np.isin(self.targets, user_ids)
        return Follows(*(np.searchsorted(user_ids, ends[inside]) for ends in (self.sources, self.targets)))

    def histories(self, users: IntArray, taken: Interactions) -> Histories:
        """What those whom each of `users` (m,) follows took, m rows of the rows of `taken` with a weight above 0.

        >>> follows = Follows(np.array([1, 1, 2]), np.array([2, 3, 3]))
        >>> taken = Interactions.from_pairs([2, 3, 3], [20, 30, 31])
        >>> near = follows.histories(np.array([1, 2, 3]), taken)
        >>> near.indptr.tolist(), near.items.tolist()
        ([0, 3, 5, 5], [20, 30, 31, 30, 31])
        """
        liked = taken.where(taken.weights > 0)
        by_user, by_number = np.argsort(liked.users, kind="stable"), np.argsort(users, kind="stable")
        asked = np.isin(self.sources, users)
        rows = by_number[np.searchsorted(users, self.sources[asked], sorter=by_number)]
        order = np.argsort(rows, kind="stable")
        rows, people = rows[order], self.targets[asked][order]
        starts = np.searchsorted(liked.users, people, sorter=by_user)
        lengths = np.searchsorted(liked.users, people, side="right", sorter=by_user) - starts
        ends = np.cumsum(lengths)
        places = by_user[np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)]
        counts = np.bincount(rows, lengths, minlength=len(users)).astype(np.int64)
        indptr = np.concatenate(([0], np.cumsum(counts)))
        return Histories(indptr, liked.items[places], liked.weights[places], liked.at[places])


NO_FOLLOWS = Follows(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class ItemTable:
    """Words and facts of m items, for recommenders that look at content. All sequences have length m.

    `ids` ascending; `created_at` in seconds since the epoch; `channels` holds -1 where there is none.
    """

    ids: IntArray
    titles: Sequence[str]
    descriptions: Sequence[str]
    tags: Sequence[Sequence[str]]
    categories: Sequence[str | None]
    channels: IntArray
    created_at: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: IntArray) -> "ItemTable":
        """The given rows, in their order."""
        return ItemTable(
            self.ids[rows],
            [self.titles[row] for row in rows],
            [self.descriptions[row] for row in rows],
            [self.tags[row] for row in rows],
            [self.categories[row] for row in rows],
            self.channels[rows],
            self.created_at[rows],
        )


def numbered(ids: IntArray) -> tuple[IntArray, IntArray]:
    """The different ones of `ids`, ascending, and of each id its place among them.

    Where ids lie close together places are looked up in a table; elsewhere ids are sorted.

    >>> [part.tolist() for part in numbered(np.array([7, 3, 7, 12]))]
    [[3, 7, 12], [1, 0, 1, 2]]
    """
    if not len(ids):
        return ids.astype(np.int64), ids.astype(np.int64)
    first = int(ids.min())
    span = int(ids.max()) - first + 1
    if span > _SPARSE * len(ids):
        different, places = np.unique(ids, return_inverse=True)
        return different, places.astype(np.int64, copy=False)
    there = np.zeros(span, np.bool_)
    there[ids - first] = True
    return np.flatnonzero(there) + first, (np.cumsum(there) - 1)[ids - first]
