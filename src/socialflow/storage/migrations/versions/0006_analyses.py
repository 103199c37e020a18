"""What analysis finds in the words of items."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_DOUBLE = {"sqlite": "DOUBLE", "postgresql": "DOUBLE PRECISION"}
_STATEMENTS = """
CREATE TABLE analyses (
  item_key BIGINT NOT NULL PRIMARY KEY REFERENCES items (key), digest TEXT NOT NULL, made_by TEXT, analysed_at BIGINT,
  sentiment TEXT, sentiment_score {double}, language TEXT, mood TEXT, category TEXT, tags TEXT, details TEXT
);
CREATE INDEX ix_analyses_made_by_item_key ON analyses (made_by, item_key);
INSERT INTO analyses (item_key, digest)
  SELECT key, '' FROM items WHERE title <> '' OR description <> '' OR text <> ''
"""


def upgrade() -> None:
    for statement in _STATEMENTS.format(double=_DOUBLE[op.get_bind().dialect.name]).split(";"):
        op.execute(statement)
