"""Ledger files written column by column, so that a test can choose every type and fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.ledger.open import Ledger, open_ledger

LATEST = date(2025, 12, 31)

PLAIN: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "customers": {"customer_id": ["c1", "c2"]},
    "invoices": {
        "invoice_id": ["i1", "i2"],
        "customer_id": ["c1", "c2"],
        "issued_on": [date(2025, 1, 1), date(2025, 1, 2)],
        "due_on": [date(2025, 1, 31), date(2025, 2, 1)],
        "amount": [100, 200],
    },
    "payments": {
        "payment_id": ["p1"],
        "customer_id": ["c1"],
        "paid_on": [date(2025, 1, 20)],
        "amount": [100],
    },
    "orders": {
        "order_id": ["o1"],
        "customer_id": ["c1"],
        "ordered_on": [date(2025, 1, 1)],
        "amount": [100],
    },
    "legal_events": {
        "event_id": ["e1"],
        "customer_id": ["c1"],
        "filed_on": [date(2025, 1, 1)],
        "kind": ["lawsuit"],
    },
    "external_scores": {
        "subject": ["customer"],
        "subject_id": ["c1"],
        "published_on": [date(2025, 1, 1)],
        "score": [70.5],
    },
    "guarantees": {
        "guarantee_id": ["g1"],
        "customer_id": ["c1"],
        "amount": [100],
        "valid_from": [date(2025, 1, 1)],
    },
    "recoveries": {
        "recovery_id": ["r1"],
        "bad_debt_id": ["nowhere"],
        "recovered_on": [date(2025, 1, 1)],
        "amount": [100],
    },
    "fx_rates": {
        "currency": ["USD"],
        "published_on": [date(2025, 1, 1)],
        "rate": [7.0],
    },
}
REQUIRED = ("customers", "invoices", "payments")


def plain(name: str, **columns: Any) -> pa.Table:
    """Return a small table that keeps every rule, with some columns put in or replaced."""
    return pa.table({**PLAIN[name], **columns})


def write_tables(folder: Path, **tables: pa.Table | None) -> Path:
    """Write a ledger of the three required tables and these; None leaves a table out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in ({name: plain(name) for name in REQUIRED} | tables).items():
        if table is not None:
            pq.write_table(table, folder / f"{name}.parquet")
    return folder


@contextmanager
def opened(folder: Path, **tables: pa.Table | None) -> Iterator[Ledger]:
    """Yield the ledger that :func:`write_tables` writes."""
    with open_ledger(write_tables(folder, **tables), latest=LATEST) as ledger:
        yield ledger


def rows(ledger: Ledger, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of a table as the ledger keeps it, by its first column."""
    return ledger.connection.execute(
        f"SELECT {', '.join(columns)} FROM led_{table} ORDER BY ALL"
    ).fetchall()
