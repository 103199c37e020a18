"""Scores that callers suggest; on items, what a decision restricts them to and labels them with."""

import json

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_IDS = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}
_HELD = {
    "sqlite": "instr(body, CAST('\"age_gate\"' AS BLOB)) > 0 OR instr(body, CAST('\"label\"' AS BLOB)) > 0",
    "postgresql": "position(convert_to('\"age_gate\"', 'UTF8') in body) > 0 "
    "OR position(convert_to('\"label\"', 'UTF8') in body) > 0",
}
_STATEMENTS = """
CREATE TABLE score_suggestions (
  id {id} NOT NULL PRIMARY KEY, at BIGINT NOT NULL, sender TEXT NOT NULL, text TEXT NOT NULL, context TEXT,
  languages TEXT NOT NULL, detected TEXT NOT NULL, community TEXT, client_token TEXT, scores TEXT NOT NULL,
  state TEXT NOT NULL, reviewer TEXT, judged_at BIGINT, note TEXT NOT NULL
);
CREATE INDEX ix_score_suggestions_state ON score_suggestions (state, id);
CREATE INDEX ix_score_suggestions_sender ON score_suggestions (sender, at);
CREATE INDEX ix_score_suggestions_reviewer ON score_suggestions (reviewer);
CREATE INDEX ix_score_suggestions_at ON score_suggestions (at);
ALTER TABLE items ADD COLUMN age_restricted BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE items ADD COLUMN labels TEXT NOT NULL DEFAULT '[]'
"""


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in _STATEMENTS.format(id=_IDS[dialect]).split(";"):
        op.execute(statement)
    _take_over(_HELD[dialect])


def _take_over(held: str) -> None:
    """Have items say what decisions that stand brought about before there was a place for it."""
    standing = f"SELECT item_key, body FROM decisions WHERE is_current AND item_key IS NOT NULL AND ({held})"  # noqa: S608
    told = [
        {"item": row.item_key, "restricted": "age_gate" in verdict["acts"], "labels": json.dumps(_labels(verdict))}
        for row in op.get_bind().execute(text(standing))
        for verdict in [json.loads(bytes(row.body))["verdict"]]
    ]
    if told:
        op.get_bind().execute(
            text("UPDATE items SET age_restricted = :restricted, labels = :labels WHERE key = :item"), told
        )


def _labels(verdict: dict[str, list[dict[str, list[str]]]]) -> list[str]:
    put_on = [label for hit in verdict["hits"] if "label" in hit["acts"] for label in hit["labels"]]
    return list(dict.fromkeys(put_on))
