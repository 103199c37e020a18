"""Keys of services, the installation's own secret, and the memory of erasures."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from socialflow.storage.tables.base import Identifier, Surrogate, metadata

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # Keys the digests of erased names, so that they mean nothing outside this installation.
    Column("secret", LargeBinary, nullable=False),
    # Since when no job is started; null: jobs run.
    Column("held_at", BigInteger),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("rate_limit", Integer),
    Column("revoked_at", BigInteger),
    sqlite_autoincrement=True,
)

erasures = Table(
    "erasures",
    metadata,
    Column("receipt_id", Identifier, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
)

closed_names = Table(
    "closed_names",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)
