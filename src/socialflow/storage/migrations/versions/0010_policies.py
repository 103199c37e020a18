"""Policies of moderation: versions of a scope, one active and one in the shadow at most, and what shadows said."""

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
CREATE TABLE policy_shadows (
  scope {identifier} NOT NULL, version INTEGER NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
  decided BIGINT NOT NULL, examples TEXT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL,
  PRIMARY KEY (scope, version, before, after)
);
CREATE UNIQUE INDEX uq_policies_active ON policies (scope) WHERE state = 'active';
CREATE UNIQUE INDEX uq_policies_shadow ON policies (scope) WHERE state = 'shadow'
"""


def upgrade() -> None:
    for statement in _STATEMENTS.format(identifier=_IDENTIFIER[op.get_bind().dialect.name]).split(";"):
        op.execute(statement)
