"""Scores that callers say a comment should have."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from socialflow.storage.tables.base import Identifier, metadata

score_suggestions = Table(
    "score_suggestions",
    metadata,
    # Ordered by time, so that the newest are the greatest.
    Column("id", Identifier, primary_key=True),
    Column("at", BigInteger, nullable=False),
    # A pseudonym.
    Column("sender", Text, nullable=False),
    Column("text", Text, nullable=False),
    # JSON, as it was sent.
    Column("context", Text),
    Column("languages", Text, nullable=False),
    Column("detected", Text, nullable=False),
    Column("community", Text),
    Column("client_token", Text),
    Column("scores", Text, nullable=False),
    Column("state", Text, nullable=False),
    # A pseudonym.
    Column("reviewer", Text),
    Column("judged_at", BigInteger),
    Column("note", Text, nullable=False),
)
Index("ix_score_suggestions_state", score_suggestions.c.state, score_suggestions.c.id)
Index("ix_score_suggestions_sender", score_suggestions.c.sender, score_suggestions.c.at)
Index("ix_score_suggestions_reviewer", score_suggestions.c.reviewer)
Index("ix_score_suggestions_at", score_suggestions.c.at)
