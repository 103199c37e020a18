"""The interaction log, its idempotency ledger and the change list.

On PostgreSQL `interactions` is partitioned by month of `at` (with a default partition for old dates) and, like
`changes`, carries `txid`, the id of the transaction that wrote the row: readers tail the tables by snapshot, not by
row id, because ids are drawn before their transactions commit (see `repositories.log_postgres`). `txid` is filled by
the database and left out here, because SQLite needs none.

`interactions` has no foreign keys: every writer locks the rows of the users and items it names (one set query in place
of two lookups a row), and `maintenance.check` counts orphans.
"""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table, Text

from socialflow.storage.tables.base import Single, Surrogate, metadata

interactions = Table(
    "interactions",
    metadata,
    Column("id", Surrogate, primary_key=True, autoincrement=True),
    Column("user_key", BigInteger, nullable=False, index=True),  # one user's rows: erasure
    Column("item_key", BigInteger, nullable=False, index=True),  # one item's rows: deletion
    Column("type", SmallInteger, nullable=False),
    Column("value", Single, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("surface", Text),
    Column("device", Text),
    Column("position", BigInteger),
    Column("request_id", Text),
    sqlite_autoincrement=True,
)

interaction_keys = Table(
    "interaction_keys",
    metadata,
    # BLAKE2b-128 of (user key, client's id): a unique index over a partitioned table would have to hold `at` too, and
    # so would let the same id in twice.
    Column("key", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

changes = Table(
    "changes",
    metadata,
    Column("id", Surrogate, primary_key=True, autoincrement=True),
    Column("kind", SmallInteger, nullable=False),
    Column("key", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
