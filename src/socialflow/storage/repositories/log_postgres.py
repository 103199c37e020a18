"""The log on PostgreSQL: many writers at once, so a row may become visible after rows with higher ids.

Every row carries `txid`, the id of the transaction that wrote it. A snapshot's xmin is the oldest transaction still
running: whatever older ones wrote is visible. A reader's position is the xmin at its last look; each look takes the
rows with txid >= position, except those it was given before (the cursor's `recent` ids). So a row that commits late is
found, and none is given twice.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from socialflow.content.log import Change, InteractionBlock, LogCursor, LogDelta
from socialflow.storage.partitions import ensure_for
from socialflow.storage.repositories.log_rows import COLUMNS, LogRow, changes_of
from socialflow.storage.transaction import Transaction, Values

_CLAIM = """
    INSERT INTO interaction_keys (key) SELECT unnest(%s::bytea[]) ON CONFLICT DO NOTHING RETURNING key
"""
_ARRAYS = ["bigint", "bigint", "smallint", "real", "bigint", "bigint", "bytea", "text", "text", "bigint", "text"]
_APPEND = f"""
    INSERT INTO interactions ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _ARRAYS)})
"""  # noqa: S608

# xmin is taken in the same snapshot as the rows. `kept`: ids given before whose transactions are not below it.
_LOOK = text("""
    WITH look AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin)
    SELECT xmin,
      EXISTS (SELECT FROM interactions WHERE txid >= :interactions AND id <> ALL(CAST(:given AS bigint[]))) AS appended,
      EXISTS (SELECT FROM changes WHERE txid >= :changes AND id <> ALL(CAST(:told AS bigint[]))) AS changed,
      ARRAY(SELECT id FROM interactions WHERE txid >= look.xmin AND id = ANY(CAST(:given AS bigint[]))) AS given_kept,
      ARRAY(SELECT id FROM changes WHERE txid >= look.xmin AND id = ANY(CAST(:told AS bigint[]))) AS told_kept
    FROM look
""")
# array_send packs a column on the server: a million rows arrive as a few byte strings instead of as Python tuples.
_INTERACTIONS = text("""
    SELECT array_send(array_agg(id)) AS id, array_send(array_agg(txid)) AS txid,
      array_send(array_agg(user_key)) AS users, array_send(array_agg(item_key)) AS items,
      array_send(array_agg(type)) AS types, array_send(array_agg(value)) AS values, array_send(array_agg(at)) AS at
    FROM (
      SELECT id, txid, user_key, item_key, type, value, at FROM interactions
      WHERE txid >= :position AND id <> ALL(CAST(:given AS bigint[])) ORDER BY txid, id LIMIT :limit
    ) AS fresh
""")
_CHANGES = text("""
    SELECT id, txid, kind, key FROM changes
    WHERE txid >= :position AND id <> ALL(CAST(:given AS bigint[])) ORDER BY txid, id LIMIT :limit
""")
_ARRAY_HEADER = 20
"""Bytes before the elements in PostgreSQL's binary form of a one-dimensional array."""

Position = tuple[int, frozenset[int]]


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
    given, told = list(cursor.recent_interactions), list(cursor.recent_changes)
    where = {"interactions": cursor.interactions, "given": given, "changes": cursor.changes, "told": told}
    look = await tx.one(_LOOK, where)
    block, changed = InteractionBlock.empty(), list[tuple[int, int]]()
    position: Position = (look.xmin, frozenset(look.given_kept))
    told_to: Position = (look.xmin, frozenset(look.told_kept))
    full = changes_full = False
    if look.appended:
        query: Values = {"position": cursor.interactions, "given": given, "limit": limit}
        row = await tx.one(_INTERACTIONS, query)
        block, ids, txids = _unpack(row.users, row.items, row.types, row.values, row.at), _ids(row.id), _ids(row.txid)
        full = len(ids) == limit
        position = _advance(position, cursor.recent_interactions, ids, txids, full=full)
    if look.changed:
        rows = await tx.rows(_CHANGES, {"position": cursor.changes, "given": told, "limit": limit})
        changed = [(row.kind, row.key) for row in rows]
        changes_full = len(rows) == limit
        ids, txids = np.array([row.id for row in rows]), np.array([row.txid for row in rows])
        told_to = _advance(told_to, cursor.recent_changes, ids, txids, full=changes_full)
    changes: tuple[Change, ...] = changes_of(changed)
    return LogDelta(block, changes, LogCursor(position[0], told_to[0], position[1], told_to[1]), full or changes_full)


def _advance(
    seen: Position,
    given: frozenset[int],
    ids: npt.NDArray[np.int64],
    txids: npt.NDArray[np.int64],
    *,
    full: bool,
) -> Position:
    """The position after rows in (txid, id) order were handed out.

    A full page may end inside a transaction, below xmin: then the next look starts at that transaction, and all ids
    given before are remembered, since some of them may lie above it.
    """
    xmin, kept = seen
    if full and txids[-1] < xmin:
        xmin, kept = int(txids[-1]), given
    return xmin, kept | frozenset(ids[txids >= xmin].tolist())


def _unpack(users: bytes, items: bytes, types: bytes, values: bytes, at: bytes) -> InteractionBlock:
    return InteractionBlock(
        _ids(users),
        _ids(items),
        _column(types, ">i2").astype(np.uint8),
        _column(values, ">f4").astype(np.float32),
        _ids(at),
    )


def _ids(packed: bytes) -> npt.NDArray[np.int64]:
    return _column(packed, ">i8").astype(np.int64)


def _column(packed: bytes, kind: str) -> np.ndarray:
    """Elements of a binary array without NULLs: each is a 4-byte length and the value."""
    return np.frombuffer(packed, np.dtype([("length", ">i4"), ("value", kind)]), offset=_ARRAY_HEADER)["value"]
