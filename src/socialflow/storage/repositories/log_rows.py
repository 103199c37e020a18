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

    async def changed(self, tx: Transaction, cursor: LogCursor, limit: int) -> LogDelta:
        """As `poll`, of changes alone."""
        ...

    async def newest(self, tx: Transaction) -> LogCursor:
        """The cursor of who has read everything."""
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


def joined(parts: Sequence[InteractionBlock]) -> InteractionBlock:
    """Several blocks as one."""
    together = [InteractionBlock.empty(), *parts]
    return InteractionBlock(
        np.concatenate([part.users for part in together]),
        np.concatenate([part.items for part in together]),
        np.concatenate([part.types for part in together]),
        np.concatenate([part.values for part in together]),
        np.concatenate([part.at for part in together]),
    )


def changes_of(rows: Iterable[tuple[int, int]]) -> tuple[Change, ...]:
    """Changes from rows of (kind, key), in order, each named once."""
    return tuple(Change(CHANGE_KINDS[kind], key) for kind, key in dict.fromkeys(rows))
