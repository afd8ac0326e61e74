"""Small ledgers drawn by hand: rows as dicts, dates as ISO text, amounts as decimal text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.ledger.open import open_ledger
from features.ledger.tables import TABLES, Column
from features.snapshot import snapshots

Rows = Sequence[Mapping[str, Any]]
_TYPES = {
    "date": pa.date32(),
    "money": pa.decimal128(18, 2),
    "score": pa.float64(),
    "number": pa.float64(),
}


def write_ledger(folder: Path, **tables: Rows) -> Path:
    """Write a plain ledger; customers not drawn are added, invoices and payments may be empty."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {row["customer_id"] for rows in tables.values() for row in rows if "customer_id" in row}
    drawn = {row["customer_id"] for row in tables.get("customers", ())}
    customers = [*tables.get("customers", ()), *({"customer_id": c} for c in named - drawn)]
    everything = {"invoices": (), "payments": (), **tables, "customers": customers}
    for name, rows in everything.items():
        columns = {
            column.name: pa.array(
                [_value(column, row.get(column.name)) for row in rows],
                _TYPES.get(column.kind, pa.string()),
            )
            for column in TABLES[name].columns
        }
        unknown = {key for row in rows for key in row} - set(columns)
        assert not unknown, f"{name} has no column {unknown}"
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


def features_of(folder: Path, as_of: str, customer: str = "c1") -> dict[str, float]:
    """Return the features of one customer as of a day; NaN means unknown."""
    with open_ledger(folder) as ledger:
        days = np.array([as_of], dtype="datetime64[D]")
        return snapshots(ledger, ([customer], days)).row(0)


def invoice(number: str, issued: str, due: str, amount: object, **more: object) -> dict[str, Any]:
    """Draw an invoice of customer c1."""
    row = {"invoice_id": number, "customer_id": "c1", "issued_on": issued, "due_on": due}
    return row | {"amount": str(amount)} | more


def payment(number: str, paid: str, amount: object, **more: object) -> dict[str, Any]:
    """Draw a payment of customer c1."""
    row = {"payment_id": number, "customer_id": "c1", "paid_on": paid, "amount": str(amount)}
    return row | more


def _value(column: Column, value: object) -> object:
    if value is None:
        return None
    if column.kind == "date":
        return date.fromisoformat(str(value))
    if column.kind == "money":
        return Decimal(str(value))
    if column.kind in ("score", "number"):
        return float(str(value))
    return str(value)
