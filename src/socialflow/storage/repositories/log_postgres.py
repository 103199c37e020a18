"""The log on PostgreSQL: many writers at once, so a row may become visible after rows with higher ids.

Every row carries `txid`, the id of the transaction that wrote it. A snapshot's xmin is the oldest transaction still
running: whatever older ones wrote is visible. A reader's position is the xmin at its last look; each look takes the
rows with txid >= position, except those it was given before (the cursor's `recent` ids). So a row that commits late is
found, and none is given twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from socialflow.content.log import InteractionBlock, LogCursor, LogDelta
from socialflow.storage.partitions import ensure_for
from socialflow.storage.repositories.log_rows import COLUMNS, LogRow, changes_of
from socialflow.storage.transaction import Record, Transaction

_CLAIM = """
    INSERT INTO interaction_keys (key) SELECT unnest(%s::bytea[]) ON CONFLICT DO NOTHING RETURNING key
"""
_COLUMN_TYPES = ["bigint", "bigint", "smallint", "real", "bigint", "bigint", "bytea", "text", "text", "bigint", "text"]
_APPEND = f"""
    INSERT INTO interactions ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMN_TYPES)})
"""  # noqa: S608

# xmin comes from the same snapshot as the rows. max() is read off the end of an index. Until a table has been analysed
# the planner takes any tail of it for a third of all rows and would read them all: hence the setting, for this unit.
_LOOK = text("""
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
      coalesce((SELECT max(txid) FROM interactions), -1) AS interactions,
      coalesce((SELECT max(txid) FROM changes), -1) AS changes,
      set_config('enable_seqscan', 'off', true)
""")
# array_send packs a column on the server: a million rows arrive as a few byte strings instead of as Python tuples.
_INTERACTIONS = text("""
    SELECT array_send(array_agg(id)) AS id, array_send(array_agg(txid)) AS txid,
      array_send(array_agg(user_key)) AS users, array_send(array_agg(item_key)) AS items,
      array_send(array_agg(type)) AS types, array_send(array_agg(value)) AS values, array_send(array_agg(at)) AS at
    FROM (
      SELECT id, txid, user_key, item_key, type, value, at FROM interactions
      WHERE txid >= :position ORDER BY txid, id LIMIT :limit
    ) AS page
""")
_CHANGES = text("""
    SELECT array_send(array_agg(id)) AS id, array_send(array_agg(txid)) AS txid, array_send(array_agg(kind)) AS kinds,
      array_send(array_agg(key)) AS keys
    FROM (SELECT id, txid, kind, key FROM changes WHERE txid >= :position ORDER BY txid, id LIMIT :limit) AS page
""")
_ARRAY_HEADER = 20
"""Bytes before the elements in PostgreSQL's binary form of a one-dimensional array."""


async def claim(tx: Transaction, keys: Sequence[bytes]) -> set[bytes]:
    """Enter idempotency keys into the ledger; returns those that were new.

    `keys` are sorted: two transactions with keys in common then wait for each other in one direction only.
    """
    rows = await tx.connection.exec_driver_sql(_CLAIM, (list(keys),))
    return {bytes(row[0]) for row in rows}


async def append(tx: Transaction, rows: Sequence[LogRow]) -> None:
    """Store rows whose keys were claimed."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await ensure_for(tx, max(row[5] for row in rows))  # received_at
    await tx.connection.exec_driver_sql(_APPEND, tuple(columns))


async def poll(tx: Transaction, cursor: LogCursor, limit: int) -> LogDelta:
    """What became visible since `cursor`; one query where there is nothing."""
    look = await tx.one(_LOOK)
    block, appended = InteractionBlock.empty(), _Page(look.xmin)
    if look.interactions >= cursor.interactions:
        given = cursor.recent_interactions
        row = await tx.one(_INTERACTIONS, {"position": cursor.interactions, "limit": limit + len(given)})
        appended = _page(row, given, limit, look.xmin)
        block = _block(row, appended.new)
    rows, told = await _changes(tx, look, cursor, limit)
    after = LogCursor(appended.position, told.position, appended.recent, told.recent)
    return LogDelta(block, changes_of(rows), after, appended.full or told.full)


async def changed(tx: Transaction, cursor: LogCursor, limit: int) -> LogDelta:
    """As `poll`, of changes alone."""
    rows, told = await _changes(tx, await tx.one(_LOOK), cursor, limit)
    after = replace(cursor, changes=told.position, recent_changes=told.recent)
    return LogDelta(InteractionBlock.empty(), changes_of(rows), after, told.full)


async def newest(tx: Transaction) -> LogCursor:
    """The cursor of who has read everything; what is visible already may be given once more."""
    xmin = (await tx.one(_LOOK)).xmin
    return LogCursor(xmin, xmin)


async def _changes(
    tx: Transaction, look: Record, cursor: LogCursor, limit: int
) -> tuple[Sequence[tuple[int, int]], "_Page"]:
    """Changes that became visible, and where the next page begins."""
    if look.changes < cursor.changes:
        return (), _Page(look.xmin)
    given = cursor.recent_changes
    row = await tx.one(_CHANGES, {"position": cursor.changes, "limit": limit + len(given)})
    told = _page(row, given, limit, look.xmin)
    kinds, keys = _column(row.kinds, ">i2")[told.new], _column(row.keys, ">i8")[told.new]
    return list(zip(kinds.tolist(), keys.tolist(), strict=True)), told


@dataclass(frozen=True, slots=True)
class _Page:
    """Where the page after this one begins, the ids at or above that given so far, and which rows here are new."""

    position: int
    recent: frozenset[int] = frozenset()
    new: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    full: bool = False


def _page(row: Record, given: frozenset[int], limit: int, xmin: int) -> _Page:
    """Judge rows in (txid, id) order.

    A full page may end inside a transaction: then the next begins with that transaction, and ids given before that lie
    beyond this page are remembered too.
    """
    ids, txids = _column(row.id, ">i8"), _column(row.txid, ">i8")
    full = len(ids) == limit + len(given)
    position = min(xmin, int(txids[-1])) if full else xmin
    recent = frozenset(ids[txids >= position].tolist())
    if full:
        recent |= given.difference(ids.tolist())
    return _Page(position, recent, ~np.isin(ids, list(given)), full)


def _block(row: Record, which: npt.NDArray[np.bool_]) -> InteractionBlock:
    return InteractionBlock(
        _column(row.users, ">i8")[which].astype(np.int64),
        _column(row.items, ">i8")[which].astype(np.int64),
        _column(row.types, ">i2")[which].astype(np.uint8),
        _column(row.values, ">f4")[which].astype(np.float32),
        _column(row.at, ">i8")[which].astype(np.int64),
    )


def _column(packed: bytes | None, kind: str) -> npt.NDArray[Any]:
    """Elements of a binary array without NULLs (each is a 4-byte length and the value); None is an empty one."""
    if packed is None:
        return np.empty(0, kind)
    return np.frombuffer(packed, np.dtype([("length", ">i4"), ("value", kind)]), offset=_ARRAY_HEADER)["value"]
