"""Which policy was made the active one, by whom and why."""

import sqlalchemy as sa
from alembic import op

from serving.migrations.append_only import make_append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of activations."""
    op.create_table(
        "policy_activations",
        sa.Column("activation_id", sa.Integer, primary_key=True),
        sa.Column("activated_at", sa.DateTime, nullable=False),
        sa.Column("activated_by", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column(
            "policy_sha256", sa.String(64), sa.ForeignKey("policies.policy_sha256"), nullable=False
        ),
        sa.Column("policy_version", sa.String(128), nullable=False),
        sa.Column("previous_sha256", sa.String(64)),
        sa.Column("previous_version", sa.String(128)),
    )
    make_append_only("policy_activations")
