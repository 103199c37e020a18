"""What hash banks need from a store."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialflow.ids import ItemKey
from socialflow.jobs.records import Job, NewJob
from socialflow.moderation.banks.breaker import Counts
from socialflow.moderation.banks.kept import Change, Kept, KeptMatch, KeptPrint, Remembered
from socialflow.moderation.banks.records import (
    AddedEntry,
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

    async def settled(self) -> int:
        """The version of the last change; no other comes until this unit ends."""
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

    async def held(self, limit: int) -> Sequence[Entry]:
        """Entries of all banks that are held and not withdrawn, the longest first."""
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


class KeptRepository(Protocol):
    """What banks told of items, remembered beside them."""

    async def put(self, kept: Mapping[ItemKey, Kept]) -> None:
        """Remember this of items that were judged, in place of what was remembered of them."""
        ...

    async def add(self, found: Mapping[ItemKey, Sequence[KeptMatch]]) -> None:
        """Remember more matches of items; those that are remembered stay as they are."""
        ...

    async def of_items(self, keys: Collection[ItemKey]) -> Mapping[ItemKey, Sequence[Remembered]]:
        """What is remembered of items, by entry, with what is true of the entries now."""
        ...

    async def turned(self, change: Change, after: int, limit: int) -> Sequence[ItemKey]:
        """Items of which a match acts and did not when it was last considered, or the other way round, by key after
        `after`; what is only held is left out."""
        ...

    async def resting_on_held(self, change: Change, limit: int) -> Sequence[ItemKey]:
        """The newest items of which a match acted that is held now."""
        ...

    async def crowded(self, change: Change, least: int) -> Sequence[tuple[int, str, int]]:
        """Entries that no person released, which so many stored items and more are newly like: entry, bank, items."""
        ...

    async def examples(self, entries: Collection[int], limit: int) -> Mapping[int, Sequence[str]]:
        """Ids of some items that match each of these entries, the newest first."""
        ...

    async def consider(self, keys: Collection[ItemKey]) -> None:
        """Note that it was looked at whether people must look at these items, as their entries are now."""
        ...

    async def prints(self, after: int, limit: int) -> Sequence[tuple[int, ItemKey, KeptPrint]]:
        """Prints of pictures, with places to go on from and whose they are, by place after `after`."""
        ...

    async def films(self, after: int, limit: int) -> Sequence[tuple[int, ItemKey, bytes]]:
        """Prints of films and sounds, as `prints` gives those of pictures."""
        ...

    async def items(self, after: int, limit: int) -> Sequence[ItemKey]:
        """Keys of items, after `after`."""
        ...


class JobsBehind(Protocol):
    """Jobs that begin once a transaction has committed."""

    async def add_behind(self, job: NewJob, now: datetime) -> Job:
        """Queue one; where one with its key runs already, behind that."""
        ...


class BankUnit(Protocol):
    """The repositories of one unit of work."""

    @property
    def hash_banks(self) -> BankRepository: ...
    @property
    def hash_hits(self) -> HitRepository: ...
    @property
    def kept_matches(self) -> KeptRepository: ...
    @property
    def jobs(self) -> JobsBehind: ...


class BankStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[BankUnit]: ...
    def write(self) -> AbstractAsyncContextManager[BankUnit]: ...


class Watch(Protocol):
    """Who sees to it that content which banks told of comes before people when the banks change."""

    async def changed(self, unit: BankUnit, change: Change) -> None:
        """Entries came, went, were held or act again, in this very transaction: what must follow is stored with it."""
        ...
