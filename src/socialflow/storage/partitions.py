"""Monthly partitions of the interaction log on PostgreSQL.

Months are made ahead of time; what belongs to no month (old imports) lies in the default partition. Rows of a month
that went to the default partition, because nobody had made the month yet, move with their ids and transaction ids.
"""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.engine import Connection

from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.transaction import Transaction

MONTHS_AHEAD = 3
_LOCK = 7_305_811_220_511
"""Advisory lock under which partitions are made: any number that only this module uses."""


async def ensure_for(tx: Transaction, received_at: int) -> None:
    """Make the months around a write at `received_at` (microseconds) ready; asks the database once a month."""
    if received_at < tx.memory.partitioned_until:
        return
    now = from_micros(received_at)
    await tx.connection.run_sync(ensure_partitions, now)
    tx.memory.partitioned_until = to_micros(_month(now, 1))


def ensure_partitions(connection: Connection, now: datetime, ahead: int = MONTHS_AHEAD) -> None:
    """Make partitions for the month of `now` and the `ahead` months after it, where they are missing."""
    months = [_month(now, offset) for offset in range(ahead + 1)]
    missing = [month for month in months if not _exists(connection, month)]
    if missing:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    for month in missing:
        if not _exists(connection, month):
            _make(connection, _name(month), to_micros(month), to_micros(_month(month, 1)))


def _make(connection: Connection, name: str, start: int, stop: int) -> None:
    connection.execute(text(f"CREATE TABLE {name} (LIKE interactions INCLUDING DEFAULTS)"))
    moved = f"""
        WITH moved AS (DELETE FROM interactions_default WHERE at >= {start} AND at < {stop} RETURNING *)
        INSERT INTO {name} SELECT * FROM moved
    """  # noqa: S608
    connection.execute(text(moved))
    connection.execute(text(f"ALTER TABLE interactions ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({stop})"))


def _exists(connection: Connection, month: datetime) -> bool:
    # Not to_regclass: within a transaction it may answer from a cache that does not know of another's new table yet.
    known = text(
        "SELECT count(*) FROM pg_class WHERE relname = :name AND relnamespace = current_schema()::regnamespace"
    )
    return bool(connection.execute(known, {"name": _name(month)}).scalar_one())


def _name(month: datetime) -> str:
    return f"interactions_{month:%Y_%m}"


def _month(at: datetime, offset: int) -> datetime:
    """The first instant of the month `offset` months after that of `at`."""
    months = at.year * 12 + at.month - 1 + offset
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
