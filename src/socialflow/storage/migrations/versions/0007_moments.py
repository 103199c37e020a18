"""Moments of videos, which are found by words."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}
_STATEMENTS = """
CREATE TABLE moments (
  item_key BIGINT NOT NULL PRIMARY KEY REFERENCES items (key), indexed_at BIGINT NOT NULL, clip TEXT NOT NULL
);
CREATE TABLE moment_vectors (
  item_key BIGINT NOT NULL REFERENCES items (key), space TEXT NOT NULL, vectors {bytes} NOT NULL,
  PRIMARY KEY (item_key, space)
)
"""


def upgrade() -> None:
    for statement in _STATEMENTS.format(bytes=_BYTES[op.get_bind().dialect.name]).split(";"):
        op.execute(statement)
