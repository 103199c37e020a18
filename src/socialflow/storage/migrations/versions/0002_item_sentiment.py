"""Keep the sentiment of an item beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("sentiment", sa.Text))
    op.add_column("items", sa.Column("sentiment_score", sa.Double))
