"""What became known after a day changes no feature of that day, in any table."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings

from features.ledger.open import open_ledger
from features.ledger.tables import TABLES
from features.snapshot import snapshots
from tests.drawn import write_ledger
from tests.properties.ledgers import days, ledgers

PARTS = ("invoices", "payments", "orders", "legal_events", "signals", "guarantees", "contracts",
         "bad_debts", "recoveries", "external_scores", "coverage", "customers")  # fmt: skip
DATED = ("closed_on", "disputed_on", "valid_to", "expires_on")


def features(tables: dict[str, list[dict[str, Any]]], day: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        with open_ledger(write_ledger(Path(folder) / "ledger", **tables)) as ledger:
            as_of = np.array([day, day], dtype="datetime64[D]")
            return snapshots(ledger, (["c1", "c2"], as_of)).values


def known_by(tables: dict[str, list[dict[str, Any]]], day: str) -> dict[str, list[dict[str, Any]]]:
    """Return what was known: rows known by the day, dated attributes that lie after it open."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for name in PARTS:
        own = TABLES[name].own_date
        rows = []
        for row in tables[name]:
            known = row.get("known_on") or row.get(str(own)) or ""
            if known <= day:
                rows.append({k: v for k, v in row.items() if not (k in DATED and v and v > day)})
        kept[name] = rows
    return kept


def with_open_status(tables: dict[str, list[dict[str, Any]]], day: str) -> None:
    """Give back the status open to the orders that close after the day."""
    for row in tables["orders"]:
        if row.get("closed_on") and row["closed_on"] > day:
            row["status"] = "open"


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tables=ledgers(), day=days)
def test_what_became_known_later_changes_nothing(
    tables: dict[str, list[dict[str, Any]]], day: str
) -> None:
    with_all = features(tables, day)
    with_open_status(tables, day)
    known_only = features(known_by(tables, day), day)
    np.testing.assert_array_equal(with_all, known_only)
