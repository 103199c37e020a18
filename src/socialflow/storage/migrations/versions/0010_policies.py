"""Policies of moderation: versions of a scope, of which at most one is active and one in the shadow."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_IDENTIFIER = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}
_STATEMENTS = """
CREATE TABLE policies (
  scope {identifier} NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL,
  created_at BIGINT NOT NULL, activated_at BIGINT, author TEXT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (scope, version)
);
CREATE UNIQUE INDEX uq_policies_active ON policies (scope) WHERE state = 'active';
CREATE UNIQUE INDEX uq_policies_shadow ON policies (scope) WHERE state = 'shadow'
"""


def upgrade() -> None:
    for statement in _STATEMENTS.format(identifier=_IDENTIFIER[op.get_bind().dialect.name]).split(";"):
        op.execute(statement)
