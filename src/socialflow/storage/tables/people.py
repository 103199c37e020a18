"""Users, channels and the edges between them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, false

from socialflow.storage.tables.base import Identifier, Surrogate, metadata

users = Table(
    "users",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    Column("username", Identifier, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("locale", Text),
    Column("region", Text),
    Column("birth_year", Integer),
    Column("role", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("interests", Text, nullable=False),
    Column("may_personalise", Boolean, nullable=False),
    Column("may_analyse", Boolean, nullable=False),
    Column("may_train", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
# The few who bar training are listed before every fit.
Index(
    "ix_users_untrainable", users.c.key, sqlite_where=users.c.may_train == false(), postgresql_where=~users.c.may_train
)

channels = Table(
    "channels",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("description", Text, nullable=False),
    Column("subscriber_count", BigInteger, nullable=False),
    # Indexed for erasure, which clears the owner.
    Column("owner_key", BigInteger, ForeignKey("users.key"), index=True),
    Column("categories", Text, nullable=False),
    sqlite_autoincrement=True,
)


def _edges(name: str, target: str) -> Table:
    """A table of directed edges from users; the second index answers "who points here" (blocks, erasure)."""
    return Table(
        name,
        metadata,
        Column("source_key", BigInteger, ForeignKey("users.key"), primary_key=True, autoincrement=False),
        Column(
            "target_key", BigInteger, ForeignKey(f"{target}.key"), primary_key=True, autoincrement=False, index=True
        ),
        Column("created_at", BigInteger, nullable=False),
    )


follows = _edges("follows", "users")
subscriptions = _edges("subscriptions", "channels")
blocks = _edges("blocks", "users")
user_mutes = _edges("user_mutes", "users")
channel_mutes = _edges("channel_mutes", "channels")
