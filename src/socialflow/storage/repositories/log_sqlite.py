"""The log on SQLite: one writer at a time, so row ids are drawn and committed in the same order.

A reader's position is the last id it saw. Ids are AUTOINCREMENT: the id of a deleted row never comes back.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from socialflow.content.log import InteractionBlock, LogCursor, LogDelta
from socialflow.storage.repositories.log_rows import COLUMNS, READ_COLUMNS, LogRow, block_of, changes_of, structured
from socialflow.storage.repositories.rows import chunks
from socialflow.storage.tables import changes, interactions
from socialflow.storage.transaction import Transaction

_INSERT = f"INSERT INTO interactions ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_READ = f"SELECT {READ_COLUMNS} FROM interactions WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"  # noqa: S608
_NEWEST = select(
    select(func.max(interactions.c.id)).scalar_subquery().label("interactions"),
    select(func.max(changes.c.id)).scalar_subquery().label("changes"),
)
_FEW = 2_000
"""Up to this many rows are read within the unit; more go through a connection and a thread of their own."""
_CHUNK = 50_000


async def claim(tx: Transaction, keys: Sequence[bytes]) -> set[bytes]:
    """Enter idempotency keys into the ledger; returns those that were new."""
    new: set[bytes] = set()
    for part in chunks(keys):
        places = ",".join(["(?)"] * len(part))
        statement = f"INSERT OR IGNORE INTO interaction_keys (key) VALUES {places} RETURNING key"  # noqa: S608
        rows = await tx.connection.exec_driver_sql(statement, tuple(part))
        new.update(row[0] for row in rows)
    return new


async def append(tx: Transaction, rows: Sequence[LogRow]) -> None:
    """Store rows whose keys were claimed."""
    await tx.connection.exec_driver_sql(_INSERT, list(rows))


async def poll(tx: Transaction, cursor: LogCursor, limit: int) -> LogDelta:
    """What was committed since `cursor`; one query where there is nothing."""
    newest = await tx.one(_NEWEST)
    last_interaction, last_change = newest.interactions or 0, newest.changes or 0
    block, read_to = InteractionBlock.empty(), cursor.interactions
    if last_interaction > cursor.interactions:
        block, read_to = await _interactions(tx, cursor.interactions, last_interaction, limit)
    changed: Sequence[tuple[int, int]] = ()
    changed_to = cursor.changes
    if last_change > cursor.changes:
        query = select(changes.c.id, changes.c.kind, changes.c.key).where(changes.c.id > cursor.changes)
        rows = await tx.rows(query.order_by(changes.c.id).limit(limit))
        changed = [(row.kind, row.key) for row in rows]
        changed_to = rows[-1].id if len(rows) == limit else last_change
    more = read_to < last_interaction or changed_to < last_change
    return LogDelta(block, changes_of(changed), LogCursor(read_to, changed_to), more)


async def _interactions(tx: Transaction, after: int, last: int, limit: int) -> tuple[InteractionBlock, int]:
    """Up to `limit` rows with ids in (after, last], and the id up to which nothing is left."""
    window = (after, last, limit)
    path = tx.address.path
    if last - after <= _FEW or not tx.readonly or path is None:
        rows = (await tx.connection.exec_driver_sql(_READ, window)).all()
        parts = [structured([tuple(row) for row in rows])] if rows else []
    else:
        parts = await asyncio.to_thread(_read, path, window)
    count = sum(len(part) for part in parts)
    return block_of(parts), int(parts[-1]["id"][-1]) if count == limit else last


def _read(path: Path, window: tuple[int, int, int]) -> list[np.ndarray]:
    """Read in chunks that become arrays at once: a million tuples would take 200 MB."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        found = connection.execute(_READ, window)
        parts = []
        while rows := found.fetchmany(_CHUNK):
            parts.append(structured(rows))
        return parts
    finally:
        connection.close()
