"""What the two engines' logs share: the columns of a row, blocks of columns, and changes."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from socialflow.content.log import Change, InteractionBlock, LogCursor, LogDelta
from socialflow.storage.repositories.changes import CHANGE_KINDS
from socialflow.storage.transaction import Transaction

LogRow: TypeAlias = tuple[int, int, int, float, int, int, bytes, str | None, str | None, int | None, str | None]
"""One interaction in the order of COLUMNS."""


class Log(Protocol):
    """One engine's way to write and tail the log (`log_sqlite`, `log_postgres`)."""

    async def claim(self, tx: Transaction, keys: Sequence[bytes]) -> set[bytes]:
        """Enter idempotency keys into the ledger; returns those that were new."""
        ...

    async def append(self, tx: Transaction, rows: Sequence[LogRow]) -> None:
        """Store rows whose keys were claimed."""
        ...

    async def poll(self, tx: Transaction, cursor: LogCursor, limit: int) -> LogDelta:
        """What became visible since `cursor`; one query where there is nothing."""
        ...


COLUMNS = (
    "user_key",
    "item_key",
    "type",
    "value",
    "at",
    "received_at",
    "key",
    "surface",
    "device",
    "position",
    "request_id",
)

READ_COLUMNS = "id, user_key, item_key, type, value, at"

_READ_TYPES = np.dtype([("id", "i8"), ("user", "i8"), ("item", "i8"), ("type", "u1"), ("value", "f4"), ("at", "i8")])


def structured(rows: Sequence[tuple[int, int, int, int, float, int]]) -> np.ndarray:
    """Rows of READ_COLUMNS as one structured array."""
    return np.fromiter(rows, _READ_TYPES, count=len(rows))


def block_of(parts: Sequence[np.ndarray]) -> InteractionBlock:
    """Structured arrays as one block of columns."""
    if not parts:
        return InteractionBlock.empty()
    columns = {name: np.concatenate([part[name] for part in parts]) for name in ("user", "item", "type", "value", "at")}
    return InteractionBlock(columns["user"], columns["item"], columns["type"], columns["value"], columns["at"])


def changes_of(rows: Iterable[tuple[int, int]]) -> tuple[Change, ...]:
    """Changes from rows of (kind, key), in order, each named once."""
    return tuple(Change(CHANGE_KINDS[kind], key) for kind, key in dict.fromkeys(rows))
