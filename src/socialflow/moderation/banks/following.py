"""Keeps what is in memory as new as the store: nothing that was stored before a question is missed by its answer."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from socialflow.inference.lane import Lane
from socialflow.moderation.banks.index import KnownFilms, KnownPictures, KnownTexts
from socialflow.moderation.banks.ports import BankStore
from socialflow.moderation.banks.records import Bank, BankKind

_ROWS: Mapping[BankKind, int] = {
    BankKind.PICTURE: 50_000,
    BankKind.TEXT: 5_000,
    BankKind.VIDEO: 50,
    BankKind.AUDIO: 50,
}
"""Entries that are read at a time."""
_SETTLES = 2_000
"""Entries that came at once, from which on the index is made anew."""

K = TypeVar("K", KnownPictures, KnownTexts, KnownFilms)


class Following(Generic[K]):
    """What is known of one kind.

    Args:
        make: an empty index.
        lane: where it is changed and asked, so that nobody asks while it changes.
    """

    def __init__(self, store: BankStore, kind: BankKind, make: Callable[[], K], lane: Lane) -> None:
        self._store, self._kind, self._lane = store, kind, lane
        self._make: Callable[[], K] = make
        self._turn = asyncio.Lock()
        self._known: K = make()
        self._banks: Sequence[Bank] = ()
        self._version, self._last = -1, 0

    async def now(self) -> tuple[K, Mapping[int, Bank]]:
        """What is known, and the active banks of this kind by key, as the store has them now.

        Raises StoreUnavailable, Overloaded, ArtefactError where an entry is damaged.
        """
        async with self._turn:
            async with self._store.read() as unit:
                version = await unit.hash_banks.version()
            if version != self._version:
                try:
                    await self._follow(version)
                except Exception:
                    self._known, self._version = self._make(), -1  # what was half read is read anew
                    raise
            return self._known, {bank.key: bank for bank in self._banks if bank.active and bank.kind is self._kind}

    async def _follow(self, version: int) -> None:
        """Read what changed. A version that went back is that of another store: everything is read anew."""
        known, position, last = self._known, self._version, self._last
        if version < position:
            known, position, last = self._make(), -1, 0
        taken, most = 0, _ROWS[self._kind]
        async with self._store.read() as unit:
            version = await unit.hash_banks.version()
            banks = await unit.hash_banks.banks()
            while True:
                block = await unit.hash_banks.changed(self._kind, position, last, most)
                position, last, taken = block.version, block.last, taken + len(block)
                if len(block):
                    await self._lane.run(known.take, block)
                if len(block) < most:
                    break
        if taken >= _SETTLES:
            await self._lane.run(known.settle)
        # Rows of later changes have higher versions, so that what was read up to this one is read once.
        self._known, self._banks, self._version, self._last = known, banks, version, 2**62
