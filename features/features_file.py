"""The file that `tradegrade features` writes, read back: checked whole, then in pieces.

Nothing is read into memory but the piece at hand, so that a file may be larger than it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError, UsageError
from features.given import PAIR_COLUMNS, GivenFile, check_columns, reader_of
from features.ledger.columns import NULL_TYPE, is_number
from features.ledger.files import as_it_is
from features.matrix import Snapshots

FEATURES_FILE = GivenFile(
    "The features",
    {**PAIR_COLUMNS, **{name: f'"{name}"' for name in FEATURE_NAMES}},
    "customer_id is text, as_of a date such as 2025-09-30",
)
_MEMORY = "1GB"  # of the checks; what does not fit goes to a folder


@dataclass(frozen=True)
class FeaturesFile:
    """A features file that was found whole.

    Attributes
    ----------
    rows : int
        How many rows it has, at least one.
    """

    path: Path
    rows: int
    connection: duckdb.DuckDBPyConnection

    def pieces(self, size: int) -> Iterator[Snapshots]:
        """Yield the rows in the file's order, so many at a time; other columns are left out."""
        with _readable(self.path):
            reader = self.connection.sql("SELECT * EXCLUDE (number) FROM given")
            for batch in reader.to_arrow_reader(size):
                yield Snapshots.from_arrow(pa.Table.from_batches([batch]))


@contextmanager
def open_features(path: Path) -> Iterator[FeaturesFile]:
    """Open a file of features, Parquet or CSV, that breaks no rule.

    It needs customer_id, as_of and every feature of the catalogue; an empty value is unknown.

    Raises
    ------
    UsageError
        If the suffix is neither, or the file cannot be read.
    LedgerError
        If a column is missing, there is no row, a customer or day is empty or unreadable, a
        feature is no finite number, or a customer has two rows as of one day.
    """
    reader = reader_of(path, FEATURES_FILE)
    written = "'" + as_it_is(path).replace("'", "''") + "'"
    source = reader.replace("$path", written)
    with (
        tempfile.TemporaryDirectory(prefix="tradegrade-") as folder,
        duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": folder}) as connection,
    ):
        with _readable(path):
            described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            check_columns([row[0] for row in described], path, FEATURES_FILE)
            types = {row[0]: row[1] for row in described}
            _check_types(types, path)
            # the file's own order, of which rows are told their number
            columns = ", ".join(f'"{name}"' for name in FEATURES_FILE.columns)
            connection.execute(
                f"CREATE TEMP VIEW raw AS SELECT row_number() OVER () AS number, {columns} "
                f"FROM {source}"
            )
            connection.execute(f"CREATE TEMP VIEW given AS {_given()}")
            rows = _check_rows(connection, types, path)
            _check_pairs(connection, path)
        yield FeaturesFile(path, rows, connection)


def _check_types(types: dict[str, str], path: Path) -> None:
    for name in FEATURE_NAMES:
        kind = types[name]
        if not (is_number(kind) or kind in ("VARCHAR", NULL_TYPE, "BOOLEAN")):
            message = (
                f"The features {path} have in {name} the type {kind}. Store features as numbers."
            )
            raise LedgerError(message)


def _given() -> str:
    pair = [f"{sql} AS {name}" for name, sql in PAIR_COLUMNS.items()]
    numbers = [f'TRY_CAST("{name}" AS DOUBLE) AS "{name}"' for name in FEATURE_NAMES]
    return f"SELECT number, {', '.join([*pair, *numbers])} FROM raw"


def _check_rows(connection: duckdb.DuckDBPyConnection, types: dict[str, str], path: Path) -> int:
    """Return the number of rows, none of which has a value that cannot be taken."""
    faults = {name: f"({sql}) IS NULL" for name, sql in PAIR_COLUMNS.items()}
    faults["customer_id"] += " OR CAST(customer_id AS VARCHAR) = ''"
    for name in FEATURE_NAMES:
        if types[name] == "VARCHAR":
            number = f'TRY_CAST("{name}" AS DOUBLE)'
            faults[name] = f"\"{name}\" <> '' AND ({number} IS NULL OR NOT isfinite({number}))"
        elif types[name] in ("FLOAT", "DOUBLE"):
            faults[name] = f'NOT isfinite("{name}")'
    firsts = [f"min(number) FILTER (WHERE {fault})" for fault in faults.values()]
    counted = connection.execute(f"SELECT count(*), {', '.join(firsts)} FROM raw").fetchall()
    rows, *numbers = counted[0]
    if not rows:
        message = f"The features {path} hold no row. Give one per customer and day."
        raise LedgerError(message)
    wrong = [(number, name) for number, name in zip(numbers, faults, strict=True) if number]
    if wrong:
        number, name = min(wrong)
        _refuse_value(connection, path, name, number)
    return int(rows)


def _refuse_value(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, number: int
) -> None:
    seen = connection.execute(
        f'SELECT CAST("{name}" AS VARCHAR) FROM raw WHERE number = ?', [number]
    ).fetchone()
    value = "nothing" if seen is None or not seen[0] else repr(seen[0])
    mend = "Features are finite numbers; leave empty what is unknown."
    if name in PAIR_COLUMNS:
        mend = f"There, {FEATURES_FILE.kinds}."
    message = f"The features {path} have {value} for {name} in row {number}. {mend}"
    raise LedgerError(message)


def _check_pairs(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    twice = connection.execute(
        "SELECT customer_id, as_of, min(number), max(number) FROM given "
        "GROUP BY ALL HAVING count(*) > 1 ORDER BY 3 LIMIT 1"
    ).fetchone()
    if twice is not None:
        customer_id, as_of, first, other = twice
        message = (
            f"The features {path} have two rows of {customer_id} as of {as_of} ({first} and "
            f"{other}). Give one per customer and day."
        )
        raise LedgerError(message)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        fault = str(error).splitlines()[0]
        message = f"The features {path} cannot be read ({fault}). Write them again."
        raise UsageError(message) from error
