"""What access needs from a store."""

from collections.abc import Sequence
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
