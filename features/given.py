"""Rows that a user gives in a file: pairs of a customer and a day, with or without more."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from features.errors import LedgerError, UsageError
from features.ledger.files import as_it_is
from features.ledger.open import Ledger
from features.snapshot import Pairs

_READERS = {
    ".parquet": "read_parquet($path, hive_partitioning = false)",
    ".csv": "read_csv($path, header = true, all_varchar = true, hive_partitioning = false)",
}
_FEW, _MANY = 5, 80  # columns that errors name
PAIR_COLUMNS: Mapping[str, str] = {
    "customer_id": "CAST(customer_id AS VARCHAR)",
    # a day alone or midnight without a zone, as the ledger takes it: anything else is unreadable
    "as_of": "CASE WHEN regexp_full_match(CAST(as_of AS VARCHAR), "
    "'\\d{4}-\\d{2}-\\d{2}([ T]00:00:00(\\.0+)?)?') "
    "THEN TRY_CAST(CAST(as_of AS VARCHAR) AS DATE) END",
}


@dataclass(frozen=True)
class GivenFile:
    """What a file should hold.

    Attributes
    ----------
    what : str
        How errors name the file, such as ``The pairs``.
    columns : mapping of str to str
        Each column wanted, with the SQL that reads it; null there is unreadable.
    kinds : str
        What the columns are, for a person.
    """

    what: str
    columns: Mapping[str, str]
    kinds: str


PAIRS_FILE = GivenFile(
    "The pairs", PAIR_COLUMNS, "customer_id is text, as_of a date such as 2025-09-30"
)


def read_pairs(path: Path) -> Pairs:
    """Return the pairs of a Parquet or CSV file with customer_id and as_of, in its order.

    Raises
    ------
    UsageError, LedgerError
        As `read_given`.
    """
    rows = read_given(Path(path), PAIRS_FILE)
    return [row[0] for row in rows], np.array([row[1] for row in rows], dtype="datetime64[D]")


def read_given(path: Path, wanted: GivenFile) -> list[tuple[Any, ...]]:
    """Return the rows of a Parquet or CSV file, in its order, every value readable.

    Raises
    ------
    UsageError
        If the suffix is neither, or the file cannot be read.
    LedgerError
        If a column is missing, there is no row, or a value is empty or of another kind.
    """
    reader = reader_of(path, wanted)
    try:
        with duckdb.connect() as connection:
            given = {"path": as_it_is(path)}
            described = connection.execute(f"DESCRIBE SELECT * FROM {reader}", given)
            check_columns([row[0] for row in described.fetchall()], path, wanted)
            chosen = ", ".join(wanted.columns.values())
            rows: list[tuple[Any, ...]] = connection.execute(
                f"SELECT {chosen} FROM {reader}", given
            ).fetchall()
    except duckdb.Error as error:
        fault = str(error).splitlines()[0]
        message = f"{wanted.what} {path} cannot be read ({fault}). Write again."
        raise UsageError(message) from error
    _check_values(rows, path, wanted)
    return rows


def refuse_strangers(ledger: Ledger, customer_ids: Iterable[str], source: str) -> None:
    """Raise a LedgerError if a customer is nowhere in the ledger, on whatever day.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    customer_ids : iterable of str
        Customers that are asked for.
    source : str
        Where they were asked, such as ``The pairs pairs.csv``.
    """
    rows = ledger.connection.execute("SELECT DISTINCT customer_id FROM led_customers").fetchall()
    unknown = sorted(set(customer_ids) - {row[0] for row in rows})
    if unknown:
        message = (
            f"{source} name {len(unknown)} customers that the ledger does not have, "
            f"such as {', '.join(unknown[:3])}. Add them to customers or drop their rows."
        )
        raise LedgerError(message)


def reader_of(path: Path, wanted: GivenFile) -> str:
    """Return the SQL that reads a file with the parameter path.

    Raises
    ------
    UsageError
        If its suffix is neither .parquet nor .csv, or there is no such file.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        message = f"{wanted.what} {path} are neither .parquet nor .csv. Give one of the two."
        raise UsageError(message)
    if not path.is_file():
        columns = list(wanted.columns)
        told = ", ".join(columns[:_FEW]) + (", …" if len(columns) > _FEW else "")
        message = f"{wanted.what} {path} do not exist. Give a file with {told}."
        raise UsageError(message)
    return reader


def check_columns(present: list[str], path: Path, wanted: GivenFile) -> None:
    """Raise a LedgerError if a column is missing, with the names that are near."""
    for name in wanted.columns:
        if name not in present:
            near = difflib.get_close_matches(name, present, n=2, cutoff=0.4)
            hint = f"rename {' or '.join(near)}" if near else f"it has {', '.join(present[:_MANY])}"
            message = f"{wanted.what} {path} lack the column {name}; {hint}."
            raise LedgerError(message)


def _check_values(rows: list[tuple[Any, ...]], path: Path, wanted: GivenFile) -> None:
    if not rows:
        message = f"{wanted.what} {path} hold no row. Give one per customer and day."
        raise LedgerError(message)
    for number, row in enumerate(rows, start=1):
        if None in row:
            shown = ", ".join("?" if value is None else f"{value}" for value in row)
            message = (
                f"{wanted.what} {path} have an empty or unreadable value in row {number} "
                f"({shown}): {wanted.kinds}."
            )
            raise LedgerError(message)
