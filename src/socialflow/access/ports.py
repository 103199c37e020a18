"""What access needs from a store."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialflow.access.records import ApiKey


class ApiKeyRepository(Protocol):
    """Service keys."""

    async def add(self, key: ApiKey) -> None:
        """Store a key. Raises Conflict if its id exists."""
        ...

    async def all(self) -> Sequence[ApiKey]:
        """Every key, revoked ones too, oldest first."""
        ...

    async def revoke(self, key_id: str, at: datetime) -> None:
        """Close a key for good. Raises NotFound."""
        ...


class AccessUnit(Protocol):
    """The access repositories of one unit of work."""

    @property
    def api_keys(self) -> ApiKeyRepository: ...


class AccessStore(Protocol):
    """Opens units of work over access."""

    def read(self) -> AbstractAsyncContextManager[AccessUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[AccessUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...
