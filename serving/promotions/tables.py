"""The table of promotions: which bundle was made the one that grades, by whom and why."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, String, Table, Text

from serving.database import METADATA
from serving.policies.tables import LONGEST_NAME

PROMOTIONS = Table(
    "promotions",
    METADATA,
    Column("promotion_id", Integer, primary_key=True),
    Column("promoted_at", DateTime, nullable=False),
    Column("promoted_by", String(LONGEST_NAME), nullable=False),
    Column("reason", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("version", String(64), nullable=False),
    Column("previous_version", String(64)),
    Column("gates", Text, nullable=False),
)
