"""The interaction log in memory: sorted columns, a tail of what came since, and one merge between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.content.log import InteractionBlock
from socialflow.ids import UserKey
from socialflow.recommendation.interactions import Histories
from socialflow.recommendation.value_model import Weigher

MICROS = 1_000_000
_MAX_KEY = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class UserRows:
    """One user's interactions, oldest first: `items` int32 keys, `types` uint8, `values` float32, `at` int64 micros."""

    items: npt.NDArray[np.int32]
    types: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float32]
    at: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.items)

    def last(self, limit: int) -> "UserRows":
        """The newest `limit` rows."""
        return UserRows(self.items[-limit:], self.types[-limit:], self.values[-limit:], self.at[-limit:])


NO_ROWS = UserRows(np.empty(0, np.int32), np.empty(0, np.uint8), np.empty(0, np.float32), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Base:
    """Rows sorted by (user, at): user u's are `indptr[u]:indptr[u + 1]`. Never written to after it is built."""

    indptr: npt.NDArray[np.int64]
    rows: UserRows

    @classmethod
    def empty(cls) -> "Base":
        """A base without users."""
        return cls(np.zeros(1, np.int64), NO_ROWS)

    @property
    def users(self) -> int:
        """Number of user slots; keys run from 0 to this, exclusive."""
        return len(self.indptr) - 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The log at one instant, safe to read on any thread: nothing in it is ever written to."""

    base: Base
    tail: InteractionBlock
    dead_users: frozenset[int]
    dead_items: frozenset[int]

    def extended(self, block: InteractionBlock) -> "Snapshot":
        """This snapshot with `block` at its end."""
        tail = InteractionBlock(
            np.concatenate([self.tail.users, block.users]),
            np.concatenate([self.tail.items, block.items]),
            np.concatenate([self.tail.types, block.types]),
            np.concatenate([self.tail.values, block.values]),
            np.concatenate([self.tail.at, block.at]),
        )
        return Snapshot(self.base, tail, self.dead_users, self.dead_items)


class InteractionLog:
    """All interactions, in memory, by user.

    Two parts: a `Base` of sorted immutable columns (17 bytes a row), and a tail of appended rows with their positions
    per user. When the tail has grown, `merge` builds the next base from a snapshot on another thread and `install`
    swaps it in; requests read the old one until then.

    Threads: one writer, the event loop, calls everything here. Other threads read `snapshot()` only: base arrays are
    never written to, and rows of the tail are never written to again once they are within its length (a growing tail
    moves to new arrays, an older snapshot keeps the old ones).
    """

    def __init__(self) -> None:
        self._base = Base.empty()
        self._tail = _Tail()
        self._dead_users: set[int] = set()
        self._dead_items: set[int] = set()

    def __len__(self) -> int:
        return len(self._base.rows) + len(self._tail)

    @property
    def tail_length(self) -> int:
        """Rows appended since the last merge."""
        return len(self._tail)

    @property
    def has_dead(self) -> bool:
        """Whether rows of erased users or items still wait for the next merge."""
        return bool(self._dead_users or self._dead_items)

    def append(self, block: InteractionBlock) -> None:
        """Add rows in storage order; event times may be older than rows already here."""
        self._tail.append(block)

    def rows(self, user: UserKey) -> UserRows:
        """All interactions of a user, oldest first, those of erased items left out."""
        if user in self._dead_users:
            return NO_ROWS
        base, sliced = self._base, slice(0, 0)
        if user < base.users:
            sliced = slice(int(base.indptr[user]), int(base.indptr[user + 1]))
        rows = _take(base.rows, sliced)
        positions = self._tail.positions(user)
        if positions:
            rows = _chronological(rows, self._tail.take(positions))
        if self._dead_items:
            alive = ~np.isin(rows.items, list(self._dead_items))
            rows = _take(rows, alive)
        return rows

    def forget_user(self, user: UserKey) -> None:
        """Show none of this user's rows from now on; the next merge drops them from memory."""
        self._dead_users.add(user)

    def forget_item(self, item: int) -> None:
        """Show no row of this item from now on; the next merge drops them from memory."""
        self._dead_items.add(item)

    def snapshot(self) -> Snapshot:
        """The log as it is now, for other threads."""
        return Snapshot(self._base, self._tail.block(), frozenset(self._dead_users), frozenset(self._dead_items))

    def install(self, merged: Base, snapshot: Snapshot, *, tail_rows: int) -> bool:
        """Swap in what `merge(snapshot)` built, consuming the first `tail_rows` rows of the tail.

        Returns False, changing nothing, where another base was installed after the snapshot was taken.
        """
        if snapshot.base is not self._base:
            return False
        self._base = merged
        self._tail = self._tail.after(tail_rows)
        self._dead_users -= snapshot.dead_users
        self._dead_items -= snapshot.dead_items
        return True


def as_histories(parts: Sequence[UserRows], weigh: Weigher, now: float) -> Histories:
    """Several users' rows as the ragged histories that recommenders score."""
    indptr = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=indptr[1:])
    together = [NO_ROWS, *parts]
    types = np.concatenate([part.types for part in together])
    values = np.concatenate([part.values for part in together])
    return Histories(
        indptr,
        np.concatenate([part.items for part in together]).astype(np.int64),
        weigh(types, values),
        np.concatenate([part.at for part in together]) / MICROS,
        now,
    )


def merge(snapshot: Snapshot) -> Base:
    """The next base: base and tail as one, sorted by (user, at), without rows of erased users and items.

    The tail is sorted and inserted into the sorted base, so the work is one copy plus a sort of the tail. Equal times
    keep storage order.
    """
    base, tail = snapshot.base, snapshot.tail
    order = np.lexsort((tail.at, tail.users))
    users, at = tail.users[order], tail.at[order]
    slots = max(base.users, int(users[-1]) + 1 if len(users) else 0)
    indptr = np.concatenate([base.indptr, np.full(slots - base.users, base.indptr[-1])])
    places = _upper_bounds(base.rows.at, indptr[users], indptr[users + 1], at)
    rows = UserRows(
        np.insert(base.rows.items, places, tail.items[order].astype(np.int32)),
        np.insert(base.rows.types, places, tail.types[order]),
        np.insert(base.rows.values, places, tail.values[order]),
        np.insert(base.rows.at, places, at),
    )
    counts = np.diff(indptr) + np.bincount(users, minlength=slots)
    if snapshot.dead_users or snapshot.dead_items:
        owners = np.repeat(np.arange(slots), counts)
        alive = ~np.isin(owners, list(snapshot.dead_users)) & ~np.isin(rows.items, list(snapshot.dead_items))
        rows, counts = _take(rows, alive), np.bincount(owners[alive], minlength=slots)
    return Base(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), rows)


class _Tail:
    """Appended rows in growing columns, with each user's positions."""

    def __init__(self, capacity: int = 1024) -> None:
        self._users = np.empty(capacity, np.int32)
        self._items = np.empty(capacity, np.int32)
        self._types = np.empty(capacity, np.uint8)
        self._values = np.empty(capacity, np.float32)
        self._at = np.empty(capacity, np.int64)
        self._length = 0
        self._positions: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self._length

    def append(self, block: InteractionBlock) -> None:
        start, stop = self._length, self._length + len(block)
        if len(block) and max(int(block.users.max()), int(block.items.max())) > _MAX_KEY:
            raise OverflowError("a key does not fit 32 bits")
        if stop > len(self._users):
            self._grow(max(stop, 2 * len(self._users)))
        self._users[start:stop] = block.users
        self._items[start:stop] = block.items
        self._types[start:stop] = block.types
        self._values[start:stop] = block.values
        self._at[start:stop] = block.at
        for offset, user in enumerate(block.users.tolist()):
            self._positions.setdefault(user, []).append(start + offset)
        self._length = stop

    def positions(self, user: int) -> list[int]:
        return self._positions.get(user, [])

    def take(self, positions: list[int]) -> UserRows:
        at = np.array(positions, np.int64)
        return UserRows(self._items[at], self._types[at], self._values[at], self._at[at])

    def block(self) -> InteractionBlock:
        n = self._length
        users, items = self._users[:n].astype(np.int64), self._items[:n].astype(np.int64)
        return InteractionBlock(users, items, self._types[:n], self._values[:n], self._at[:n])

    def after(self, count: int) -> "_Tail":
        rest, all_ = _Tail(), self.block()
        rest.append(
            InteractionBlock(
                all_.users[count:], all_.items[count:], all_.types[count:], all_.values[count:], all_.at[count:]
            )
        )
        return rest

    def _grow(self, capacity: int) -> None:
        for name in ("_users", "_items", "_types", "_values", "_at"):
            old = getattr(self, name)
            new = np.empty(capacity, old.dtype)
            new[: self._length] = old[: self._length]
            setattr(self, name, new)


def _take(rows: UserRows, which: slice | npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> UserRows:
    return UserRows(rows.items[which], rows.types[which], rows.values[which], rows.at[which])


def _chronological(older: UserRows, newer: UserRows) -> UserRows:
    """Both as one, by time; rows of one instant in storage order."""
    rows = UserRows(
        np.concatenate([older.items, newer.items]),
        np.concatenate([older.types, newer.types]),
        np.concatenate([older.values, newer.values]),
        np.concatenate([older.at, newer.at]),
    )
    if np.all(rows.at[1:] >= rows.at[:-1]):
        return rows
    return _take(rows, np.argsort(rows.at, kind="stable"))


def _upper_bounds(
    values: npt.NDArray[np.int64],
    low: npt.NDArray[np.int64],
    high: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """For each wanted value, its place after equal ones within the ascending `values[low:high]` (binary search)."""
    low, high = low.copy(), high.copy()
    while np.any(open_ := low < high):
        middle = (low + high) // 2
        right = open_ & (values[np.where(open_, middle, 0)] <= wanted)
        low[right] = middle[right] + 1
        left = open_ & ~right
        high[left] = middle[left]
    return low
