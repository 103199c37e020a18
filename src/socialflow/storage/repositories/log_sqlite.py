"""The log on SQLite: one writer at a time, so row ids are drawn and committed in the same order.

A reader's position is the last id it saw. Ids are AUTOINCREMENT: the id of a deleted row never comes back.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import orjson
from sqlalchemy import func, select

from socialflow.content.log import InteractionBlock, LogCursor, LogDelta
from socialflow.storage.repositories.log_rows import COLUMNS, LogRow, changes_of, joined
from socialflow.storage.repositories.rows import chunks
from socialflow.storage.tables import changes, interactions
from socialflow.storage.transaction import Transaction

_INSERT = f"INSERT INTO interactions ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_NEWEST = select(
    select(func.max(interactions.c.id)).scalar_subquery().label("interactions"),
    select(func.max(changes.c.id)).scalar_subquery().label("changes"),
)
# One row of JSON lists for a window of ids: SQLite builds them without holding Python back, and orjson reads them three
# times as fast as rows become tuples.
_WINDOW = """
    SELECT json_group_array(user_key), json_group_array(item_key), json_group_array(type), json_group_array(value),
      json_group_array(at)
    FROM interactions WHERE id > ? AND id <= ?
"""
_WINDOW_IDS = 10_000


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
    block, read_to = await _interactions(tx, cursor.interactions, last_interaction, limit)
    changed, changed_to = await _changes(tx, cursor.changes, last_change, limit)
    more = read_to < last_interaction or changed_to < last_change
    return LogDelta(block, changes_of(changed), LogCursor(read_to, changed_to), more)


async def changed(tx: Transaction, cursor: LogCursor, limit: int) -> LogDelta:
    """As `poll`, of changes alone."""
    last = (await tx.one(_NEWEST)).changes or 0
    rows, read_to = await _changes(tx, cursor.changes, last, limit)
    after = replace(cursor, changes=read_to)
    return LogDelta(InteractionBlock.empty(), changes_of(rows), after, read_to < last)


async def newest(tx: Transaction) -> LogCursor:
    """The cursor of who has read everything."""
    row = await tx.one(_NEWEST)
    return LogCursor(row.interactions or 0, row.changes or 0)


async def _changes(tx: Transaction, after: int, last: int, limit: int) -> tuple[Sequence[tuple[int, int]], int]:
    """Up to `limit` changes with ids in (after, last], and the id up to which nothing is left."""
    if last <= after:
        return (), after
    query = select(changes.c.id, changes.c.kind, changes.c.key).where(changes.c.id > after)
    rows = await tx.rows(query.order_by(changes.c.id).limit(limit))
    return [(row.kind, row.key) for row in rows], rows[-1].id if len(rows) == limit else last


async def _interactions(tx: Transaction, after: int, last: int, limit: int) -> tuple[InteractionBlock, int]:
    """Up to `limit` rows with ids in (after, last], and the id up to which nothing is left."""
    parts: list[InteractionBlock] = []
    while after < last and limit > 0:
        upto = min(last, after + min(limit, _WINDOW_IDS))
        part = _block((await tx.connection.exec_driver_sql(_WINDOW, (after, upto))).one())
        parts.append(part)
        after, limit = upto, limit - len(part)
    return joined(parts), max(after, last) if limit > 0 else after


def _block(columns: Sequence[str]) -> InteractionBlock:
    users, items, types, values, at = (orjson.loads(column) for column in columns)
    return InteractionBlock(
        np.array(users, np.int64),
        np.array(items, np.int64),
        np.array(types, np.uint8),
        np.array(values, np.float32),
        np.array(at, np.int64),
    )
