"""The floor of the large benchmark: DuckDB reads the columns that the features need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

_COLUMNS = {
    "invoices": ("invoice_id", "customer_id", "issued_on", "due_on", "amount"),
    "payments": ("invoice_id", "paid_on", "amount"),
}


def scan(ledger: Path, _days: Sequence[date] = ()) -> None:
    """Read every value of the columns, and keep only the largest of each."""
    with duckdb.connect() as connection:
        # a file's statistics know the largest value: without this nothing would be read
        connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        for table, columns in _COLUMNS.items():
            folded = ", ".join(f"max({name})" for name in columns)
            file = str(ledger / f"{table}.parquet")
            connection.execute(f"SELECT {folded} FROM read_parquet(?)", [file]).fetchall()
