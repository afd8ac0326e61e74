"""The table of activations: which policy was made the active one, by whom and why."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Integer, String, Table, Text

from serving.database import METADATA
from serving.grades.tables import POLICIES

LONGEST_NAME = 128
ACTIVATIONS = Table(
    "policy_activations",
    METADATA,
    Column("activation_id", Integer, primary_key=True),
    Column("activated_at", DateTime, nullable=False),
    Column("activated_by", String(LONGEST_NAME), nullable=False),
    Column("reason", Text, nullable=False),
    Column("policy_sha256", String(64), ForeignKey(POLICIES.c.policy_sha256), nullable=False),
    Column("policy_version", String(128), nullable=False),
    Column("previous_sha256", String(64)),
    Column("previous_version", String(128)),
)
