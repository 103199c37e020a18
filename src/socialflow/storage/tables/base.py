"""Column types and the one MetaData of the schema.

The tables describe what queries may say; the schema itself is made by `storage.migrations`, and a test holds the two
together. Times are BIGINT microseconds since the epoch, structured values are JSON text (text on both engines, so that
escaped NUL characters and key order survive).
"""

from sqlalchemy import REAL, BigInteger, Integer, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

Surrogate = BigInteger().with_variant(Integer(), "sqlite")
"""An integer key. SQLite numbers rows by itself only where the type is spelt INTEGER."""

Identifier = Text().with_variant(Text(collation="C"), "postgresql")
"""External text compared byte by byte, so that both engines sort alike and locale upgrades cannot break an index."""

Single: REAL[float] = REAL()
"""A 32-bit float on PostgreSQL (SQLite keeps 64 bits)."""
