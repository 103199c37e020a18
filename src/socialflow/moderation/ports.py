"""What moderation needs from a store. `storage` satisfies these structurally."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from socialflow.errors import Conflict
from socialflow.ids import UserKey
from socialflow.moderation.audit import AuditEvent, Batch
from socialflow.moderation.records import Decision, PolicyVersion
from socialflow.moderation.verifying import Recorded


class Replayable(NamedTuple):
    """A decision of the service as it is read by the million: `body` is its canonical form, not read yet.

    `at` is in microseconds since 1970; `person_status` is what a person decided last on the same input, None where
    nobody did. `sealing.signals_within(body)` cuts out the JSON of the signals, `facts_within` that of the facts.
    """

    key: int
    id: str
    at: int
    kind: str
    status: str
    person_status: str | None
    body: bytes


class Author(NamedTuple):
    """A person of the platform, outside of any seal."""

    key: UserKey
    id: str


class Taken(NamedTuple):
    """A decision that is to be stored, and whose the content is."""

    decision: Decision
    author: UserKey | None


class DecisionRepository(Protocol):
    """Decisions by id or content."""

    async def decide(self, decision: Decision, *, author: UserKey | None = None) -> Decision:
        """Store a decision with its audit event, in place of the one it `supersedes`, and let it take effect.

        Returns it as it was sealed. Where `content_id` names an item, its moderation fields follow, and readers in
        every process hear of it. `author` links the decision to a person, outside of the seal. One that is stored
        already (same id, same content) is returned and changes nothing.

        Raises:
            DecisionSuperseded: `supersedes` is not the decision that stands (None: none stands).
            DecidedByPerson: the service decides, and a person did on the same input (`input_digest`).
            InvalidInput: it cannot be sealed, or its kind is not an item's and `content_id` is.
        """
        ...

    async def decide_many(self, taken: Sequence[Taken]) -> Sequence[Decision | Conflict]:
        """As `decide`, of decisions of the service about stored items, one a content; in order.

        One that may not be stored is told by its error (DecisionSuperseded, DecidedByPerson), and the others are.

        Raises:
            Conflict: another transaction was first just now. Nothing of this one may be kept; another may try again.
            InvalidInput: as `decide`, or what is no decision of the service about an item.
        """
        ...

    async def currents(self, content_ids: Collection[str]) -> Mapping[str, Decision]:
        """By content, the decisions that stand. Raises SealBroken."""
        ...

    async def get(self, decision_id: str) -> Decision:
        """Return the decision. Raises DecisionNotFound, SealBroken."""
        ...

    async def get_many(self, decision_ids: Collection[str]) -> Mapping[str, Decision]:
        """Decisions by id; what does not exist is not in it. Raises SealBroken."""
        ...

    async def policies_of(self, decision_ids: Collection[str]) -> Mapping[str, PolicyVersion]:
        """By which policy each was taken, without those that are not stored.

        The digest is that of the version as it is kept, empty where it is not; no seal is looked at.
        """
        ...

    async def current(self, content_id: str) -> Decision | None:
        """The decision that stands, if there is any. Raises SealBroken."""
        ...

    async def stand(self, decision_ids: Collection[str]) -> frozenset[str]:
        """Those of these decisions that stand, and will until this unit ends."""
        ...

    async def history(self, content_id: str) -> Sequence[Decision]:
        """All decisions on a content, the first first. Raises SealBroken."""
        ...

    async def author(self, decision_id: str) -> Author | None:
        """Whose the content is that was decided about: None: nobody's, or somebody's who was erased."""
        ...

    async def authors(self, decision_ids: Collection[str]) -> Mapping[str, Author]:
        """As `author`, of several, by decision; what is nobody's is not in it."""
        ...

    def replayable(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[Sequence[Replayable]]:
        """The service's decisions of a window [since, until), in batches, in the order in which they were taken."""
        ...


class AuditRepository(Protocol):
    """Events, appended; batches of them, sealed."""

    async def append(self, event: AuditEvent) -> int:
        """Store an event; returns its key. Raises InvalidInput, Conflict (the id is taken)."""
        ...

    async def append_many(self, events: Sequence[AuditEvent]) -> Mapping[str, int]:
        """Store events, in order; returns their keys by id. Raises as `append` does."""
        ...

    async def get(self, event_id: str) -> AuditEvent | None:
        """The event, if there is one of this id. Raises SealBroken where its kind is none."""
        ...

    async def key(self, event_id: str) -> int | None:
        """The place of an event in the chain, if there is one of this id."""
        ...

    async def horizon(self) -> int:
        """The key up to which no event will come any more; 0 where there is none. Ask in a unit that does nothing else.

        Raises Overloaded where somebody has been writing an event for longer than two seconds (PostgreSQL).
        """
        ...

    async def head(self) -> Batch | None:
        """The last batch, if there is any."""
        ...

    async def unsealed(self, after: int, upto: int, limit: int) -> Sequence[tuple[int, str]]:
        """Keys and digests of events with keys in (after, upto], in order."""
        ...

    async def add_batch(self, batch: Batch) -> bool:
        """Store the next batch; False where another process was first."""
        ...

    async def before(self, at: datetime) -> Batch | None:
        """The last batch that was sealed before an instant."""
        ...

    async def holding(self, key: int) -> Sequence[Batch]:
        """The batch that holds the event of a key, and the one before it, in order; fewer where there is none."""
        ...

    def batches(self, after: int = 0) -> AsyncIterator[Sequence[Batch]]:
        """Batches with numbers above `after`, in groups, in order."""
        ...

    def recorded(self, after: int = 0, upto: int | None = None) -> AsyncIterator[Sequence[Recorded]]:
        """Events with keys in (after, upto], with the decisions they stand for, in batches, in key order."""
        ...

    async def strays(self) -> Sequence[tuple[str, str]]:
        """The first of each kind of decision whose row does not fit the others: its id, and what is wrong."""
        ...


class PersonKeyRepository(Protocol):
    """One random key a person; erasing a person takes theirs along."""

    async def known(self, user: UserKey | None) -> bytes | None:
        """The key of a person, or None where none was ever needed; the installation's own for nobody."""
        ...

    async def of(self, user: UserKey | None) -> bytes:
        """The key of a person, made where there is none yet; the installation's own for nobody."""
        ...

    async def of_many(self, people: Collection[UserKey]) -> Mapping[UserKey, bytes]:
        """The keys of some people, made where there are none yet. Raises Conflict where there is no such person."""
        ...


class DecisionUnit(Protocol):
    """What one unit of work needs to decide."""

    @property
    def decisions(self) -> DecisionRepository: ...
    @property
    def audit(self) -> AuditRepository: ...
    @property
    def person_keys(self) -> PersonKeyRepository: ...


class DecisionStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[DecisionUnit]: ...
    def write(self) -> AbstractAsyncContextManager[DecisionUnit]: ...
