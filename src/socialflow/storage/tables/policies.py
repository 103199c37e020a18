"""Policies of moderation, by scope and version."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from socialflow.storage.tables.base import Identifier, metadata

policies = Table(
    "policies",
    metadata,
    Column("scope", Identifier, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("activated_at", BigInteger),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
)
for _state in ("active", "shadow"):
    Index(
        f"uq_policies_{_state}",
        policies.c.scope,
        unique=True,
        sqlite_where=policies.c.state == _state,
        postgresql_where=policies.c.state == _state,
    )

policy_shadows = Table(
    "policy_shadows",
    metadata,
    Column("scope", Identifier, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # What was decided, and what the version in the shadow said of the same.
    Column("before", Text, primary_key=True),
    Column("after", Text, primary_key=True),
    Column("decided", BigInteger, nullable=False),
    # Ids of the first contents, as JSON.
    Column("examples", Text, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
