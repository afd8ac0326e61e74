"""Outcomes given in a file: which customer, which day, defaulted or not."""

from __future__ import annotations

import difflib
from pathlib import Path

import duckdb
import numpy as np

from features.errors import LedgerError, UsageError
from features.ledger.open import Ledger
from features.snapshot import snapshots
from training.population import Rows

COLUMNS = ("customer_id", "as_of", "defaulted")
_READERS = {
    ".parquet": "read_parquet($path)",
    ".csv": "read_csv($path, header = true, all_varchar = true)",
}

_TEXT = "CAST(defaulted AS VARCHAR)"
# a column with a gap was often written as 1.0 and 0.0
_FLAG = (
    f"coalesce(TRY_CAST({_TEXT} AS BOOLEAN), "
    f"CASE TRY_CAST({_TEXT} AS DOUBLE) WHEN 1 THEN true WHEN 0 THEN false END)"
)


def given_rows(ledger: Ledger, path: Path) -> Rows:
    """Return the rows that a file of outcomes fixes, by as-of date and customer.

    Nobody is left out: who is in the file is learned from.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger that has every customer of the file.
    path : Path
        Parquet or CSV with customer_id, as_of (a date) and defaulted (true, false, 1 or 0).

    Raises
    ------
    UsageError
        If the suffix is neither, or the file cannot be read.
    LedgerError
        If a column is missing, a value is empty or of another kind, a pair stands twice, or
        a customer is not in the ledger.
    """
    found = _read(ledger.connection, Path(path))
    _check(found, ledger, path)
    ids = [row[0] for row in found]
    days = np.array([row[1] for row in found], dtype="datetime64[D]")
    return Rows(snapshots(ledger, (ids, days)), np.array([bool(row[2]) for row in found]))


def _read(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, object, object]]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        message = f"The outcomes {path} are neither .parquet nor .csv. Give one of the two."
        raise UsageError(message)
    if not path.is_file():
        message = f"The outcomes {path} do not exist. Give a file with {', '.join(COLUMNS)}."
        raise UsageError(message)
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {reader}", {"path": str(path)})
        _check_columns([row[0] for row in described.fetchall()], path)
        rows: list[tuple[str, object, object]] = connection.execute(
            "SELECT CAST(customer_id AS VARCHAR), TRY_CAST(CAST(as_of AS VARCHAR) AS DATE) AS day, "
            f"{_FLAG} FROM {reader} ORDER BY day, 1",
            {"path": str(path)},
        ).fetchall()
    except duckdb.Error as error:
        message = f"The outcomes {path} cannot be read ({str(error).splitlines()[0]}). Write again."
        raise UsageError(message) from error
    return rows


def _check_columns(present: list[str], path: Path) -> None:
    for name in COLUMNS:
        if name not in present:
            near = difflib.get_close_matches(name, present, n=2, cutoff=0.4)
            hint = f"rename {' or '.join(near)}" if near else f"it has {', '.join(present)}"
            message = f"The outcomes {path} lack the column {name}; {hint}."
            raise LedgerError(message)


def _check(found: list[tuple[str, object, object]], ledger: Ledger, path: Path) -> None:
    if not found:
        message = f"The outcomes {path} hold no row. Give one per customer and day."
        raise LedgerError(message)
    for row in found:
        if None in row:
            message = (
                f"The outcomes {path} have an empty or unreadable value in {row}: customer_id is "
                "text, as_of a date such as 2025-09-30, defaulted true, false, 1 or 0."
            )
            raise LedgerError(message)
    if len({row[:2] for row in found}) < len(found):
        message = f"The outcomes {path} have a customer twice on one day. Keep one row of each."
        raise LedgerError(message)
    rows = ledger.connection.execute("SELECT DISTINCT customer_id FROM led_customers").fetchall()
    unknown = sorted({row[0] for row in found} - {row[0] for row in rows})
    if unknown:
        message = (
            f"The outcomes {path} name {len(unknown)} customers that the ledger does not have, "
            f"such as {', '.join(unknown[:3])}. Add them to customers or drop their rows."
        )
        raise LedgerError(message)
