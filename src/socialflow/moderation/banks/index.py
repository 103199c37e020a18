"""What is known of one kind, in memory: filled from the store when it is first asked, and kept as new as the store.

`KnownEntries` says which entries there are and which match; an index beside it has their prints by the same numbers.
Everything here is arithmetic without waiting; `following` reads the store.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.moderation.banks.films import FilmIndex
from socialflow.moderation.banks.growing import Growing
from socialflow.moderation.banks.pictures import Asked, PictureIndex
from socialflow.moderation.banks.records import Bank, Block, Longs, Near
from socialflow.moderation.banks.texts import TextIndex
from socialflow.video.prints import VideoFingerprint

Mask = npt.NDArray[np.bool_]
MOST_NEAR = 100
"""Entries that one question is told."""


@dataclass(frozen=True, slots=True)
class Found:
    """Entries near to what was asked, the nearest first; `more`: others were left out; `edited`: entries that
    features have to decide."""

    near: tuple[Near, ...] = ()
    more: bool = False
    edited: tuple[int, ...] = ()


class KnownEntries:
    """Entries by number, 0, 1, ...: key, bank, and whether it matches."""

    def __init__(self) -> None:
        self._keys = Growing(np.zeros(0, np.int64))
        self._banks = Growing(np.zeros(0, np.int64))
        self._active = Growing(np.zeros(0, np.bool_))
        self._rising = True
        """Whether keys rise with the numbers, as they do unless a store changes them."""

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> Longs:
        """Of all entries (n,)."""
        return self._keys.rows

    @property
    def banks(self) -> Longs:
        """Keys of their banks (n,)."""
        return self._banks.rows

    def take(self, block: Block) -> Mask:
        """Note what changed; which rows of the block are new, and were added."""
        rows = self._numbers(block.keys)
        new: Mask = rows < 0
        self._active.rows[rows[~new]] = block.active[~new]
        self._rising = self._rising and bool((np.diff(np.concatenate((self.keys[-1:], block.keys[new]))) > 0).all())
        self._keys.extend(block.keys[new])
        self._banks.extend(block.banks[new])
        self._active.extend(block.active[new])
        return new

    def _numbers(self, keys: Longs) -> Longs:
        """Of some keys; -1 where an entry is unknown."""
        if not len(self):
            return np.full(len(keys), -1)
        order = None if self._rising else np.argsort(self.keys, kind="stable")
        places = np.minimum(np.searchsorted(self.keys, keys, sorter=order), len(self) - 1)
        rows = places if order is None else order[places]
        return np.where(self.keys[rows] == keys, rows, -1)

    def matching(self, banks: Collection[int]) -> Mask:
        """Which entries (n,) match, being of these banks."""
        return self._active.rows & np.isin(self.banks, list(banks))

    def among(self, rows: Longs, banks: Collection[int]) -> Mask:
        """Which of some entries match, being of these banks."""
        return self._active.rows[rows] & np.isin(self.banks[rows], list(banks))


class KnownPictures:
    """Known pictures."""

    def __init__(self) -> None:
        self.entries, self._index = KnownEntries(), PictureIndex()

    def take(self, block: Block) -> None:
        """Take in what changed."""
        new = self.entries.take(block)
        self._index.extend(block.digests[new], _of(block.payloads, new))

    def settle(self) -> None:
        """Nothing more comes for now."""
        self._index.settle()

    def search(self, asked: Asked, banks: Mapping[int, Bank]) -> Found:
        """Entries of these banks within their distance, of good enough quality."""
        if not banks:
            return Found()
        rows, bits, turns, edited = self._index.search(asked, max(bank.thresholds.distance for bank in banks.values()))
        most = _of_banks(self.entries.banks[rows], {key: bank.thresholds.distance for key, bank in banks.items()})
        good = np.flatnonzero(self.entries.among(rows, banks) & (bits <= most))
        near = tuple(
            Near(
                int(self.entries.keys[rows[one]]),
                int(self.entries.banks[rows[one]]),
                round(1 - int(bits[one]) / 128, 4),
                int(bits[one]),
                turns[one],
            )
            for one in good[:MOST_NEAR]
        )
        unsure = edited[self.entries.among(edited, banks)]
        return Found(near, len(good) > MOST_NEAR, tuple(self.entries.keys[unsure[:MOST_NEAR]].tolist()))


class KnownTexts:
    """Known texts."""

    def __init__(self) -> None:
        self.entries, self._index = KnownEntries(), TextIndex()

    def take(self, block: Block) -> None:
        """Take in what changed."""
        self._index.extend(_of(block.payloads, self.entries.take(block)))

    def settle(self) -> None:
        """Nothing more comes for now."""
        self._index.settle()

    def search(self, payload: bytes, banks: Mapping[int, Bank]) -> Found:
        """Entries of these banks that are as like as each bank wants."""
        if not banks:
            return Found()
        least = {key: bank.thresholds.similarity for key, bank in banks.items()}
        near = list[Near]()
        more = False
        for row, share, mine, its in self._index.search(payload, min(least.values())):
            key, bank = int(self.entries.keys[row]), int(self.entries.banks[row])
            if not self.entries.among(np.array([row]), banks)[0] or share < least[bank]:
                continue
            if len(near) == MOST_NEAR:
                more = True
                break
            near.append(Near(key, bank, round(share, 4), of_query=round(mine, 4), of_reference=round(its, 4)))
        return Found(tuple(near), more)


class KnownFilms:
    """Known videos, or known sounds."""

    def __init__(self) -> None:
        self.entries, self._index = KnownEntries(), FilmIndex()

    def take(self, block: Block) -> None:
        """Take in what changed."""
        self._index.extend(_of(block.payloads, self.entries.take(block)))

    def settle(self) -> None:
        """Nothing more comes for now."""
        self._index.settle()

    def candidates(self, query: VideoFingerprint, banks: Mapping[int, Bank]) -> list[int]:
        """Keys of entries of these banks that are worth comparing, the likeliest first."""
        rows = self._index.candidates(query, self.entries.matching(banks))
        return self.entries.keys[rows].tolist() if rows else []


Known = KnownPictures | KnownTexts | KnownFilms


def _of(payloads: Sequence[bytes], which: Mask) -> list[bytes]:
    return [payload for payload, wanted in zip(payloads, which.tolist(), strict=True) if wanted]


def _of_banks(banks: Longs, values: Mapping[int, int]) -> Longs:
    """The value of each bank; -1 for others."""
    return np.array([values.get(bank, -1) for bank in banks.tolist()], np.int64)
