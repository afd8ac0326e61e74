"""What the service needs: names, exposures, bundles, the current grade, keys and people."""

import sqlalchemy as sa
from alembic import op

from serving.migrations.append_only import make_append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables, and point at each customer's current grade."""
    _grades()
    _credentials()


def _grades() -> None:
    # older grades know neither: they show the id alone, and no exposure
    op.add_column("grades", sa.Column("name", sa.Text))
    op.add_column("grades", sa.Column("exposure_minor", sa.BigInteger))
    op.add_column("grades", sa.Column("currency", sa.String(3)))
    op.add_column("grades", sa.Column("horizon_days", sa.Integer))
    op.create_table(
        "bundles",
        sa.Column("model_version", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    for table in ("policies", "bundles"):
        make_append_only(table)
    op.create_table(
        "current_grades",
        sa.Column("customer_id", sa.String(128), primary_key=True),
        sa.Column("grade_id", sa.Integer, sa.ForeignKey("grades.grade_id"), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
    )
    op.execute(
        "INSERT INTO current_grades (customer_id, grade_id, as_of) "
        "SELECT customer_id, grade_id, as_of FROM (SELECT customer_id, grade_id, as_of, "
        "row_number() OVER (PARTITION BY customer_id ORDER BY as_of DESC, grade_id DESC) AS place "
        "FROM grades) AS ranked WHERE place = 1"
    )


def _credentials() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("key_sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_table(
        "people",
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("disabled_at", sa.DateTime),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("login", sa.String(64), sa.ForeignKey("people.login"), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
