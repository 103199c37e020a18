"""Versions of the rules of the feed."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS = """
CREATE TABLE feed_rules (
  version INTEGER NOT NULL PRIMARY KEY, rules TEXT NOT NULL, created_at BIGINT NOT NULL, note TEXT NOT NULL,
  active BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX uq_feed_rules_active ON feed_rules (active) WHERE active;
INSERT INTO feed_rules (version, rules, created_at, note, active) VALUES (1, '[]', 1767225600000000, 'no rules', TRUE)
"""  # written 2026-01-01T00:00:00Z


def upgrade() -> None:
    for statement in _STATEMENTS.split(";"):
        op.execute(statement)
