"""What hash banks told of items, remembered beside them."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Select, and_, case, delete, func, or_, select, true, update

from socialflow.ids import ItemKey
from socialflow.moderation.banks.kept import Change, Kept, KeptMatch, KeptPrint, Remembered
from socialflow.moderation.banks.records import EntryState, Purpose
from socialflow.storage.repositories.hash_banks import code_of_kind, code_of_state
from socialflow.storage.tables import content_films, content_matches, content_prints, hash_banks, hash_entries, items
from socialflow.storage.transaction import Transaction

_ACTIVE = and_(hash_entries.c.state == code_of_state(EntryState.ACTIVE), hash_banks.c.active)
_HELD = or_(hash_entries.c.held_at.is_not(None), hash_banks.c.held_at.is_not(None))
_ACTS = and_(_ACTIVE, ~_HELD)
_WITH_BANKS = hash_entries.join(hash_banks, hash_banks.c.key == hash_entries.c.bank_key)
_ALL = content_matches.join(_WITH_BANKS, hash_entries.c.key == content_matches.c.entry_key)

Q = TypeVar("Q", bound=Select[Any])


class KeptMatches:
    """Prints of items, and the entries of banks that they were like."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def put(self, kept: Mapping[ItemKey, Kept]) -> None:
        """Remember this of items that were judged, in place of what was remembered of them."""
        for table in (content_prints, content_films, content_matches):
            await self._tx.run(delete(table).where(self._tx.among(table.c.item_key, kept)))
        prints = [
            {"item_key": item, "number": one.number, "digest": one.digest, "quality": one.quality}
            for item, these in kept.items()
            for one in these.prints
        ]
        if prints:
            await self._tx.insert_new(content_prints, prints)
        films = [{"item_key": item, "print": one} for item, these in kept.items() for one in these.films]
        if films:
            await self._tx.insert_new(content_films, films)
        await self.add({item: these.matches for item, these in kept.items()})

    async def add(self, found: Mapping[ItemKey, Sequence[KeptMatch]]) -> None:
        """Remember more matches of items; those that are remembered stay as they are."""
        rows = [
            {
                "item_key": item,
                "entry_key": one.entry,
                "value": one.value,
                "acted": one.acted,
                "considered": one.acted,
            }
            for item, matches in found.items()
            for one in matches
        ]
        if rows:
            await self._tx.insert_new(content_matches, rows)

    async def of_items(self, keys: Collection[ItemKey]) -> Mapping[ItemKey, Sequence[Remembered]]:
        """What is remembered of items, by entry, with what is true of the entries now."""
        query = select(
            *content_matches.c,
            hash_banks.c.id.label("bank"),
            hash_banks.c.purpose,
            hash_banks.c.owner,
            case((_ACTS, 1), else_=0).label("acts"),
        ).select_from(_ALL)
        these = query.where(self._tx.among(content_matches.c.item_key, keys))
        rows = await self._tx.rows(these.order_by(content_matches.c.item_key, content_matches.c.entry_key))
        told = [
            Remembered(
                ItemKey(row.item_key),
                row.entry_key,
                row.bank,
                Purpose(row.purpose),
                row.owner,
                row.value,
                bool(row.acted),
                bool(row.considered),
                bool(row.acts),
            )
            for row in rows
        ]
        return {item: list(each) for item, each in groupby(told, lambda one: one.item)}

    async def turned(self, change: Change, after: int, limit: int) -> Sequence[ItemKey]:
        """Items of which a match acts and did not when it was last considered, or the other way round, by key after
        `after`; what is only held is left out."""
        differs = or_(and_(_ACTS, ~content_matches.c.considered), and_(~_ACTIVE, content_matches.c.considered))
        query = _items(change).where(differs, content_matches.c.item_key > after)
        return await self._keys(query.order_by(content_matches.c.item_key).limit(limit))

    async def resting_on_held(self, change: Change, limit: int) -> Sequence[ItemKey]:
        """The newest items of which a match acted that is held now."""
        query = _items(change).where(_ACTIVE, _HELD, content_matches.c.considered)
        return await self._keys(query.order_by(content_matches.c.item_key.desc()).limit(limit))

    async def crowded(self, change: Change, least: int) -> Sequence[tuple[int, str, int]]:
        """Entries that no person released, which so many stored items and more are newly like: entry, bank, items."""
        found = func.count().label("found")
        columns = (content_matches.c.entry_key, hash_banks.c.id.label("bank"), found)
        query = _about(select(*columns).select_from(_ALL), change).where(
            _ACTS, ~content_matches.c.considered, ~content_matches.c.acted, hash_entries.c.released_at.is_(None)
        )
        grouped = query.group_by(content_matches.c.entry_key, hash_banks.c.id).having(found >= least)
        return [
            (row.entry_key, row.bank, row.found)
            for row in await self._tx.rows(grouped.order_by(content_matches.c.entry_key))
        ]

    async def examples(self, entries: Collection[int], limit: int) -> Mapping[int, Sequence[str]]:
        """Ids of some items that match each of these entries, the newest first."""
        place = func.row_number().over(
            partition_by=content_matches.c.entry_key, order_by=content_matches.c.item_key.desc()
        )
        ranked = (
            select(content_matches.c.entry_key, content_matches.c.item_key, place.label("place"))
            .where(self._tx.among(content_matches.c.entry_key, entries))
            .subquery()
        )
        query = select(ranked.c.entry_key, items.c.id).join(ranked, ranked.c.item_key == items.c.key)
        rows = await self._tx.rows(query.where(ranked.c.place <= limit).order_by(ranked.c.entry_key, ranked.c.place))
        return {entry: [row.id for row in each] for entry, each in groupby(rows, lambda row: int(row.entry_key))}

    async def consider(self, keys: Collection[ItemKey]) -> None:
        """Note that it was looked at whether people must look at these items, as their entries are now."""
        now = select(case((_ACTS, true()), else_=~true())).select_from(_WITH_BANKS)
        acts = now.where(hash_entries.c.key == content_matches.c.entry_key).scalar_subquery()
        these = update(content_matches).where(self._tx.among(content_matches.c.item_key, keys))
        await self._tx.run(these.values(considered=acts))

    async def prints(self, after: int, limit: int) -> Sequence[tuple[int, ItemKey, KeptPrint]]:
        """Prints of pictures, with places to go on from and whose they are, by place after `after`."""
        query = select(content_prints).where(content_prints.c.key > after).order_by(content_prints.c.key).limit(limit)
        return [
            (row.key, ItemKey(row.item_key), KeptPrint(row.number, bytes(row.digest), row.quality))
            for row in await self._tx.rows(query)
        ]

    async def films(self, after: int, limit: int) -> Sequence[tuple[int, ItemKey, bytes]]:
        """Prints of films and sounds, as `prints` gives those of pictures."""
        query = select(content_films).where(content_films.c.key > after).order_by(content_films.c.key).limit(limit)
        return [(row.key, ItemKey(row.item_key), bytes(row.print)) for row in await self._tx.rows(query)]

    async def items(self, after: int, limit: int) -> Sequence[ItemKey]:
        """Keys of items, after `after`."""
        query = select(items.c.key).where(items.c.key > after).order_by(items.c.key).limit(limit)
        return await self._keys(query)

    async def _keys(self, query: Select[tuple[int]]) -> Sequence[ItemKey]:
        return [ItemKey(row[0]) for row in await self._tx.rows(query)]


def _items(change: Change) -> Select[tuple[int]]:
    """Items that match what a change is about."""
    return _about(select(content_matches.c.item_key).select_from(_ALL).distinct(), change)


def _about(query: Q, change: Change) -> Q:
    of_kind = query.where(hash_entries.c.kind == code_of_kind(change.kind))
    if change.bank is not None:
        return of_kind.where(hash_banks.c.id == change.bank)
    return of_kind.where(hash_entries.c.changed > change.since)
