"""The interaction log."""

import math
from collections.abc import Collection, Sequence
from string import hexdigits
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.sql import Select
from sqlalchemy.sql.elements import ColumnElement

from socialflow.content.log import LogCursor, LogDelta
from socialflow.content.records import INTERACTION_CODES, Interaction, RowOutcome
from socialflow.errors import Erased, InvalidInput, ItemNotFound, UserNotFound
from socialflow.kit.clock import to_micros
from socialflow.kit.digests import short_digest
from socialflow.storage.repositories import log_postgres, log_sqlite
from socialflow.storage.repositories.closed_names import closed
from socialflow.storage.repositories.log_rows import Log, LogRow
from socialflow.storage.repositories.rows import Outcomes, findable, storable
from socialflow.storage.tables import interactions, items, users
from socialflow.storage.transaction import Transaction

_EARLIEST, _LATEST = "016f5e66e800", "03bb2cc3d800"
"""Milliseconds of 2020 and 2100, hexadecimal."""


class Interactions:
    """The append-only interaction log."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._log: Log = log_postgres if tx.dialect == "postgresql" else log_sqlite

    async def add(self, rows: Sequence[Interaction]) -> Sequence[RowOutcome]:
        """Store each row once. Never raises for a row.

        `row.user` is read as a user id first and as a username only where no user has that id. A row whose id this user
        has used before, in the store or earlier in the batch, is a duplicate. Rejected: `user_not_found`, `erased`,
        `item_not_found`, `invalid_input`.
        """
        outcomes = Outcomes([row.id for row in rows])
        user_keys = await self._users(rows)
        item_keys = await self._keys(select(items.c.id, items.c.key), items.c.id, {row.item for row in rows})
        gone = await closed(self._tx, {row.user for row in rows if row.user not in user_keys})
        new: dict[bytes, tuple[int, LogRow]] = {}
        for index, row in enumerate(rows):
            user_key, item_key = user_keys.get(row.user), item_keys.get(row.item)
            if user_key is None:
                code = Erased.code if row.user in gone else UserNotFound.code
                outcomes.reject(index, code, "no user has this id or username", "user")
            elif item_key is None:
                outcomes.reject(index, ItemNotFound.code, "no item has this id", "item")
            elif (field := _unusable_field(row)) is not None:
                outcomes.reject(index, InvalidInput.code, f"{field} cannot be stored", field)
            elif (key := _ledger_key(user_key, row.id)) in new:
                outcomes.duplicate(index)
            else:
                new[key] = (index, _log_row(row, user_key, item_key, key))
        claimed = await self._log.claim(self._tx, sorted(new)) if new else set()
        for key, (index, _) in new.items():
            if key not in claimed:
                outcomes.duplicate(index)
        if claimed:
            await self._log.append(self._tx, [row for key, (_, row) in new.items() if key in claimed])
        return outcomes.answers()

    async def poll(self, cursor: LogCursor, limit: int = 500_000) -> LogDelta:
        """What became visible since `cursor`: interactions in storage order and changes, each at most `limit`."""
        return await self._log.poll(self._tx, cursor, limit)

    async def count(self) -> int:
        """Number of stored interactions."""
        row = await self._tx.row(select(func.count()).select_from(interactions))
        return int(row[0]) if row else 0

    async def _users(self, rows: Sequence[Interaction]) -> dict[str, int]:
        names = {row.user for row in rows}
        keys = await self._keys(select(users.c.id, users.c.key), users.c.id, names)
        names.difference_update(keys)
        if names:
            keys |= await self._keys(select(users.c.username, users.c.key), users.c.username, names)
        return keys

    async def _keys(self, query: Select[Any], column: ColumnElement[str], names: Collection[str]) -> dict[str, int]:
        """Keys by name. The rows are locked against deletion until the log rows that name them are committed."""
        query = query.where(self._tx.among(column, findable(names)))
        if self._tx.dialect == "postgresql":
            query = query.order_by("key").with_for_update(read=True, key_share=True)
        return {row[0]: row[1] for row in map(tuple, await self._tx.rows(query))}


def _ledger_key(user_key: int, given: str) -> bytes:
    """Sixteen bytes that stand for a user's interaction id.

    Ids that begin with a time (ours, and UUIDs of version 7) keep it in front: their keys are stored side by side
    instead of each on another page of the ledger.
    """
    digest = short_digest(str(user_key), given)
    moment = given[:13].replace("-", "")[:12]
    if len(moment) == 12 and _EARLIEST <= moment <= _LATEST and all(digit in hexdigits for digit in moment):
        return bytes.fromhex(moment) + digest[:10]
    return digest


def _unusable_field(row: Interaction) -> str | None:
    if not math.isfinite(row.value):
        return "value"
    context = row.context
    named = {"id": row.id, "surface": context.surface, "device": context.device, "request_id": context.request_id}
    return next((name for name, text in named.items() if text is not None and not storable(text)), None)


def _log_row(row: Interaction, user_key: int, item_key: int, key: bytes) -> LogRow:
    context = row.context
    return (
        user_key,
        item_key,
        INTERACTION_CODES[row.type],
        row.value,
        to_micros(row.at),
        to_micros(row.received_at),
        key,
        context.surface,
        context.device,
        context.position,
        context.request_id,
    )
