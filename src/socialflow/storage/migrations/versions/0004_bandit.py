"""What the bandit believes, and the choices and rewards it learns from."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DOUBLE = {"sqlite": "DOUBLE", "postgresql": "DOUBLE PRECISION"}
_STATEMENTS = """
CREATE TABLE bandit (id INTEGER NOT NULL PRIMARY KEY, revision BIGINT NOT NULL, state TEXT NOT NULL);
INSERT INTO bandit (id, revision, state) VALUES (1, 0, '{{}}');
CREATE TABLE bandit_people (
  user_key BIGINT NOT NULL PRIMARY KEY REFERENCES users (key), state TEXT NOT NULL
);
ALTER TABLE impressions ADD COLUMN arm TEXT;
ALTER TABLE impressions ADD COLUMN propensities TEXT;
ALTER TABLE impressions ADD COLUMN rewarded_until BIGINT;
ALTER TABLE impressions ADD COLUMN reward {double};
CREATE INDEX ix_impressions_rewarded_until ON impressions (rewarded_until) WHERE rewarded_until IS NOT NULL
"""


def upgrade() -> None:
    for statement in _STATEMENTS.format(double=_DOUBLE[op.get_bind().dialect.name]).split(";"):
        op.execute(statement)
