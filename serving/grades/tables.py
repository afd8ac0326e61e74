"""The tables of grades: what gave them, the grades themselves, and which one is current."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from serving.database import METADATA

GRADES = Table(
    "grades",
    METADATA,
    Column("grade_id", Integer, primary_key=True),
    Column("customer_id", String(128), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("policy_version", String(128), nullable=False),
    Column("policy_sha256", String(64), nullable=False),
    Column("ledger_fingerprint", String(64), nullable=False),
    Column("grade", String(1), nullable=False),
    Column("notch", String(2), nullable=False),
    Column("score", Float, nullable=False),
    Column("default_probability", Float, nullable=False),
    Column("grade_before_override", String(1), nullable=False),
    Column("prior_grade", String(1)),
    Column("document", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored_at", DateTime, nullable=False),
    Column("name", Text),
    Column("exposure_minor", BigInteger),
    Column("currency", String(3)),
    Column("horizon_days", Integer),
    UniqueConstraint("customer_id", "as_of", "model_version", "policy_sha256"),
)
POLICIES = Table(
    "policies",
    METADATA,
    Column("policy_sha256", String(64), primary_key=True),
    Column("policy_version", String(128), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
BUNDLES = Table(
    "bundles",
    METADATA,
    Column("model_version", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
CURRENT = Table(
    "current_grades",
    METADATA,
    Column("customer_id", String(128), primary_key=True),
    Column("grade_id", Integer, ForeignKey("grades.grade_id"), nullable=False),
    Column("as_of", Date, nullable=False),
)
