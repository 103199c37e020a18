"""Banks of what is known, and their entries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import orjson
from sqlalchemy import func, insert, select, update

from socialflow.errors import Conflict, NotFound
from socialflow.kit.clock import from_micros, to_micros
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
    Opinions,
    Purpose,
    Stretch,
    Thresholds,
    View,
)
from socialflow.storage.repositories.hash_columns import add_columns, read_columns
from socialflow.storage.repositories.hash_opinions import opine, opinions
from socialflow.storage.repositories.rows import chunks, findable, json_text
from socialflow.storage.tables import hash_banks, hash_entries, hash_watermark
from socialflow.storage.transaction import Record, Transaction, Values

_KINDS: tuple[BankKind, ...] = (BankKind.PICTURE, BankKind.VIDEO, BankKind.TEXT, BankKind.AUDIO)
_STATES: tuple[EntryState, ...] = (EntryState.ACTIVE, EntryState.WITHDRAWN)
"""Storage codes are positions in these: append only."""
_AT_ONCE = 2_000
_TOLD = tuple(column for column in hash_entries.c if column.name not in {"payload", "released_at", "accepted"})
_MOST = 2**63 - 1


class HashBanks:
    """Banks and entries; every write moves the version on, in one line with all others."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def version(self) -> int:
        """The version of the last change."""
        version: int = (await self._tx.one(select(hash_watermark.c.version))).version
        return version

    async def settled(self) -> int:
        """The version of the last change; no other comes until this unit ends."""
        query = select(hash_watermark.c.version).with_for_update(read=True)
        version: int = (await self._tx.one(query)).version
        return version

    async def create(self, bank: Bank) -> Bank:
        """Store a bank. Raises Conflict where its id is taken."""
        await self._next()
        if await self._tx.row(select(hash_banks.c.key).where(hash_banks.c.id == bank.id)) is not None:
            raise Conflict(f"a hash bank has the id {bank.id!r}", field="id")
        stored = {
            "id": bank.id,
            "name": bank.name,
            "kind": bank.kind.value,
            "purpose": bank.purpose.value,
            "owner": bank.owner,
            "active": bank.active,
            "thresholds": json_text(asdict(bank.thresholds), "thresholds"),
            "created_at": to_micros(bank.created_at),
            "accepted": 0.0,
        }
        await self._tx.run(insert(hash_banks), [stored])
        return await self.get(bank.id)

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
        await self._next()
        values: dict[str, object] = {}
        if active is not None:
            values["active"] = active
        if held_at is not None:
            values["held_at"] = to_micros(held_at)
        if released is not None:
            values |= {"held_at": None, "released_at": to_micros(released[0]), "accepted": released[1]}
        if thresholds is not None:
            values["thresholds"] = json_text(asdict(thresholds), "thresholds")
        bank = await self.get(bank_id)
        if values:
            await self._tx.run(update(hash_banks).where(hash_banks.c.key == bank.key).values(values))
        return await self.get(bank_id)

    async def banks(self) -> Sequence[Bank]:
        """All banks, oldest first, their entries not counted."""
        return [_bank(row) for row in await self._tx.rows(select(hash_banks).order_by(hash_banks.c.key))]

    async def get(self, bank_id: str) -> Bank:
        """A bank, its entries not counted. Raises NotFound."""
        names = findable([bank_id])
        row = await self._tx.row(select(hash_banks).where(self._tx.among(hash_banks.c.id, names)))
        if row is None:
            raise NotFound(f"no hash bank has the id {bank_id!r}", field="bank_id")
        return _bank(row)

    async def counted(self, bank: Bank) -> Bank:
        """A bank with its entries counted."""
        query = select(hash_entries.c.state, func.count().label("n")).where(hash_entries.c.bank_key == bank.key)
        counts = {each.state: each.n for each in await self._tx.rows(query.group_by(hash_entries.c.state))}
        withdrawn = counts.get(_STATES.index(EntryState.WITHDRAWN), 0)
        return replace(bank, entries=sum(counts.values()), withdrawn=withdrawn)

    async def add(self, bank: Bank, entries: Sequence[NewEntry], now: datetime) -> Sequence[AddedEntry]:
        """Store entries, each digest once a bank; one answer each."""
        version = await self._next()
        for first in range(0, len(entries), _AT_ONCE):
            part = entries[first : first + _AT_ONCE]
            await self._tx.insert_new(hash_entries, [_row(bank, entry, now, version) for entry in part])
        digests = [entry.print.digest for entry in entries]
        keys = await self.found(bank, digests)
        kind = _KINDS.index(bank.kind)
        query = select(hash_entries.c.key).where(hash_entries.c.kind == kind, hash_entries.c.changed == version)
        new = {row.key for row in await self._tx.rows(query)}
        added = []
        for digest in digests:
            added.append(AddedEntry(keys[digest], keys[digest] in new))
            new.discard(keys[digest])
        return added

    async def add_many(self, bank: Bank, many: Many, now: datetime) -> Bulk:
        """Store entries that are digests alone."""
        when = to_micros(now), await self._next()
        stored = await add_columns(self._tx, (bank.key, _KINDS.index(bank.kind)), many, when)
        return Bulk(stored, len(many.digests) - stored)

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
        query = select(*_TOLD).where(hash_entries.c.bank_key == bank.key, hash_entries.c.key > after)
        if state is not None:
            query = query.where(hash_entries.c.state == _STATES.index(state))
        if held is not None:
            query = query.where(hash_entries.c.held_at.is_not(None) if held else hash_entries.c.held_at.is_(None))
        return await self._told(await self._tx.rows(query.order_by(hash_entries.c.key).limit(limit)))

    async def held(self, limit: int) -> Sequence[Entry]:
        """Entries of all banks that are held and not withdrawn, the longest first."""
        active = hash_entries.c.state == _STATES.index(EntryState.ACTIVE)
        query = select(*_TOLD).where(hash_entries.c.held_at.is_not(None), active)
        ordered = query.order_by(hash_entries.c.held_at, hash_entries.c.key)
        return await self._told(await self._tx.rows(ordered.limit(limit)))

    async def entry(self, bank: Bank, entry_id: int) -> Entry:
        """One entry. Raises NotFound."""
        found = (await self.details([entry_id])).get(entry_id)
        if found is None or found.bank_key != bank.key:
            raise NotFound(f"the hash bank {bank.id!r} has no entry {entry_id}", field="entry_id")
        return found

    async def set_state(self, bank: Bank, keys: Collection[int], state: EntryState) -> int:
        """Withdraw entries, or bring them back; how many changed."""
        version, code = await self._next(), _STATES.index(state)
        statement = update(hash_entries).where(
            hash_entries.c.bank_key == bank.key, self._tx.among(hash_entries.c.key, keys), hash_entries.c.state != code
        )
        return await self._tx.run(statement.values(state=code, changed=version))

    async def hold(self, entry_id: int, now: datetime) -> None:
        """An entry's matches act no more."""
        version = await self._next()  # before the entry is locked, as all do: no two wait for each other in a circle
        values = {"held_at": to_micros(now), "changed": version}
        await self._tx.run(update(hash_entries).where(hash_entries.c.key == entry_id).values(values))

    async def release(self, entry_id: int, now: datetime, accepted: float) -> None:
        """An entry's matches act again, and so many an hour are accepted."""
        version = await self._next()
        values = {"held_at": None, "released_at": to_micros(now), "accepted": accepted, "changed": version}
        await self._tx.run(update(hash_entries).where(hash_entries.c.key == entry_id).values(values))

    async def found(self, bank: Bank, digests: Sequence[bytes]) -> Mapping[bytes, int]:
        """Ids of the entries of a bank by digest."""
        keys: dict[bytes, int] = {}
        for part in chunks(set(digests)):
            query = select(hash_entries.c.digest, hash_entries.c.key).where(
                hash_entries.c.bank_key == bank.key, hash_entries.c.digest.in_(part)
            )
            keys.update((bytes(row.digest), row.key) for row in await self._tx.rows(query))
        return keys

    async def details(self, keys: Collection[int]) -> Mapping[int, Entry]:
        """Entries by id."""
        rows = await self._tx.rows(select(*_TOLD).where(self._tx.among(hash_entries.c.key, _storable(keys))))
        return {entry.id: entry for entry in await self._told(rows)}

    async def payloads(self, keys: Collection[int]) -> Mapping[int, bytes]:
        """What entries are compared by besides their digests, by id."""
        query = select(hash_entries.c.key, hash_entries.c.payload)
        rows = await self._tx.rows(query.where(self._tx.among(hash_entries.c.key, keys)))
        return {row.key: bytes(row.payload) for row in rows if row.payload is not None}

    async def changed(self, kind: BankKind, version: int, last: int, limit: int) -> Block:
        """Entries of a kind that changed after a cursor, in the order of the changes; fewer than `limit`: all."""
        return await read_columns(self._tx, _KINDS.index(kind), version, last, limit)

    async def opine(self, entry_id: int, who: str, view: View, now: datetime) -> None:
        """Store what somebody says of an entry in place of what they said before."""
        await opine(self._tx, entry_id, who, view, now)

    async def _next(self) -> int:
        """Move the version on; whoever else wants to waits until this unit has ended."""
        await self._tx.run(update(hash_watermark).values(version=hash_watermark.c.version + 1))
        return await self.version()

    async def _told(self, rows: Sequence[Record]) -> Sequence[Entry]:
        said = await opinions(self._tx, [row.key for row in rows]) if rows else {}
        return [_entry(row, said.get(row.key, Opinions())) for row in rows]


def code_of_kind(kind: BankKind) -> int:
    """How a kind is stored."""
    return _KINDS.index(kind)


def code_of_state(state: EntryState) -> int:
    """How a state is stored."""
    return _STATES.index(state)


def _storable(keys: Collection[int]) -> list[int]:
    return [key for key in keys if 0 < key <= _MOST]


def _bank(row: Record) -> Bank:
    return Bank(
        id=row.id,
        name=row.name,
        kind=BankKind(row.kind),
        purpose=Purpose(row.purpose),
        created_at=from_micros(row.created_at),
        owner=row.owner,
        active=bool(row.active),
        thresholds=Thresholds(**orjson.loads(row.thresholds)),
        held=row.held_at is not None,
        key=row.key,
    )


def _row(bank: Bank, entry: NewEntry, now: datetime, version: int) -> Values:
    return {
        "bank_key": bank.key,
        "kind": _KINDS.index(bank.kind),
        "digest": entry.print.digest,
        "quality": entry.print.quality,
        "payload": entry.print.payload,
        "label": entry.label,
        "source": entry.source,
        "span_start": entry.span.start if entry.span else None,
        "span_end": entry.span.end if entry.span else None,
        "state": 0,
        "accepted": 0.0,
        "created_at": to_micros(now),
        "changed": version,
    }


def _entry(row: Record, said: Opinions) -> Entry:
    return Entry(
        id=row.key,
        bank_key=row.bank_key,
        digest=bytes(row.digest),
        quality=row.quality,
        label=row.label,
        source=row.source,
        span=None if row.span_start is None else Stretch(row.span_start, row.span_end),
        state=_STATES[row.state],
        held=row.held_at is not None,
        created_at=from_micros(row.created_at),
        opinions=said,
    )
