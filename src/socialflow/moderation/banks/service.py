"""Hash banks: keeping them, and asking what of something new is in them."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.kit.clock import to_micros
from socialflow.kit.identifiers import time_ordered_id
from socialflow.moderation.banks.breaker import Counts, hour_of
from socialflow.moderation.banks.exchange import Format, exported, parsed
from socialflow.moderation.banks.finding import Sought, sought
from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.matching import Matching
from socialflow.moderation.banks.ports import BankUnit
from socialflow.moderation.banks.records import (
    AddedEntry,
    Alarm,
    Bank,
    BankKind,
    Bulk,
    Entry,
    EntryState,
    Imported,
    Many,
    NewEntry,
    Purpose,
    Thresholds,
    View,
)

_AT_ONCE = 50_000
"""Hashes that are stored in one transaction: others have their turn between."""
_ENTRIES_AT_ONCE = 1_000
MOST_EXPORTED = 10_000
MOST_HELD, MOST_EXAMPLES = 100, 5
"""Entries that are held, and content that each of them matched, of one answer."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A page of a list, and the id after which the next begins; None: that was all."""

    body: bytes
    next: int | None


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """An entry that is held, its bank, and ids of some content that it matched."""

    bank: str
    entry: Entry
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for people because it matched far more than usual: banks as a whole, and entries, the longest held
    first."""

    banks: Sequence[Bank]
    entries: Sequence[HeldEntry]


class HashBanks(Matching):
    """Banks of what is known, with their entries, for all processes of an installation.

    Every change is durable on return, and the next question of any process knows it.
    """

    async def create(
        self,
        name: str,
        kind: BankKind,
        purpose: Purpose,
        *,
        owner: str = "",
        thresholds: Thresholds | None = None,
        bank_id: str | None = None,
    ) -> Bank:
        """A new bank. Raises InvalidInput, Conflict where the id is taken."""
        now = self._clock.now()
        made = Bank(
            bank_id or time_ordered_id(now), name, kind, purpose, now, owner, thresholds=thresholds or Thresholds()
        )
        async with self._store.write() as unit:
            return await unit.hash_banks.create(made)

    async def list(self) -> Sequence[Bank]:
        """All banks, oldest first, their entries not counted."""
        async with self._store.read() as unit:
            return await unit.hash_banks.banks()

    async def read(self, bank_id: str) -> Bank:
        """A bank with its entries counted. Raises NotFound."""
        async with self._store.read() as unit:
            return await unit.hash_banks.counted(await unit.hash_banks.get(bank_id))

    async def get(self, bank_id: str) -> Bank:
        """A bank, its entries not counted. Raises NotFound."""
        async with self._store.read() as unit:
            return await unit.hash_banks.get(bank_id)

    async def change(self, bank_id: str, *, active: bool | None = None, thresholds: Thresholds | None = None) -> Bank:
        """Activate or deactivate a bank, or give it other thresholds. Raises NotFound."""
        async with self._store.write() as unit:
            was = await unit.hash_banks.get(bank_id)
            bank = await unit.hash_banks.change(bank_id, active=active, thresholds=thresholds)
            if bank.active is not was.active:
                await self._tell(unit, bank)
            return bank

    async def release(self, bank_id: str) -> Bank:
        """People have looked at a bank that was held: as many matches an hour as it has now are right. Raises
        NotFound."""
        async with self._store.write() as unit:
            bank = await unit.hash_banks.get(bank_id)
            lately = await self._lately(unit, bank.key, of_bank=True)
            released = await unit.hash_banks.change(bank_id, released=(self._clock.now(), lately))
            await self._tell(unit, released)
            return released

    async def add(self, bank_id: str, entries: Sequence[NewEntry]) -> Sequence[AddedEntry]:
        """Store entries, each print once a bank: one that was withdrawn stays so.

        Raises NotFound, and InvalidInput where a print is not of the bank's kind or has too little in it.
        """
        async with self._store.write() as unit:
            bank = await unit.hash_banks.get(bank_id)
            for entry in entries:
                _check(bank, entry)
            before = await unit.hash_banks.version()
            added = await unit.hash_banks.add(bank, entries, self._clock.now())
            if any(one.new for one in added):
                await self._tell(unit, bank, before)
            return added

    async def bulk(self, bank_id: str, many: Many) -> Bulk:
        """Store PDQ hashes by the million; those with too little in them are left out. Raises NotFound, InvalidInput
        where the bank is not of pictures."""
        bank = await self.get(bank_id)
        if bank.kind is not BankKind.PICTURE:
            raise InvalidInput(f"hashes alone are for banks of pictures, not of {bank.kind}", field="bank_id")
        good = many.qualities >= bank.thresholds.quality
        told = Bulk(poor=int(np.count_nonzero(~good)))
        digests, qualities = many.digests[good], many.qualities[good]
        for first in range(0, len(digests), _AT_ONCE):
            rows = slice(first, first + _AT_ONCE)
            part = replace(many, digests=digests[rows], qualities=qualities[rows])
            async with self._store.write() as unit:
                before = await unit.hash_banks.version()
                done = await unit.hash_banks.add_many(bank, part, self._clock.now())
                if done.stored:
                    await self._tell(unit, bank, before)
                told += done
        return told

    async def entries(
        self,
        bank_id: str,
        *,
        state: EntryState | None = None,
        held: bool | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """Entries in the order of their ids, after one. Raises NotFound."""
        async with self._store.read() as unit:
            bank = await unit.hash_banks.get(bank_id)
            return await unit.hash_banks.entries(bank, state=state, held=held, after=after, limit=limit)

    async def held(self, limit: int = MOST_HELD) -> Held:
        """What is held, at most so many entries."""
        async with self._store.read() as unit:
            banks = {bank.key: bank for bank in await unit.hash_banks.banks()}
            entries = await unit.hash_banks.held(limit)
            examples = await unit.kept_matches.examples([entry.id for entry in entries], MOST_EXAMPLES)
        told = [HeldEntry(banks[one.bank_key].id, one, tuple(examples.get(one.id, ()))) for one in entries]
        return Held([bank for bank in banks.values() if bank.held], told)

    async def sought(self, change: Change) -> Sought:
        """The entries of a change, ready to be looked for in what is stored."""
        return await sought(self._store, change)

    async def hold_crowded(self, change: Change) -> int:
        """Hold new entries that far more of what is stored is like than is ever usual in an hour: people look at them
        before all that content comes before people. Returns how many."""
        async with self._store.write() as unit:
            banks = {bank.id: bank for bank in await unit.hash_banks.banks() if bank.kind is change.kind}
            least = min((bank.thresholds.flood_entry for bank in banks.values()), default=0) + 1
            held = 0
            for entry, bank_id, found in await unit.kept_matches.crowded(change, least):
                most = banks[bank_id].thresholds.flood_entry
                if found > most:
                    await unit.hash_banks.hold(entry, self._clock.now())
                    self._warn(Alarm(bank_id, entry, found, most))
                    held += 1
            return held

    async def withdraw(self, bank_id: str, entry_id: int) -> Entry:
        """People say that an entry is wrong, or its owner gives it up: it matches no more. Raises NotFound."""
        async with self._store.write() as unit:
            bank = await unit.hash_banks.get(bank_id)
            await unit.hash_banks.entry(bank, entry_id)
            await self._withdraw(unit, bank, [entry_id])
            return await unit.hash_banks.entry(bank, entry_id)

    async def confirm(self, bank_id: str, entry_id: int, who: str) -> Entry:
        """Somebody says that an entry is right: it matches, also where it was withdrawn or held, and as many matches an
        hour as it has now are right. Raises NotFound."""
        async with self._store.write() as unit:
            bank, now = await unit.hash_banks.get(bank_id), self._clock.now()
            was, before = await unit.hash_banks.entry(bank, entry_id), await unit.hash_banks.version()
            await unit.hash_banks.set_state(bank, [entry_id], EntryState.ACTIVE)
            await unit.hash_banks.release(entry_id, now, await self._lately(unit, entry_id, of_bank=False))
            if was.held or was.state is not EntryState.ACTIVE:
                await self._tell(unit, bank, before)
            await unit.hash_banks.opine(entry_id, who, View.CONFIRMED, now)
            return await unit.hash_banks.entry(bank, entry_id)

    async def opinion(self, bank_id: str, entry_id: int, who: str, view: View) -> Entry:
        """Store what somebody says of an entry, in place of what they said before; nothing else changes. Raises
        NotFound."""
        async with self._store.write() as unit:
            bank = await unit.hash_banks.get(bank_id)
            await unit.hash_banks.entry(bank, entry_id)
            await unit.hash_banks.opine(entry_id, who, view, self._clock.now())
            return await unit.hash_banks.entry(bank, entry_id)

    async def import_(
        self, bank_id: str, data: bytes, written: Format, *, label: str = "", source: str = ""
    ) -> Imported:
        """Store a list as others exchange them (`exchange`); entries that it says are gone are withdrawn.

        Raises NotFound, InvalidInput where it is no such list.
        """
        bank = await self.get(bank_id)
        told = await asyncio.to_thread(parsed, data, written, bank, label, source)
        done = Bulk() if told.many is None else await self.bulk(bank_id, told.many)
        good = [entry for entry in told.entries if entry.print.quality >= bank.thresholds.quality]
        for first in range(0, len(good), _ENTRIES_AT_ONCE):
            added = await self.add(bank_id, good[first : first + _ENTRIES_AT_ONCE])
            new = sum(one.new for one in added)
            done += Bulk(new, len(added) - new)
        withdrawn = await self._withdrawn(bank, told.gone)
        done += Bulk(poor=len(told.entries) - len(good))
        return Imported(done, withdrawn, told.refused_count, tuple(told.refused))

    async def export(self, bank_id: str, written: Format, *, after: int = 0, limit: int = MOST_EXPORTED) -> Exported:
        """A page of the bank as a list that others read, by ids after one; `csv` has those that match alone.

        Raises NotFound, InvalidInput where its entries cannot be written so.
        """
        state = EntryState.ACTIVE if written is Format.CSV else None
        async with self._store.read() as unit:
            bank = await unit.hash_banks.get(bank_id)
            entries = await unit.hash_banks.entries(bank, state=state, after=after, limit=limit)
            payloads = await unit.hash_banks.payloads([entry.id for entry in entries])
        pieces = await asyncio.to_thread(lambda: [*exported(entries, payloads, bank, written)])
        following = entries[-1].id if len(entries) == limit else None
        if written is Format.CSV:
            return Exported(b"".join(pieces), following)
        cursors = b"" if following is None else b',"paging":{"cursors":{"after":"%d"}}' % following
        return Exported(b'{"data":[' + b",".join(pieces) + b"]" + cursors + b"}", following)

    async def _withdrawn(self, bank: Bank, digests: Collection[bytes]) -> int:
        if not digests:
            return 0
        async with self._store.write() as unit:
            keys = await unit.hash_banks.found(bank, [*digests])
            return await self._withdraw(unit, bank, [*keys.values()])

    async def _withdraw(self, unit: BankUnit, bank: Bank, keys: Collection[int]) -> int:
        before = await unit.hash_banks.version()
        changed = await unit.hash_banks.set_state(bank, keys, EntryState.WITHDRAWN)
        if changed:
            await self._tell(unit, bank, before)
        return changed

    async def _lately(self, unit: BankUnit, key: int, *, of_bank: bool) -> float:
        """Matches of the last hour."""
        hour, passed = hour_of(to_micros(self._clock.now()))
        counts = unit.hash_hits.bank_counts if of_bank else unit.hash_hits.entry_counts
        return (await counts([key], hour)).get(key, Counts()).lately(passed)


def _check(bank: Bank, entry: NewEntry) -> None:
    if entry.print.kind is not bank.kind:
        raise InvalidInput(f"a bank of kind {bank.kind} takes no print of kind {entry.print.kind}", field="print")
    if entry.print.quality < bank.thresholds.quality:
        raise InvalidInput(
            f"there is too little to see in it: its quality is {entry.print.quality}, the bank asks for "
            f"{bank.thresholds.quality}",
            field="print",
        )
