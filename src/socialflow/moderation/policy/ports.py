"""What policies need from outside."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from socialflow.moderation.audit import AuditEvent
from socialflow.moderation.policy.columns import Past
from socialflow.moderation.policy.records import PolicyState, StoredPolicy
from socialflow.moderation.policy.shadow import Noted, Told


class Head(NamedTuple):
    """A version without what it says."""

    scope: str
    version: int
    digest: str
    state: PolicyState


class Versions(Protocol):
    """Policies by scope and version."""

    async def get(self, scope: str, version: int) -> StoredPolicy:
        """One version. Raises PolicyNotFound."""
        ...


class VersionsUnit(Protocol):
    """A unit of work that can read policies."""

    @property
    def policies(self) -> Versions:
        """Versions."""
        ...


class PolicyRepository(Versions, Protocol):
    """Versions of the policies of scopes; of a scope one at most is active, and one in the shadow."""

    async def add(self, policy: StoredPolicy) -> StoredPolicy:
        """Store as the next version of its scope, as a draft; returns it with its number."""
        ...

    async def heads(self, scopes: Collection[str] | None = None) -> Sequence[Head]:
        """Versions that are active or in the shadow, of some scopes or of all, in the order of scopes."""
        ...

    async def standing(self, scopes: Collection[str] | None = None) -> Sequence[StoredPolicy]:
        """The same, whole."""
        ...

    async def scopes(self) -> Sequence[tuple[str, int]]:
        """Scopes and how many versions there are of each, in order."""
        ...

    async def history(self, scope: str, limit: int | None = None, before: int | None = None) -> Sequence[StoredPolicy]:
        """Versions of a scope, their bodies left empty, the newest first; `before`: only those with lower numbers."""
        ...

    async def hold(self, scope: str) -> None:
        """Have whoever else changes versions of this scope wait until this unit ends."""
        ...

    async def move(self, scope: str, version: int, state: PolicyState, at: datetime) -> StoredPolicy:
        """Put a version into a state; whichever else was active (or in the shadow) retires for it. Raises
        PolicyNotFound."""
        ...

    async def remove(self, scope: str, version: int) -> None:
        """Delete a draft; its number is not given again. Raises PolicyNotFound, Conflict (it is no draft)."""
        ...

    async def note(self, noted: Sequence[Noted], at: datetime) -> None:
        """Count what shadows said beside what was decided."""
        ...

    async def told(self, scope: str, version: int) -> Sequence[Told]:
        """What a version said in the shadow, the most frequent first."""
        ...

    async def forget_told(self, scope: str, version: int) -> None:
        """Begin counting anew."""
        ...


class Appending(Protocol):
    """The chain of what was done."""

    async def append(self, event: AuditEvent) -> int:
        """Store an event; returns its key."""
        ...


class Naming(Protocol):
    """Under which names people are kept."""

    async def key(self) -> bytes:
        """The key of pseudonyms; derived from the installation's secret."""
        ...


class PolicyUnit(Protocol):
    """Repositories of one transaction."""

    @property
    def policies(self) -> PolicyRepository:
        """Versions."""
        ...

    @property
    def audit(self) -> Appending:
        """What was done with them."""
        ...

    @property
    def reviews(self) -> Naming:
        """Who did it."""
        ...


class PolicyStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[PolicyUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[PolicyUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...


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

    async def count(self, window: Window, most: int) -> int:
        """How many decisions a window spans, of all scopes, counted no further than `most`."""
        ...

    async def newest(self, window: Window, most: int) -> Window:
        """The window, its beginning put off so that it spans the newest `most` decisions, of all scopes, at most."""
        ...
