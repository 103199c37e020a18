"""How often entries of hash banks matched, by the hour."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, Table, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from socialflow.moderation.banks.breaker import HOUR, REMEMBERED, Counts
from socialflow.storage.tables import hash_banks, hash_entries, hash_hits
from socialflow.storage.transaction import Record, Transaction


class HashHits:
    """Counts a match an entry and hour; a bank's are those of its entries."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def count(self, keys: Mapping[int, int], hour: int) -> None:
        """One more match in an hour for each of these entries (by id: key of the bank)."""
        if not keys:
            return
        make = postgresql.insert if self._tx.dialect == "postgresql" else sqlite.insert
        statement = make(hash_hits)
        statement = statement.on_conflict_do_update(
            index_elements=[hash_hits.c.entry_key, hash_hits.c.hour],
            set_={"count": hash_hits.c.count + statement.excluded["count"]},
        )
        # In the order of keys, so that two that count the same entries cannot wait for each other in a circle.
        rows = [{"entry_key": key, "hour": hour, "bank_key": bank, "count": 1} for key, bank in sorted(keys.items())]
        await self._tx.run(statement, rows)

    async def entry_counts(self, keys: Collection[int], hour: int) -> Mapping[int, Counts]:
        """Matches of entries."""
        return await self._counts(hash_hits.c.entry_key, hash_entries, keys, hour)

    async def bank_counts(self, keys: Collection[int], hour: int) -> Mapping[int, Counts]:
        """Matches of banks, by key."""
        return await self._counts(hash_hits.c.bank_key, hash_banks, keys, hour)

    async def prune(self, before: int) -> int:
        """Forget the hours before one; how many counts went."""
        return await self._tx.run(delete(hash_hits).where(hash_hits.c.hour < before))

    async def _counts(
        self, column: ColumnElement[int], table: Table, keys: Collection[int], hour: int
    ) -> Mapping[int, Counts]:
        there = {
            row.key: row
            for row in await self._tx.rows(
                select(table.c.key, table.c.created_at, table.c.released_at, table.c.accepted).where(
                    self._tx.among(table.c.key, keys)
                )
            )
        }
        query = select(column.label("key"), *_sums(hour)).where(
            self._tx.among(column, keys), hash_hits.c.hour >= hour - 1 - REMEMBERED, hash_hits.c.hour <= hour
        )
        counted = {row.key: row for row in await self._tx.rows(query.group_by(column))}
        return {key: _told(row, counted.get(key), hour) for key, row in there.items()}


def _sums(hour: int) -> Iterable[ColumnElement[int]]:
    at, count = hash_hits.c.hour, hash_hits.c.count
    for name, when in (("this", at == hour), ("last", at == hour - 1), ("before", at < hour - 1)):
        yield func.coalesce(func.sum(case((when, count), else_=0)), 0).label(name)


def _told(row: Record, counted: Record | None, hour: int) -> Counts:
    hours = min(float(REMEMBERED), max(1.0, hour - 1 - row.created_at / HOUR))
    accepted = row.accepted if row.released_at is not None else 0.0
    if counted is None:
        return Counts(hours=hours, accepted=accepted)
    return Counts(int(counted.this), int(counted.last), int(counted.before), hours, accepted)
