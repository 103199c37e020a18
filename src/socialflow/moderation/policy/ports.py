"""What policies need from outside."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from socialflow.moderation.policy.columns import Past
from socialflow.moderation.policy.records import PolicyState, StoredPolicy


class PolicyRepository(Protocol):
    """Versions of the policies of scopes; of a scope one at most is active, and one in the shadow."""

    async def add(self, policy: StoredPolicy) -> StoredPolicy:
        """Store as the next version of its scope, as a draft; returns it with its number."""
        ...

    async def get(self, scope: str, version: int) -> StoredPolicy:
        """One version. Raises PolicyNotFound."""
        ...

    async def standing(self, scopes: Sequence[str] | None = None) -> Sequence[StoredPolicy]:
        """Versions that are active or in the shadow, of some scopes or of all."""
        ...

    async def history(self, scope: str) -> Sequence[StoredPolicy]:
        """All versions of a scope, the newest first."""
        ...

    async def move(self, scope: str, version: int, state: PolicyState, at: datetime) -> StoredPolicy:
        """Put a version into a state; whichever else was active (or in the shadow) retires for it. Raises
        PolicyNotFound."""
        ...


class PolicyUnit(Protocol):
    """Repositories of one transaction."""

    @property
    def policies(self) -> PolicyRepository: ...


class PolicyStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[PolicyUnit]: ...

    def write(self) -> AbstractAsyncContextManager[PolicyUnit]: ...


@dataclass(frozen=True, slots=True)
class Window:
    """Decisions that a draft is tried on: those of content that the policy of `scope` stands for, from `since` until
    before `until`."""

    scope: str
    since: datetime
    until: datetime


class PastDecisions(Protocol):
    """Decisions that the service took."""

    def batches(self, window: Window) -> AsyncIterator[Sequence[Past]]:
        """In batches of some ten thousand; what a person decided stands beside what the service did."""
        ...
