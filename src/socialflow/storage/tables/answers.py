"""What was answered and by which rules: impressions, value models and rules of the feed."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, Table, Text, true

from socialflow.storage.tables.base import Identifier, metadata

impressions = Table(
    "impressions",
    metadata,
    Column("request_id", Identifier, primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("page_size", Integer, nullable=False),
    Column("user_key", BigInteger, ForeignKey("users.key")),
    Column("surface", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("query_digest", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("body", Text, nullable=False),
    # Where a bandit chose the algorithm: which one, with what probability each (JSON), and what it earned.
    Column("arm", Text),
    Column("propensities", Text),
    Column("rewarded_until", BigInteger),
    Column("reward", Double),
)
# A user's latest answers, and erasure.
Index("ix_impressions_user_key_at", impressions.c.user_key, impressions.c.at)
# Choices whose reward was not learnt from.
Index(
    "ix_impressions_rewarded_until",
    impressions.c.rewarded_until,
    sqlite_where=impressions.c.rewarded_until.is_not(None),
    postgresql_where=impressions.c.rewarded_until.is_not(None),
)


def _versioned(name: str, content: str) -> Table:
    """Versions of a piece of data, of which at most one is active, whoever races."""
    table = Table(
        name,
        metadata,
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column(content, Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("note", Text, nullable=False),
        Column("active", Boolean, nullable=False),
    )
    Index(
        f"uq_{name}_active",
        table.c.active,
        unique=True,
        sqlite_where=table.c.active == true(),
        postgresql_where=table.c.active,
    )
    return table


value_models = _versioned("value_models", "weights")
feed_rules = _versioned("feed_rules", "rules")
