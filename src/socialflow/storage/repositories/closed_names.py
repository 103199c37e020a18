"""Names of erased people: recognised again by a keyed digest, never kept."""

from collections.abc import Collection

from sqlalchemy import insert, select

from socialflow.kit.digests import keyed_digest
from socialflow.storage.repositories.rows import chunks
from socialflow.storage.tables import closed_names
from socialflow.storage.transaction import Transaction

ID = "id"
USERNAME = "username"


async def closed(tx: Transaction, space: str, names: Collection[str]) -> set[str]:
    """Those of `names` that an erasure closed. `space` is ID or USERNAME: a username may equal another person's id."""
    secret = await tx.secret()
    by_digest = {_digest(secret, space, name): name for name in names}
    found: set[str] = set()
    for part in chunks(by_digest):
        rows = await tx.rows(select(closed_names.c.digest).where(closed_names.c.digest.in_(part)))
        found.update(by_digest[bytes(row[0])] for row in rows)
    return found


async def close(tx: Transaction, user_id: str, username: str) -> None:
    """Close an id and a username for good."""
    secret = await tx.secret()
    digests = (_digest(secret, ID, user_id), _digest(secret, USERNAME, username))
    await tx.run(insert(closed_names), [{"digest": digest} for digest in digests])


def _digest(secret: bytes, space: str, name: str) -> bytes:
    return keyed_digest(secret, f"{space}\0{name}")
