"""A data set as read: interactions in file order, and whatever test part and words came with it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.interactions import FloatArray, Follows, IntArray, Interactions, ItemTable


@dataclass(frozen=True, slots=True)
class Pairs:
    """n (user, item) pairs."""

    users: IntArray
    items: IntArray

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, slots=True)
class Sampled:
    """One line of candidates per user of an NCF test: the positive, and the negatives it is ranked among, (m, c)."""

    users: IntArray
    positives: IntArray
    negatives: IntArray


@dataclass(frozen=True, slots=True)
class RankingData:
    """What a reader found.

    `interactions` has weight 1 in every row; `at` is in seconds since the epoch where `timed`, else the place in the
    file. `ordered`: whether `at` tells a user's earlier from later rows at all. `ratings`: stars beside the rows.
    """

    interactions: Interactions
    ordered: bool
    timed: bool = False
    ratings: FloatArray | None = None
    test: Pairs | None = None
    sampled: Sampled | None = None
    items: ItemTable | None = None
    follows: Follows | None = None


def implicit(users: IntArray, items: IntArray, at: npt.NDArray[np.float64] | None = None) -> Interactions:
    """Interactions of weight 1; `at` defaults to the place in the list."""
    order = np.arange(len(users), dtype=np.float64) if at is None else at
    return Interactions(users, items, np.ones(len(users), np.float32), order)
