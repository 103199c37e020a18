"""Hash banks: banks, entries, how often they matched, and what is said of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from socialflow.storage.tables.base import Identifier, Surrogate, metadata

hash_watermark = Table(
    "hash_watermark",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # Grows with every change of the banks. Who changes them changes this row first, so that changes follow each other
    # and a version, once seen, has no rows that come later.
    Column("version", BigInteger, nullable=False),
)

hash_banks = Table(
    "hash_banks",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("thresholds", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("held_at", BigInteger),
    Column("released_at", BigInteger),
    Column("accepted", Double, nullable=False),
    sqlite_autoincrement=True,
)

hash_entries = Table(
    "hash_entries",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("bank_key", BigInteger, ForeignKey("hash_banks.key"), nullable=False),
    Column("kind", SmallInteger, nullable=False),  # of the bank, by which readers take their part
    Column("digest", LargeBinary, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    Column("payload", LargeBinary),
    Column("label", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("span_start", Double),
    Column("span_end", Double),
    Column("state", SmallInteger, nullable=False),
    Column("held_at", BigInteger),
    Column("released_at", BigInteger),
    Column("accepted", Double, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),  # the version of the watermark that the last change made
    sqlite_autoincrement=True,
)
# A print is stored once a bank.
Index("uq_hash_entries_bank_key_digest", hash_entries.c.bank_key, hash_entries.c.digest, unique=True)
# What changed since a version.
Index("ix_hash_entries_kind_changed_key", hash_entries.c.kind, hash_entries.c.changed, hash_entries.c.key)
Index("ix_hash_entries_bank_key_state_key", hash_entries.c.bank_key, hash_entries.c.state, hash_entries.c.key)
Index(
    "ix_hash_entries_held_at",
    hash_entries.c.held_at,
    sqlite_where=hash_entries.c.held_at.is_not(None),
    postgresql_where=hash_entries.c.held_at.is_not(None),
)

hash_hits = Table(
    "hash_hits",
    metadata,
    Column("entry_key", BigInteger, ForeignKey("hash_entries.key"), primary_key=True, autoincrement=False),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),  # hours since the epoch
    Column("bank_key", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
)
Index("ix_hash_hits_bank_key_hour", hash_hits.c.bank_key, hash_hits.c.hour)

hash_opinions = Table(
    "hash_opinions",
    metadata,
    Column("entry_key", BigInteger, ForeignKey("hash_entries.key"), primary_key=True, autoincrement=False),
    # Whose: a digest under the installation's key, by which an opinion is replaced and a person forgotten.
    Column("who", LargeBinary, primary_key=True),
    Column("view", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

content_prints = Table(
    "content_prints",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("item_key", BigInteger, ForeignKey("items.key"), nullable=False, index=True),
    Column("number", SmallInteger, nullable=False),  # which picture of the item
    Column("digest", LargeBinary, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    sqlite_autoincrement=True,
)

content_films = Table(
    "content_films",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("item_key", BigInteger, ForeignKey("items.key"), nullable=False, index=True),
    Column("print", LargeBinary, nullable=False),  # VideoFingerprint.to_bytes
    sqlite_autoincrement=True,
)

content_matches = Table(
    "content_matches",
    metadata,
    Column("item_key", BigInteger, ForeignKey("items.key"), primary_key=True, autoincrement=False),
    Column("entry_key", BigInteger, ForeignKey("hash_entries.key"), primary_key=True, autoincrement=False),
    Column("value", Double, nullable=False),
    # Whether it counted when the item was judged.
    Column("acted", Boolean, nullable=False),
    # Whether it acted when it was last looked at whether people must look.
    Column("considered", Boolean, nullable=False),
)
Index("ix_content_matches_entry_key", content_matches.c.entry_key, content_matches.c.item_key)
