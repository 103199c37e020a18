"""The queue of reviewers, what they said, appeals, and strikes."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, SmallInteger, Table, Text, text

from socialflow.storage.tables.base import Identifier, Surrogate, metadata

review_items = Table(
    "review_items",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    # What asks the same question of people has the same root; nobody answers one twice.
    Column("root", Identifier, nullable=False),
    Column("decision_id", Identifier, nullable=False),
    Column("content_id", Identifier, nullable=False),
    Column("kind", Text, nullable=False),
    Column("language", Text),
    Column("scope", Identifier, nullable=False),
    Column("queue", Identifier, nullable=False),
    Column("severity", Double, nullable=False),
    Column("reach", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # The place in the queue, the least first: `moderation.review.priority.due`.
    Column("due", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("lease_token", Text),
    Column("lease_reviewer", Text),
    # 0 where nobody holds it, so that one comparison finds what may be claimed.
    Column("lease_until", BigInteger, nullable=False),
    Column("second_of", Identifier),
    Column("golden", Identifier),
    Column("appeal", Identifier),
    Column("done_at", BigInteger),
    sqlite_autoincrement=True,
)
_UNFINISHED = text("state <> 'done'")
_APPEALS = text("state <> 'done' AND appeal IS NOT NULL")
_FIRST = text("second_of IS NULL AND golden IS NULL AND appeal IS NULL")
Index(
    "ix_review_items_waiting",
    review_items.c.level,
    review_items.c.due,
    review_items.c.key,
    sqlite_where=_UNFINISHED,
    postgresql_where=_UNFINISHED,
)
Index(
    "ix_review_items_queue",
    review_items.c.queue,
    review_items.c.level,
    review_items.c.due,
    review_items.c.key,
    sqlite_where=_UNFINISHED,
    postgresql_where=_UNFINISHED,
)
Index(
    "ix_review_items_language",
    review_items.c.language,
    review_items.c.level,
    review_items.c.due,
    review_items.c.key,
    sqlite_where=_UNFINISHED,
    postgresql_where=_UNFINISHED,
)
# Appeals are few among all that waits: without this, looking for one reads the whole queue.
Index(
    "ix_review_items_appeals",
    review_items.c.level,
    review_items.c.due,
    review_items.c.key,
    sqlite_where=_APPEALS,
    postgresql_where=_APPEALS,
)
Index(
    "ix_review_items_held",
    review_items.c.lease_reviewer,
    sqlite_where=_UNFINISHED,
    postgresql_where=_UNFINISHED,
)
Index("uq_review_items_first", review_items.c.decision_id, unique=True, sqlite_where=_FIRST, postgresql_where=_FIRST)
Index("ix_review_items_content_id", review_items.c.content_id)

review_verdicts = Table(
    "review_verdicts",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("item_id", Identifier, nullable=False),
    Column("root", Identifier, nullable=False),
    Column("scope", Identifier, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("acts", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("second", Boolean, nullable=False),
    # The right answer, where it was known.
    Column("expected", Text),
    # The decision that came of it.
    Column("decision_id", Identifier),
    Column("appeal", Identifier),
    sqlite_autoincrement=True,
)
Index("ix_review_verdicts_root_reviewer", review_verdicts.c.root, review_verdicts.c.reviewer)
Index("ix_review_verdicts_scope", review_verdicts.c.scope, review_verdicts.c.at)
Index("ix_review_verdicts_decision_id", review_verdicts.c.decision_id)
_SECOND = text("second")
Index("ix_review_verdicts_second", review_verdicts.c.at, sqlite_where=_SECOND, postgresql_where=_SECOND)

review_notes = Table(
    "review_notes",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("item_id", Identifier, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_review_notes_item_id", review_notes.c.item_id, review_notes.c.reviewer)

golden_items = Table(
    "golden_items",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("decision_id", Identifier, nullable=False),
    Column("content_id", Identifier, nullable=False),
    Column("kind", Text, nullable=False),
    Column("scope", Identifier, nullable=False),
    Column("language", Text),
    Column("expected", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("retired", Boolean, nullable=False),
)
Index("ix_golden_items_scope", golden_items.c.scope)

appeals = Table(
    "appeals",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("decision_id", Identifier, nullable=False, unique=True),
    Column("content_id", Identifier, nullable=False),
    Column("author_key", BigInteger, ForeignKey("users.key")),
    Column("scope", Identifier, nullable=False),
    Column("version", Integer, nullable=False),
    Column("rules", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("outcome", Text),
    Column("judged_at", BigInteger),
    Column("decision_after", Identifier),
)
Index("ix_appeals_author_key", appeals.c.author_key)
Index("ix_appeals_scope", appeals.c.scope, appeals.c.version)

strikes = Table(
    "strikes",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("author_key", BigInteger, ForeignKey("users.key"), nullable=False),
    Column("decision_id", Identifier, nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("weight", Double, nullable=False),
    # Microseconds.
    Column("half_life", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("taken_back_at", BigInteger),
)
Index("ix_strikes_author_key", strikes.c.author_key)

reviewer_settings = Table(
    "reviewer_settings",
    metadata,
    Column("reviewer", Text, primary_key=True),
    Column("blur", Boolean, nullable=False),
    Column("grey", Boolean, nullable=False),
    Column("mute", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
