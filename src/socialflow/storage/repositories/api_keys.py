"""Service keys."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update

from socialflow.access.records import ApiKey, Scope
from socialflow.content.log import ChangeKind
from socialflow.errors import Conflict, NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.rows import findable, instant, json_text, micros, texts
from socialflow.storage.tables import api_keys
from socialflow.storage.transaction import Record, Transaction


class ApiKeys:
    """Service keys; only digests of their secrets are here."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, key: ApiKey) -> None:
        """Store a key. Raises Conflict if its id exists."""
        if await self._surrogate(key.id) is not None:
            raise Conflict("a service key has this id", field="id")
        stored = {
            "id": key.id,
            "name": key.name,
            "digest": key.digest,
            "scopes": json_text(sorted(key.scopes), "scopes"),
            "created_at": to_micros(key.created_at),
            "rate_limit": key.rate_limit,
            "revoked_at": micros(key.revoked_at),
        }
        row = await self._tx.one(insert(api_keys).values(stored).returning(api_keys.c.key))
        await announce(self._tx, ChangeKind.API_KEY, [row.key])

    async def all(self) -> Sequence[ApiKey]:
        """Every key, revoked ones too, oldest first."""
        query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key)
        return [_key(row) for row in await self._tx.rows(query)]

    async def revoke(self, key_id: str, at: datetime) -> None:
        """Close a key for good; one that is closed keeps its time. Raises NotFound."""
        surrogate = await self._surrogate(key_id)
        if surrogate is None:
            raise NotFound("no service key has this id", field="id")
        revoked_at = func.coalesce(api_keys.c.revoked_at, to_micros(at))
        await self._tx.run(update(api_keys).where(api_keys.c.key == surrogate).values(revoked_at=revoked_at))
        await announce(self._tx, ChangeKind.API_KEY, [surrogate])

    async def _surrogate(self, key_id: str) -> int | None:
        query = select(api_keys.c.key).where(self._tx.among(api_keys.c.id, findable([key_id])))
        row = await self._tx.row(query)
        return None if row is None else row.key


def _key(row: Record) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        digest=bytes(row.digest),
        scopes=frozenset(Scope(name) for name in texts(row.scopes)),
        created_at=from_micros(row.created_at),
        rate_limit=row.rate_limit,
        revoked_at=instant(row.revoked_at),
    )
