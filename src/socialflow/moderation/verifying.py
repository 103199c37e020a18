"""Recomputing what was sealed: decisions, events, batches, and the chain over all. Pure; fed in key order.

Each thing is compared with the next: a decision's body with its seal and the columns beside it, the seal with what its
audit event says, the event with its own digest, the events with the root of their batch, the batch with its hash, the
hash with the next batch, and any batch with a head that somebody kept elsewhere.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from socialflow.moderation.audit import (
    DECIDING,
    GENESIS,
    Batch,
    Head,
    batch_hash,
    event_digest,
    leaf,
    merkle_root,
)
from socialflow.moderation.sealing import digest_of, pseudonym

_HOUR = 3_600_000_000


class Recorded(NamedTuple):
    """A row of the audit log with the decision it stands for, all None where there is none."""

    key: int
    id: str
    at: int
    kind: str
    actor: str
    subject: str
    body: bytes
    digest: str
    decision_id: str | None
    content_id: str | None
    content_kind: str | None
    decided_at: int | None
    hour: int | None
    status: str | None
    policy_scope: str | None
    policy_version: int | None
    decided_by: str | None
    supersedes: str | None
    input_digest: str | None
    seal: str | None
    sealed: bytes | None
    author_key: int | None
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was sealed: in which table, in which row (its id, or number), in which part."""

    table: str
    row: str
    part: str
    problem: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was recomputed, and the first thing that is wrong. `unsealed` events wait for their batch."""

    events: int
    decisions: int
    batches: int
    unsealed: int
    head: Head | None
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        """Whether everything is as it was sealed."""
        return self.fault is None


class Broken(Exception):
    """Carries the first fault out of a check."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.problem)
        self.fault = fault


class ChainCheck:
    """Goes through the chain from after a batch that is taken on trust (None: from the beginning).

    Give it batches (`expect`), then all events of these (`take`), and so on; `finish` at the end. Each raises Broken at
    the first thing that is wrong.
    """

    def __init__(self, previous: Batch | None = None, kept: Iterable[Head] = ()) -> None:
        self.events = self.decisions = self.batches = self.unsealed = 0
        self._previous = previous
        self._waiting: deque[Batch] = deque()
        self._leaves: list[bytes] = []
        self._kept = {head.number: head.hash for head in kept}
        self._found = 0 if previous is None else previous.number
        self._names: dict[int, str] = {}

    def expect(self, batches: Sequence[Batch]) -> None:
        """Batches, in order, whose events come next."""
        for batch in batches:
            check_batch(batch, self._previous)
            kept = self._kept.get(batch.number)
            if kept is not None and kept != batch.hash:
                raise Broken(Fault("audit_batches", str(batch.number), "hash", "a head that was kept has another hash"))
            self._waiting.append(batch)
            self._previous = batch
            self._found = batch.number

    def take(self, rows: Sequence[Recorded]) -> None:
        """Events, in key order."""
        for row in rows:
            check_row(row, self._names)
            if row.key < 1:
                raise Broken(Fault("audit_events", row.id, "key", "no event of ours has a key below 1"))
            self._close_before(row.key)
            if self._waiting and row.key < self._waiting[0].first:
                raise Broken(Fault("audit_events", row.id, "place", "it lies between two batches"))
            self.events += 1
            self.decisions += row.decision_id is not None
            if not self._waiting:
                self.unsealed += 1
                continue
            self._leaves.append(leaf(row.key, row.digest))
            self._close_before(row.key + 1)

    def finish(self, strays: Sequence[tuple[str, str]] = ()) -> None:
        """The end: every batch had its events, every kept head was found, no decision is without an event."""
        while self._waiting:
            self._close()
        beyond = [number for number in self._kept if number > self._found]
        if beyond:
            problem = f"the chain ends with batch {self._found}, and a head of batch {min(beyond)} was kept"
            raise Broken(Fault("audit_batches", str(min(beyond)), "missing", problem))
        for decision_id, problem in strays:
            raise Broken(Fault("decisions", decision_id, "links", problem))

    def report(self, fault: Fault | None = None) -> Report:
        """How far it came."""
        last = self._previous
        head = None if last is None else Head(last.number, last.hash)
        return Report(self.events, self.decisions, self.batches, self.unsealed, head, fault)

    def _close_before(self, key: int) -> None:
        while self._waiting and self._waiting[0].last < key:
            self._close()

    def _close(self) -> None:
        batch = self._waiting.popleft()
        check_events(batch, self._leaves)
        self._leaves = []
        self.batches += 1


def check_batch(batch: Batch, previous: Batch | None) -> None:
    """A batch against its own hash and the one before. Raises Broken."""

    def wrong(part: str, problem: str) -> Broken:
        return Broken(Fault("audit_batches", str(batch.number), part, problem))

    number, before, last = (0, GENESIS, 0) if previous is None else (previous.number, previous.hash, previous.last)
    if batch.number != number + 1:
        raise Broken(Fault("audit_batches", str(number + 1), "missing", "the batch is not there"))
    if batch_hash(batch) != batch.hash:
        raise wrong("hash", "the batch is not what its hash is of")
    if batch.previous != before:
        raise wrong("previous", "it does not go on from the batch before it")
    if not last < batch.first <= batch.last:
        raise wrong("events", "its events are not behind those of the batch before it")


def check_events(batch: Batch, leaves: Sequence[bytes]) -> None:
    """The leaves of a batch's events against its count and root. Raises Broken."""
    if len(leaves) == batch.count and merkle_root(leaves) == batch.root:
        return
    problem = (
        f"{len(leaves)} events where {batch.count} were sealed" if len(leaves) != batch.count else "not its events"
    )
    where = f"events with keys {batch.first} to {batch.last}"
    raise Broken(Fault("audit_events", f"batch {batch.number}", "batch", f"{problem}: {where} changed, moved or went"))


def check_row(row: Recorded, names: dict[int, str] | None = None) -> None:
    """An event against its digest, and the decision it stands for. Raises Broken.

    `names` remembers pseudonyms by author key from row to row.
    """
    if event_digest(row.id, row.at, row.kind, row.actor, subject=row.subject, body=row.body) != row.digest:
        raise Broken(Fault("audit_events", row.id, "digest", "the event is not what its digest is of"))
    if row.kind not in DECIDING:
        if row.decision_id is not None:
            raise Broken(Fault("decisions", row.decision_id, "key", "its audit event is of another kind"))
        return
    if row.sealed is None:
        raise Broken(Fault("decisions", row.id, "missing", "the decision of an audit event is not there"))
    if row.decision_id != row.id:
        raise Broken(Fault("decisions", str(row.decision_id), "key", "its audit event is that of another decision"))
    if digest_of(row.sealed) != row.seal:
        raise Broken(Fault("decisions", row.id, "body", "the decision is not what its seal is of"))
    if _json(row.body, row.id).get("seal") != row.seal:
        raise Broken(Fault("decisions", row.id, "seal", "its audit event holds another seal"))
    _check_columns(row, {} if names is None else names)


def _check_columns(row: Recorded, names: dict[int, str]) -> None:
    data = _json(row.sealed or b"", row.id)
    expected = {
        "id": (row.decision_id, data["id"]),
        "content_id": (row.content_id, data["content_id"]),
        "kind": (row.content_kind, data["facts"]["kind"]),
        "at": (row.decided_at, data["at"]),
        "hour": (row.hour, data["at"] // _HOUR),
        "status": (row.status, data["verdict"]["status"]),
        "policy_scope": (row.policy_scope, data["policy"]["scope"]),
        "policy_version": (row.policy_version, data["policy"]["version"]),
        "actor": (row.decided_by, data["actor"]["kind"]),
        "supersedes": (row.supersedes, data["supersedes"]),
        "input_digest": (row.input_digest, data["input_digest"]),
    }
    for name, (stored, sealed) in expected.items():
        if stored != sealed:
            raise Broken(Fault("decisions", row.id, name, f"the column {name} is not what was sealed"))
    if row.author_key is None:
        return
    if row.author_key not in names and row.secret is not None:
        names[row.author_key] = pseudonym(row.secret)
    if names.get(row.author_key) != data["author"]:
        raise Broken(Fault("decisions", row.id, "author_key", "it leads to a person who is not the sealed author"))


def _json(body: bytes, row: str) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Broken(Fault("decisions", row, "body", f"it is not JSON: {error}")) from error
    if not isinstance(data, dict):
        raise Broken(Fault("decisions", row, "body", "it is not an object"))
    return data
