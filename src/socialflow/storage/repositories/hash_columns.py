"""Entries of hash banks as columns: written and read without a step in Python for each."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import orjson

from socialflow.moderation.banks.records import DIGEST_BYTES, Block, Many
from socialflow.storage.transaction import Transaction

_COLUMNS = "bank_key, kind, digest, quality, label, source, state, accepted, created_at, changed"
_SQLITE_ADD = f"""
    INSERT INTO hash_entries ({_COLUMNS})
    SELECT ?, ?, substr(?, {DIGEST_BYTES} * j.key + 1, {DIGEST_BYTES}), j.value, ?, ?, 0, 0, ?, ?
    FROM json_each(?) AS j WHERE true ON CONFLICT DO NOTHING
"""  # noqa: S608
_POSTGRESQL_ADD = f"""
    INSERT INTO hash_entries ({_COLUMNS})
    SELECT %s::bigint, %s::smallint, substring(%s::bytea FROM {DIGEST_BYTES} * i + 1 FOR {DIGEST_BYTES}),
      get_byte(%s::bytea, i), %s::text, %s::text, 0, 0, %s::bigint, %s::bigint
    FROM generate_series(0, %s::integer - 1) AS i ORDER BY i ON CONFLICT DO NOTHING
"""  # noqa: S608
_WINDOW = """
    SELECT key, bank_key, state, quality, changed, digest, payload FROM hash_entries
    WHERE kind = {0} AND (changed, key) > ({0}, {0}) ORDER BY changed, key LIMIT {0}
"""
_SQLITE_READ = f"""
    SELECT json_group_array(key), json_group_array(bank_key), json_group_array(state), json_group_array(quality),
      json_group_array(changed), json_group_array(coalesce(length(payload), 0)), group_concat(hex(digest), ''),
      group_concat(hex(payload), '')
    FROM ({_WINDOW.format("?")})
"""  # noqa: S608
_BIG = "string_agg(int8send({}::bigint), ''::bytea ORDER BY changed, key)"
_POSTGRESQL_READ = f"""
    SELECT {", ".join(_BIG.format(column) for column in ("key", "bank_key", "state", "quality", "changed"))},
      {_BIG.format("coalesce(length(payload), 0)")}, string_agg(digest, ''::bytea ORDER BY changed, key),
      string_agg(payload, ''::bytea ORDER BY changed, key)
    FROM ({_WINDOW.format("%s")}) AS page
"""  # noqa: S608


async def add_columns(tx: Transaction, bank: tuple[int, int], many: Many, when: tuple[int, int]) -> int:
    """Store digests of a bank (key and code of the kind) at a time and version; how many were new."""
    packed, said = np.ascontiguousarray(many.digests).tobytes(), (many.label, many.source)
    if tx.dialect == "postgresql":
        given: tuple[object, ...] = (*bank, packed, many.qualities.tobytes(), *said, *when, len(many.digests))
        return (await tx.connection.exec_driver_sql(_POSTGRESQL_ADD, given)).rowcount
    listed = orjson.dumps(many.qualities, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return (await tx.connection.exec_driver_sql(_SQLITE_ADD, (*bank, packed, *said, *when, listed))).rowcount


async def read_columns(tx: Transaction, kind: int, version: int, last: int, limit: int) -> Block:
    """Entries of a kind that changed after a cursor, in the order of the changes."""
    statement = _POSTGRESQL_READ if tx.dialect == "postgresql" else _SQLITE_READ
    row = tuple((await tx.connection.exec_driver_sql(statement, (kind, version, last, limit))).one())
    if tx.dialect == "postgresql":
        numbers = [np.frombuffer(one or b"", ">i8").astype(np.int64) for one in row[:6]]
        digests, payloads = bytes(row[6] or b""), bytes(row[7] or b"")
    else:
        numbers = [np.array(orjson.loads(one), np.int64) for one in row[:6]]
        digests, payloads = bytes.fromhex(row[6] or ""), bytes.fromhex(row[7] or "")
    keys, banks, states, qualities, changed, lengths = numbers
    return Block(
        keys,
        banks,
        states == 0,
        qualities.astype(np.uint8),
        np.frombuffer(digests, np.uint8).reshape(-1, DIGEST_BYTES),
        _cut(payloads, lengths),
        int(changed[-1]) if len(keys) else version,
        int(keys[-1]) if len(keys) else last,
    )


def _cut(joined: bytes, lengths: npt.NDArray[np.int64]) -> Sequence[bytes]:
    if not joined:
        return [b""] * len(lengths)
    ends = np.concatenate(([0], np.cumsum(lengths))).tolist()
    return [joined[start:end] for start, end in pairwise(ends)]
