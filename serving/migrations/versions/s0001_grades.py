"""Grades and the policies that gave them."""

import sqlalchemy as sa
from alembic import op

from serving.migrations.append_only import make_append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of stored grades."""
    op.create_table(
        "grades",
        sa.Column("grade_id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.String(128), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("policy_version", sa.String(128), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.Column("ledger_fingerprint", sa.String(64), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("notch", sa.String(2), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("default_probability", sa.Float, nullable=False),
        sa.Column("grade_before_override", sa.String(1), nullable=False),
        sa.Column("prior_grade", sa.String(1)),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("stored_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("customer_id", "as_of", "model_version", "policy_sha256"),
    )
    op.create_table(
        "policies",
        sa.Column("policy_sha256", sa.String(64), primary_key=True),
        sa.Column("policy_version", sa.String(128), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    make_append_only("grades")
