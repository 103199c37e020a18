"""Decisions, the audit chain over them, and the keys that name people in both.

A decision's `body` and an event are never changed: triggers refuse it (migration 0009). Beside the body stand columns
that are searched by; `storage.repositories.audit` compares them with it. What may change is whether the decision is the
current one, what a person said of the same content later, and the links to item and author, which go with these.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, true

from socialflow.storage.tables.base import Identifier, Surrogate, metadata

decisions = Table(
    "decisions",
    metadata,
    # That of the decision's audit event.
    Column("key", Surrogate, primary_key=True, autoincrement=False),
    Column("id", Identifier, nullable=False, unique=True),
    Column("content_id", Identifier, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    # Whole hours since 1970.
    Column("hour", BigInteger, nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("policy_scope", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("supersedes", Identifier, unique=True),
    Column("input_digest", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("is_current", Boolean, nullable=False),
    # What a person decided last on the same input, of a decision of the service.
    Column("person_status", Text),
    Column("item_key", BigInteger, ForeignKey("items.key")),
    Column("author_key", BigInteger, ForeignKey("users.key")),
)
Index(
    "uq_decisions_current",
    decisions.c.content_id,
    unique=True,
    sqlite_where=decisions.c.is_current == true(),
    postgresql_where=decisions.c.is_current,
)
for _column in (decisions.c.item_key, decisions.c.author_key):
    Index(None, _column, sqlite_where=_column.is_not(None), postgresql_where=_column.is_not(None))

audit_events = Table(
    "audit_events",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    sqlite_autoincrement=True,
)

audit_batches = Table(
    "audit_batches",
    metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("root", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("sealed_at", BigInteger, nullable=False, index=True),
    Column("hash", Text, nullable=False),
)

person_keys = Table(
    "person_keys",
    metadata,
    Column("user_key", BigInteger, ForeignKey("users.key"), primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False),
)
