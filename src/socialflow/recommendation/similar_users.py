"""Users with like taste: cosine over the sets of items they liked."""

import numpy as np
import numpy.typing as npt

from socialflow.ids import UserKey
from socialflow.recommendation.log import Base, Snapshot, merge
from socialflow.recommendation.value_model import Weigher


class LikedPairs:
    """Distinct (user, item) pairs of positive weight, sorted by user, with an index by item; built once per base."""

    def __init__(self, base: Base, weigh: Weigher) -> None:
        owners = np.repeat(np.arange(base.users), np.diff(base.indptr))
        liked = weigh(base.rows.types, base.rows.values) > 0
        pairs = np.unique(owners[liked].astype(np.int64) << 32 | base.rows.items[liked])
        self._users = (pairs >> 32).astype(np.int32)
        items = (pairs & 0xFFFFFFFF).astype(np.int32)
        self._counts = np.bincount(self._users, minlength=base.users)
        self._by_item = np.argsort(items, kind="stable").astype(np.int32)
        self._item_ptr = np.concatenate([[0], np.cumsum(np.bincount(items))])
        self._user_ptr = np.concatenate([[0], np.cumsum(self._counts)])
        self._items = items

    def nearest(self, user: UserKey, limit: int) -> list[tuple[UserKey, float]]:
        r"""The `limit` users of greatest cosine, ``|A and B| / sqrt(|A| |B|)``, best first, ties by key."""
        if user + 1 >= len(self._user_ptr):
            return []
        own = self._items[self._user_ptr[user] : self._user_ptr[user + 1]]
        holders: list[npt.NDArray[np.int32]] = [
            self._users[self._by_item[self._item_ptr[item] : self._item_ptr[item + 1]]] for item in own.tolist()
        ]
        if not holders:
            return []
        shared = np.bincount(np.concatenate(holders), minlength=len(self._counts)).astype(np.float64)
        shared[user] = 0.0
        others = np.flatnonzero(shared)
        cosine = shared[others] / np.sqrt(float(len(own)) * self._counts[others])
        best = np.argsort(-cosine, kind="stable")[:limit]
        return [(UserKey(int(others[row])), round(float(cosine[row]), 6)) for row in best]


class SimilarUsersIndex:
    """Builds `LikedPairs` when the log has changed since the last question. Runs in one lane, never concurrently."""

    def __init__(self) -> None:
        self._of: tuple[int, int, int] | None = None
        self._pairs: LikedPairs | None = None

    def nearest(self, snapshot: Snapshot, weigh: Weigher, user: UserKey, limit: int) -> list[tuple[UserKey, float]]:
        """As `LikedPairs.nearest`, over the log as it is in `snapshot`."""
        state = (id(snapshot.base), len(snapshot.tail), weigh.version)
        if self._pairs is None or state != self._of:
            self._pairs = LikedPairs(merge(snapshot), weigh)
            self._of = state
        return self._pairs.nearest(user, limit)
