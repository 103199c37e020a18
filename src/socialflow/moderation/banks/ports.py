"""What hash banks need from a store."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialflow.moderation.banks.breaker import Counts
from socialflow.moderation.banks.records import (
    AddedEntry,
    Alarm,
    Bank,
    BankKind,
    Block,
    Bulk,
    Entry,
    EntryState,
    Many,
    NewEntry,
    Thresholds,
    View,
)


class BankRepository(Protocol):
    """Banks and entries. Every write moves the version on; writers that change versions follow each other, so that what
    a reader has not seen has a higher version than all it has."""

    async def version(self) -> int:
        """The version of the last change."""
        ...

    async def create(self, bank: Bank) -> Bank:
        """Store a bank. Raises Conflict where its id is taken."""
        ...

    async def change(
        self,
        bank_id: str,
        *,
        active: bool | None = None,
        held_at: datetime | None = None,
        released: tuple[datetime, float] | None = None,
        thresholds: Thresholds | None = None,
    ) -> Bank:
        """Change a bank; `released`: when, and which matches an hour are accepted. Raises NotFound."""
        ...

    async def banks(self) -> Sequence[Bank]:
        """All banks, oldest first, their entries not counted."""
        ...

    async def get(self, bank_id: str) -> Bank:
        """A bank, its entries not counted. Raises NotFound."""
        ...

    async def counted(self, bank: Bank) -> Bank:
        """A bank with its entries counted."""
        ...

    async def add(self, bank: Bank, entries: Sequence[NewEntry], now: datetime) -> Sequence[AddedEntry]:
        """Store entries, each digest once a bank; one answer each."""
        ...

    async def add_many(self, bank: Bank, many: Many, now: datetime) -> Bulk:
        """Store entries that are digests alone."""
        ...

    async def entries(
        self,
        bank: Bank,
        *,
        state: EntryState | None = None,
        held: bool | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """Entries in the order of their ids, after one."""
        ...

    async def entry(self, bank: Bank, entry_id: int) -> Entry:
        """One entry. Raises NotFound."""
        ...

    async def set_state(self, bank: Bank, keys: Collection[int], state: EntryState) -> int:
        """Withdraw entries, or bring them back; how many changed."""
        ...

    async def hold(self, entry_id: int, now: datetime) -> None:
        """An entry's matches act no more."""
        ...

    async def release(self, entry_id: int, now: datetime, accepted: float) -> None:
        """An entry's matches act again, and so many an hour are accepted."""
        ...

    async def found(self, bank: Bank, digests: Sequence[bytes]) -> Mapping[bytes, int]:
        """Ids of the entries of a bank by digest."""
        ...

    async def details(self, keys: Collection[int]) -> Mapping[int, Entry]:
        """Entries by id."""
        ...

    async def payloads(self, keys: Collection[int]) -> Mapping[int, bytes]:
        """What entries are compared by besides their digests, by id."""
        ...

    async def changed(self, kind: BankKind, version: int, last: int, limit: int) -> Block:
        """Entries of a kind that changed after a cursor, in the order of the changes; fewer than `limit`: all."""
        ...

    async def opine(self, entry_id: int, who: str, view: View, now: datetime) -> None:
        """Store what somebody says of an entry in place of what they said before."""
        ...


class HitRepository(Protocol):
    """How often banks and entries matched, by the hour."""

    async def count(self, keys: Mapping[int, int], hour: int) -> None:
        """One more match in an hour for each of these entries (by id: key of the bank)."""
        ...

    async def entry_counts(self, keys: Collection[int], hour: int) -> Mapping[int, Counts]:
        """Matches of entries."""
        ...

    async def bank_counts(self, keys: Collection[int], hour: int) -> Mapping[int, Counts]:
        """Matches of banks, by key."""
        ...

    async def prune(self, before: int) -> int:
        """Forget the hours before one; how many counts went."""
        ...


class BankUnit(Protocol):
    """The repositories of one unit of work."""

    @property
    def hash_banks(self) -> BankRepository: ...
    @property
    def hash_hits(self) -> HitRepository: ...


class BankStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[BankUnit]: ...
    def write(self) -> AbstractAsyncContextManager[BankUnit]: ...


class Watch(Protocol):
    """Who wants to know that something was held, so that people look."""

    async def raised(self, alarm: Alarm) -> None:
        """It was held just now."""
        ...
