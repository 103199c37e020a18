"""Principals and keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from socialflow.kit.roles import Role

_SERVICE = "\x1f"


class Scope(StrEnum):
    """What a service key may be used for."""

    READ = "read"
    """Feeds, recommendations, analysis answers."""
    WRITE = "write"
    """Interactions, items, users, channels, edges, for anybody."""
    MODERATE = "moderate"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: a user by token, or a service by key."""

    subject: str
    """User id, or key id of a service."""
    role: Role | None
    """None for a service."""
    scopes: frozenset[Scope] = frozenset()
    rate_limit: int | None = None
    """Calls a minute; None for unlimited."""

    @property
    def is_service(self) -> bool:
        """Whether this is a service key rather than a person."""
        return self.role is None

    @property
    def account(self) -> str:
        """Under what name its acts are kept: the id of the user, or that of the key behind a control character, which
        no user's id can hold: a key is nobody's namesake."""
        return f"{_SERVICE}{self.subject}" if self.is_service else self.subject


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored service key: only the digest of the secret is kept."""

    id: str
    name: str
    digest: bytes
    scopes: frozenset[Scope]
    created_at: datetime
    rate_limit: int | None = None
    revoked_at: datetime | None = None
