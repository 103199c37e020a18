"""Items that wait for moderation are found without reading those that do not."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_items_pending ON items (kind, key) WHERE moderation_status = 'pending'")
