"""The audit chain: events, each with a digest, in batches, each sealed over the one before it.

The leaf of an event is the SHA-256 of a zero byte, its key (8 bytes, big-endian) and its digest; the leaves of a batch
make a Merkle tree as in RFC 6962, section 2.1. A batch's hash is over its number, the keys of its first and last event,
their count, the root, the hash of the batch before and the time. Whoever has kept one hash can tell whether anything
before it was changed, left out, put in or moved.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from socialflow.kit.clock import to_micros
from socialflow.kit.identifiers import time_ordered_id
from socialflow.moderation.records import ActorKind, Decision
from socialflow.moderation.sealing import canonical, digest_of

BATCH_EVENTS = 4096
"""Events of a batch, at most."""
GENESIS = "0" * 64
"""In place of the hash of a batch before the first."""


class AuditKind(StrEnum):
    """What happened."""

    DECISION = "decision"
    """The service decided."""
    VERDICT = "verdict"
    """A person decided."""
    POLICY = "policy"
    BANK = "bank"
    REVIEW = "review"
    APPEAL = "appeal"
    STRIKE = "strike"
    ADMIN = "admin"


DECIDING = frozenset({AuditKind.DECISION, AuditKind.VERDICT})
"""Kinds whose event stands for a stored decision, under the same id and key."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act. `digest` (SHA-256, hexadecimal) is over everything but `key`, the body by its own digest.

    `actor` is who acted (a pseudonym where it is a person), `subject` whom it concerns: a digest by that person's own
    key, empty where it concerns nobody. `body`, canonical JSON, holds nothing of a person but such digests. `key`, the
    place in the chain, is 0 until stored.
    """

    id: str
    at: datetime
    kind: AuditKind
    actor: str
    subject: str
    body: bytes
    digest: str = ""
    key: int = 0


def event(
    kind: AuditKind, at: datetime, actor: str, body: object, *, subject: str = "", event_id: str | None = None
) -> AuditEvent:
    """A new event with its digest. Raises InvalidInput where the body cannot be written as JSON."""
    made = AuditEvent(event_id or time_ordered_id(at), at, kind, actor, subject, canonical(body))
    return replace(made, digest=event_digest(made.id, to_micros(at), kind, actor, subject=subject, body=made.body))


def event_of(decision: Decision) -> AuditEvent:
    """The event of a sealed decision: it has the decision's id, and its seal for a body."""
    kind = AuditKind.VERDICT if decision.actor.kind is ActorKind.PERSON else AuditKind.DECISION
    body = {"seal": decision.seal}
    return event(kind, decision.at, decision.actor.name, body, subject=decision.author, event_id=decision.id)


def event_digest(event_id: str, at: int, kind: str, actor: str, *, subject: str, body: bytes) -> str:
    """Of an event's parts; `at` in microseconds since 1970."""
    parts = {"id": event_id, "at": at, "kind": kind, "actor": actor, "subject": subject, "body": digest_of(body)}
    return digest_of(canonical(parts))


@dataclass(frozen=True, slots=True)
class Batch:
    """A sealed batch: events from key `first` to key `last`, `count` of them; digests are hexadecimal SHA-256."""

    number: int
    """From 1, without a gap."""
    first: int
    last: int
    count: int
    root: str
    previous: str
    sealed_at: datetime
    hash: str


class Head(NamedTuple):
    """The end of the chain at some time: what an outsider keeps."""

    number: int
    hash: str


def sealed(previous: Batch | None, events: Sequence[tuple[int, str]], at: datetime) -> Batch:
    """The batch of these events (key and digest, in key order, at least one), which goes on from `previous`."""
    number, before = (1, GENESIS) if previous is None else (previous.number + 1, previous.hash)
    first, last = events[0][0], events[-1][0]
    batch = Batch(number, first, last, len(events), merkle_root(leaf(*one) for one in events), before, at, "")
    return replace(batch, hash=batch_hash(batch))


def batch_hash(batch: Batch) -> str:
    """Of everything in a batch but the hash."""
    parts = {name: getattr(batch, name) for name in ("number", "first", "last", "count", "root", "previous")}
    return digest_of(canonical({**parts, "sealed_at": to_micros(batch.sealed_at)}))


def leaf(key: int, digest: str) -> bytes:
    """Of an event in the tree (32 bytes)."""
    return hashlib.sha256(b"\0" + key.to_bytes(8, "big") + bytes.fromhex(digest)).digest()


def merkle_root(leaves: Iterable[bytes]) -> str:
    """The root over leaves, hexadecimal; an odd one out goes up unpaired (RFC 6962's tree, level by level).

    >>> merkle_root([]) == digest_of(b"")
    True
    """
    level = list(leaves)
    if not level:
        return digest_of(b"")
    while len(level) > 1:
        pairs = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[-1:] if len(level) % 2 else pairs
    return level[0].hex()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
