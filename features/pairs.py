"""Pairs of a customer and a day, read from a file."""

from __future__ import annotations

import difflib
from pathlib import Path

import duckdb
import numpy as np

from features.errors import LedgerError, UsageError
from features.snapshot import Pairs

READERS = {
    ".parquet": "read_parquet($path)",
    ".csv": "read_csv($path, header = true, all_varchar = true)",
}


def read_pairs(path: Path) -> Pairs:
    """Return the pairs of a Parquet or CSV file with customer_id and as_of, in its order.

    Raises
    ------
    UsageError
        If the suffix is neither, or the file cannot be read.
    LedgerError
        If a column is missing, or a value is empty or no date.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None or not path.is_file():
        message = f"The pairs {path} are no .parquet or .csv file. Give one that is there."
        raise UsageError(message)
    try:
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE SELECT * FROM {reader}", {"path": str(path)})
            _check_columns([row[0] for row in described.fetchall()], path)
            rows = connection.execute(
                "SELECT CAST(customer_id AS VARCHAR), "
                f"TRY_CAST(CAST(as_of AS VARCHAR) AS DATE) FROM {reader}",
                {"path": str(path)},
            ).fetchall()
    except duckdb.Error as error:
        message = f"The pairs {path} cannot be read ({str(error).splitlines()[0]}). Write again."
        raise UsageError(message) from error
    for number, row in enumerate(rows, start=1):
        if None in row:
            message = (
                f"The pairs {path} have an empty or unreadable value in row {number}: {row}. "
                "customer_id is text, as_of a date such as 2025-12-31."
            )
            raise LedgerError(message)
    return [row[0] for row in rows], np.array([row[1] for row in rows], dtype="datetime64[D]")


def _check_columns(present: list[str], path: Path) -> None:
    for name in ("customer_id", "as_of"):
        if name not in present:
            near = difflib.get_close_matches(name, present, n=2, cutoff=0.4)
            hint = f"rename {' or '.join(near)}" if near else f"it has {', '.join(present)}"
            message = f"The pairs {path} lack the column {name}; {hint}."
            raise LedgerError(message)
