"""What is said of entries of hash banks; whose it is, is a digest under the installation's key."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, func, select

from socialflow.kit.clock import to_micros
from socialflow.kit.digests import keyed_digest
from socialflow.moderation.banks.records import Opinions, View
from socialflow.storage.tables import hash_opinions
from socialflow.storage.transaction import Transaction

_VIEWS: tuple[View, ...] = (View.SEEN, View.CONFIRMED, View.FALSE_POSITIVE)
"""Storage codes are positions here: append only."""
_CODES = {view: code for code, view in enumerate(_VIEWS)}


async def opine(tx: Transaction, entry_key: int, who: str, view: View, now: datetime) -> None:
    """Store what somebody says in place of what they said before."""
    digest = keyed_digest(await tx.secret(), who)
    row = {"entry_key": entry_key, "who": digest, "view": _CODES[view], "at": to_micros(now)}
    await tx.replace(hash_opinions, [row])


async def opinions(tx: Transaction, keys: Collection[int]) -> Mapping[int, Opinions]:
    """What is said of entries, those of which something is said."""
    query = select(hash_opinions.c.entry_key, hash_opinions.c.view, func.count().label("n"))
    query = query.where(tx.among(hash_opinions.c.entry_key, keys))
    told: dict[int, dict[str, int]] = {}
    for row in await tx.rows(query.group_by(hash_opinions.c.entry_key, hash_opinions.c.view)):
        told.setdefault(row.entry_key, {})[_VIEWS[row.view].value] = row.n
    return {key: Opinions(**counts) for key, counts in told.items()}


async def forget_opinions(tx: Transaction, user_id: str) -> int:
    """Delete what a person said; how many opinions that were."""
    digest = keyed_digest(await tx.secret(), user_id)
    return await tx.run(delete(hash_opinions).where(hash_opinions.c.who == digest))
