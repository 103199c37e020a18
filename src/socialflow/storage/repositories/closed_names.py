"""Names of erased people: recognised again by a keyed digest, never kept.

Ids and usernames are closed alike, for both uses: an event that comes late for an erased id must not fall to somebody
who took that id as a username.
"""

from collections.abc import Collection

from sqlalchemy import select

from socialflow.kit.digests import keyed_digest
from socialflow.storage.repositories.rows import chunks
from socialflow.storage.tables import closed_names
from socialflow.storage.transaction import Transaction


async def closed(tx: Transaction, names: Collection[str]) -> set[str]:
    """Those of `names` that an erasure closed."""
    if not names:
        return set()
    secret = await tx.secret()
    by_digest = {keyed_digest(secret, name): name for name in names}
    found: set[str] = set()
    for part in chunks(by_digest):
        rows = await tx.rows(select(closed_names.c.digest).where(closed_names.c.digest.in_(part)))
        found.update(by_digest[bytes(row[0])] for row in rows)
    return found


async def close(tx: Transaction, names: Collection[str]) -> None:
    """Close names for good."""
    secret = await tx.secret()
    await tx.insert_new(closed_names, [{"digest": keyed_digest(secret, name)} for name in set(names)])
