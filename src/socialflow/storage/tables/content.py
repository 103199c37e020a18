"""Items, their statistics over time, and the vocabularies they are filed under."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    text,
)

from socialflow.storage.tables.base import Identifier, Surrogate, metadata

items = Table(
    "items",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("channel_key", BigInteger, ForeignKey("channels.key")),
    Column("author_key", BigInteger, ForeignKey("users.key")),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("category", Text),
    Column("topics", Text, nullable=False),
    Column("project_code", Text),
    Column("community", Text),
    Column("mood", Text),
    Column("language", Text),
    Column("duration", Double),
    Column("media_url", Text),
    Column("thumbnail_url", Text),
    Column("hidden", Boolean, nullable=False),
    Column("parent_key", BigInteger, ForeignKey("items.key", deferrable=True)),
    Column("moderation_status", Text, nullable=False),
    Column("moderation_flags", Text, nullable=False),
    Column("moderated_at", BigInteger),
    Column("is_flagged", Boolean, nullable=False),
    Column("flag_reason", Text),
    Column("is_promoted", Boolean, nullable=False),
    Column("viral_score", Double),
    Column("simulated", Boolean, nullable=False),
    Column("sentiment", Text),
    Column("sentiment_score", Double),
    # By a decision, whatever its author wants: `hidden` stays the author's own.
    Column("withheld", Boolean, nullable=False, server_default=false()),
    Column("age_restricted", Boolean, nullable=False, server_default=false()),
    Column("labels", Text, nullable=False, server_default="[]"),
    sqlite_autoincrement=True,
)
# A foreign key is not an index: without these, deleting a channel, a user or an item reads all items.
for _column in (items.c.channel_key, items.c.author_key, items.c.parent_key):
    Index(None, _column, sqlite_where=_column.is_not(None), postgresql_where=_column.is_not(None))

_PENDING = text("moderation_status = 'pending'")
Index("ix_items_pending", items.c.kind, items.c.key, sqlite_where=_PENDING, postgresql_where=_PENDING)

JUDGED = ("title", "description", "text", "tags", "media_url", "thumbnail_url")
"""Columns that moderation looks at: where they change, it looks again."""

MODERATION = (
    "moderation_status",
    "moderation_flags",
    "moderated_at",
    "is_flagged",
    "flag_reason",
    "withheld",
    "age_restricted",
    "labels",
)
"""Columns that only a decision may change once the item exists."""

item_stats = Table(
    "item_stats",
    metadata,
    Column("item_key", BigInteger, ForeignKey("items.key"), primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("views", BigInteger, nullable=False),
    Column("likes", BigInteger, nullable=False),
    Column("comments", BigInteger, nullable=False),
    Column("shares", BigInteger, nullable=False),
    Column("dislikes", BigInteger, nullable=False),
)


analyses = Table(
    "analyses",
    metadata,
    Column("item_key", BigInteger, ForeignKey("items.key"), primary_key=True, autoincrement=False),
    # Stands for the words that are there now; findings are stored only for the words they were found in.
    Column("digest", Text, nullable=False),
    # What made the findings; without it there are none, and the words wait.
    Column("made_by", Text),
    Column("analysed_at", BigInteger),
    Column("sentiment", Text),
    Column("sentiment_score", Double),
    Column("language", Text),
    Column("mood", Text),
    Column("category", Text),
    Column("tags", Text),
    Column("details", Text),
)
Index(None, analyses.c.made_by, analyses.c.item_key)


moments = Table(
    "moments",
    metadata,
    Column("item_key", BigInteger, ForeignKey("items.key"), primary_key=True, autoincrement=False),
    Column("indexed_at", BigInteger, nullable=False),
    # Phrases and, by their places, what is in each moment.
    Column("clip", Text, nullable=False),
)

moment_vectors = Table(
    "moment_vectors",
    metadata,
    Column("item_key", BigInteger, ForeignKey("items.key"), primary_key=True, autoincrement=False),
    # Stands for what made the vectors: those of two spaces do not compare.
    Column("space", Text, primary_key=True),
    # Half floats, little-endian, a row for each phrase.
    Column("vectors", LargeBinary, nullable=False),
)


def _vocabulary(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("id", Identifier, primary_key=True),
        Column("name", Text, nullable=False),
        Column("parent", Identifier, ForeignKey(f"{name}.id", deferrable=True)),
        Column("version", Integer, nullable=False),
    )


categories = _vocabulary("categories")
topics = _vocabulary("topics")
