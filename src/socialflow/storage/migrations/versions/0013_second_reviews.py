"""Second reviews are found without reading all the first ones: agreement is read with the metrics."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_review_verdicts_second ON review_verdicts (at) WHERE second")
