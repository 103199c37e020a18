"""The change list: what readers in other processes must hear of besides interactions."""

from collections.abc import Collection

from sqlalchemy import insert

from socialflow.content.log import ChangeKind
from socialflow.storage.tables import changes
from socialflow.storage.transaction import Transaction

CHANGE_KINDS: tuple[ChangeKind, ...] = (
    ChangeKind.ITEM,
    ChangeKind.ITEM_ERASED,
    ChangeKind.CHANNEL,
    ChangeKind.USER_ERASED,
    ChangeKind.USER,
    ChangeKind.VALUE_MODEL,
    ChangeKind.API_KEY,
    ChangeKind.RULES,
)
"""Storage codes are positions here: append only."""

_CODES = {kind: code for code, kind in enumerate(CHANGE_KINDS)}


async def announce(tx: Transaction, kind: ChangeKind, keys: Collection[int]) -> None:
    """Append one change a key, in the transaction that makes it."""
    if keys:
        await tx.run(insert(changes), [{"kind": _CODES[kind], "key": key} for key in keys])
