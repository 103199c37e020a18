"""Facts of every item in memory: one array per fact, indexed by item key."""

from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from socialflow.content.log import ItemFacts
from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.ids import ItemKey

KINDS: tuple[ItemKind, ...] = tuple(ItemKind)
STATUSES: tuple[ModerationStatus, ...] = tuple(ModerationStatus)
VISIBLE = (ModerationStatus.APPROVED, ModerationStatus.FLAGGED)
"""Stored decisions with which an item may be shown to others than its author; every other one keeps it back."""

NONE = -1
"""Code of "not given" in every column."""
ABSENT = 255
"""Status code of a key without an item (never stored, or erased): shown to nobody."""

_VISIBLE_CODES = np.array([STATUSES.index(status) for status in VISIBLE])


class Vocabulary:
    """Texts as small codes, in order of first appearance."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self.words: list[str] = []

    def add(self, word: str | None) -> int:
        """Code of `word`, made if it is new; NONE for None."""
        if word is None:
            return NONE
        code = self._codes.setdefault(word, len(self.words))
        if code == len(self.words):
            self.words.append(word)
        return code

    def code(self, word: str | None) -> int:
        """Code of `word`; NONE if no item has it."""
        return NONE if word is None else self._codes.get(word, NONE)


class Sets:
    """Sets of words as small codes, in order of first appearance, and which of them hold a word."""

    def __init__(self) -> None:
        self._codes: dict[frozenset[str], int] = {}
        self._holding: dict[str, array[int]] = {}

    def add(self, words: Iterable[str]) -> int:
        """Code of the set of `words`, made if it is new."""
        held = frozenset(words)
        code = self._codes.get(held)
        if code is None:
            code = len(self._codes)
            for word in held:
                self._holding.setdefault(word, array("q")).append(code)
            self._codes[held] = code
        return code

    def holding(self, codes: npt.NDArray[np.int32], words: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Which of `codes` (n,) stand for a set with any of the words; NONE never does."""
        size = len(self._codes)
        table = np.zeros(size + 1, np.bool_)  # the last place is that of NONE and of sets newer than this call
        for word in words:
            if (holding := self._holding.get(word)) is not None:
                found = np.frombuffer(holding.tobytes(), np.int64)
                table[found[found < size]] = True
        return table[np.minimum(codes, size)]


class Corpus:
    """Columns over item keys; a key beyond the columns, or with status ABSENT, is no item.

    One writer, the event loop. Other threads may read while it writes: single elements change in place, growing
    columns move to new arrays (take `size` first and slice by it), new words are only appended.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.generation = 0
        """Rises with every change."""
        self.size = 0
        """Keys 0..size-1 have a place in the columns."""
        self.ids: list[str | None] = []
        self.created_at = np.zeros(capacity, np.int64)
        self.kind = np.zeros(capacity, np.uint8)
        self.status = np.full(capacity, ABSENT, np.uint8)
        self.hidden = np.zeros(capacity, np.bool_)
        self.channel = np.full(capacity, NONE, np.int32)
        self.author = np.full(capacity, NONE, np.int32)
        self.category = np.full(capacity, NONE, np.int32)
        self.project = np.full(capacity, NONE, np.int32)
        self.community = np.full(capacity, NONE, np.int32)
        self.mood = np.full(capacity, NONE, np.int32)
        self.language = np.full(capacity, NONE, np.int32)
        self.promoted = np.zeros(capacity, np.bool_)
        self.age_restricted = np.zeros(capacity, np.bool_)
        self.tags = np.full(capacity, NONE, np.int32)
        self.flags = np.full(capacity, NONE, np.int32)
        """Flags of moderation."""
        self.owner = np.full(1, NONE, np.int32)
        """Owner (user key) by channel key; channels beyond it have none."""
        self.categories = Vocabulary()
        self.projects = Vocabulary()
        self.communities = Vocabulary()
        self.moods = Vocabulary()
        self.languages = Vocabulary()
        self.tag_sets = Sets()
        self.flag_sets = Sets()
        self._keys: dict[str, int] = {}
        self._newest_first: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._unplaced: list[int] = []
        """Keys whose place in `_newest_first` has to be found again."""

    def __len__(self) -> int:
        return len(self._keys)

    def put(self, facts: Iterable[ItemFacts]) -> None:
        """Take in new or changed facts."""
        self.generation += 1
        for row in facts:
            self._put(row)

    def forget(self, key: ItemKey) -> None:
        """Erase an item: its key stays without an item for good."""
        self.generation += 1
        if key >= self.size:
            return
        old = self.ids[key]
        if old is not None:
            del self._keys[old]
        self.ids[key] = None
        self.status[key] = ABSENT
        for name in _CODED:
            getattr(self, name)[key] = NONE
        self.promoted[key] = False
        self.age_restricted[key] = False
        self.created_at[key] = 0
        self._unplaced.append(int(key))

    def forget_author(self, user: int) -> None:
        """Take an erased person's name off the items and channels that stay."""
        self.author[self.author == user] = NONE
        self.owner[self.owner == user] = NONE

    def own(self, owners: Mapping[int, int]) -> None:
        """Take in who owns channels: channel key -> user key, or NONE."""
        size = max(owners, default=0) + 1
        if size > len(self.owner):
            self.owner = np.concatenate([self.owner, np.full(size - len(self.owner), NONE, np.int32)])
        for channel, user in owners.items():
            self.owner[channel] = user

    def maker(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Person (user key) behind each item: its author, else the owner of its channel, else NONE."""
        author, channel, owner = self.author[keys], self.channel[keys], self.owner
        known = (channel >= 0) & (channel < len(owner))
        return np.where(author >= 0, author, np.where(known, owner[np.where(known, channel, 0)], NONE))

    def creator(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """One number per creator: the author, else the channel, else the item itself (the only numbers 2 modulo 3)."""
        author, channel = self.author[keys].astype(np.int64), self.channel[keys].astype(np.int64)
        return np.where(author >= 0, 3 * author, np.where(channel >= 0, 3 * channel + 1, 3 * keys + 2))

    def key(self, item_id: str) -> ItemKey | None:
        """Key of an item id; None if there is no such item."""
        key = self._keys.get(item_id)
        return None if key is None else ItemKey(key)

    def keys(self, item_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Keys of those ids that exist, in their order."""
        found = (self._keys.get(item_id) for item_id in item_ids)
        return np.array([key for key in found if key is not None], np.int64)

    def visible(self) -> npt.NDArray[np.bool_]:
        """Which keys may be shown to anybody (see `shows`). Shape (size,)."""
        return self.shows(np.s_[: self.size])

    def shows(self, keys: npt.NDArray[np.int64] | slice) -> npt.NDArray[np.bool_]:
        """Whether items may be shown to anybody: stored status approved or flagged, and not hidden."""
        return _SHOWN[self.status[keys]] & ~self.hidden[keys]

    def newest_first(self) -> npt.NDArray[np.int64]:
        """All existing keys, newest first, equal times by key."""
        if self._unplaced:
            known = self._newest_first[~np.isin(self._newest_first, self._unplaced)]
            order = np.concatenate([np.array(sorted(self._unplaced), np.int64), known])
            order = order[self.status[order] != ABSENT]
            # Nearly in order already, which the stable sort makes use of.
            self._newest_first = order[np.lexsort((order, -self.created_at[order]))]
            self._unplaced = []
        return self._newest_first

    def _put(self, row: ItemFacts) -> None:
        key = int(row.key)
        if key >= self.size:
            self._grow(key + 1)
        old = self.ids[key]
        if old is not None and old != row.id:
            del self._keys[old]
        self.ids[key] = row.id
        self._keys[row.id] = key
        if old is None or self.created_at[key] != row.created_at:
            self._unplaced.append(key)
        self.created_at[key] = row.created_at
        self.kind[key] = KINDS.index(row.kind)
        self.hidden[key] = row.hidden
        self.channel[key] = NONE if row.channel_key is None else row.channel_key
        self.author[key] = NONE if row.author_key is None else row.author_key
        self.category[key] = self.categories.add(row.category)
        self.project[key] = self.projects.add(row.project_code)
        self.community[key] = self.communities.add(row.community)
        self.mood[key] = self.moods.add(row.mood)
        self.language[key] = self.languages.add(row.language)
        self.promoted[key] = row.is_promoted
        self.age_restricted[key] = row.age_restricted
        self.tags[key] = self.tag_sets.add(row.tags)
        self.flags[key] = self.flag_sets.add(row.moderation_flags)
        self.status[key] = STATUSES.index(row.status)  # last: an item is seen only once its facts are in

    def _grow(self, size: int) -> None:
        capacity = len(self.status)
        if size > capacity:
            capacity = max(size, 2 * capacity)
            for name in _COLUMNS:
                old = getattr(self, name)
                new = np.full(capacity, _FILL.get(name, NONE), old.dtype)
                new[: len(old)] = old
                setattr(self, name, new)
        self.ids.extend([None] * (size - len(self.ids)))
        self.size = size


_SHOWN = np.zeros(256, np.bool_)
_SHOWN[_VISIBLE_CODES] = True

_FILL = {"created_at": 0, "kind": 0, "status": ABSENT, "hidden": False, "promoted": False, "age_restricted": False}
_CODED = ("channel", "author", "category", "project", "community", "mood", "language", "tags", "flags")
_COLUMNS = (*_FILL, *_CODED)
