"""Which bundle was made champion, by whom, why, and what it passed."""

import sqlalchemy as sa
from alembic import op

from serving.migrations.append_only import make_append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of promotions."""
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.Integer, primary_key=True),
        sa.Column("promoted_at", sa.DateTime, nullable=False),
        sa.Column("promoted_by", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("previous_version", sa.String(64)),
        sa.Column("gates", sa.Text, nullable=False),
    )
    make_append_only("promotions")
