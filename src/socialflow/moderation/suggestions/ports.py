"""What suggestions need from a store."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialflow.moderation.audit import AuditEvent
from socialflow.moderation.suggestions.records import Suggestion, SuggestionState


class SuggestionRepository(Protocol):
    """Suggestions by id."""

    async def sent_since(self, sender: str, since: datetime) -> int:
        """How many a sender sent since. Another unit that asks the same of the same sender waits for the end of this
        one, so that no two take the last place."""
        ...

    async def add(self, suggestion: Suggestion) -> None:
        """Keep one. Raises InvalidInput, Conflict (the id is taken)."""
        ...

    async def get(self, suggestion_id: str) -> Suggestion:
        """Return it. Raises NotFound."""
        ...

    async def page(self, state: SuggestionState | None, before: str | None, limit: int) -> Sequence[Suggestion]:
        """The newest first, from those that are older than the id `before`."""
        ...

    async def judge(
        self, suggestion_id: str, state: SuggestionState, *, reviewer: str, at: datetime, note: str
    ) -> bool:
        """Accept or decline one that is new; False where it is not."""
        ...

    async def forget_before(self, at: datetime) -> int:
        """Delete what was sent before; returns how many."""
        ...


class Pseudonymous(Protocol):
    """Holds the key of pseudonyms."""

    async def key(self) -> bytes:
        """The key."""
        ...


class Auditing(Protocol):
    """Keeps what was done."""

    async def append(self, event: AuditEvent) -> int:
        """Store an event; returns its key."""
        ...


class SuggestionUnit(Protocol):
    """The repositories of one unit of work."""

    @property
    def suggestions(self) -> SuggestionRepository: ...
    @property
    def reviews(self) -> Pseudonymous: ...
    @property
    def audit(self) -> Auditing: ...


class SuggestionStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[SuggestionUnit]: ...
    def write(self) -> AbstractAsyncContextManager[SuggestionUnit]: ...
