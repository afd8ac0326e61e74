"""The current facts of a ledger as plain Parquet files, one per table."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.errors import UsageError
from features.expression import FAR
from features.ledger.normalise import ALWAYS
from features.ledger.open import open_facts
from features.ledger.tables import TABLES, Column, Table
from features.whole import open_to_others

_EPOCH = "DATE '1970-01-01'"


@dataclass(frozen=True)
class Exported:
    """What was written: rows by table."""

    rows: dict[str, int]


def export_ledger(path: Path, out: Path) -> Exported:
    """Write the facts of a ledger that hold now, one plain Parquet file per table.

    Of a row that was corrected the last version is written, with the day from which it is
    known; amounts stay in their own currency. What is written is a ledger again. Columns
    that are not the ledger's are left out. The folder appears whole or not at all.

    Parameters
    ----------
    path : Path
        Folder of the ledger.
    out : Path
        Folder to make; it must not exist, or be empty.

    Raises
    ------
    UsageError
        If the folder stands there already, or cannot be made.
    LedgerError
        If the ledger breaks a rule.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        message = f"{out} stands there already. Give --out a new folder, or an empty one."
        raise UsageError(message)
    with open_facts(path) as (connection, files):
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            half = Path(tempfile.mkdtemp(prefix=".half-", dir=out.parent))
        except OSError as error:
            message = f"{out} cannot be made ({error.strerror}). Give --out another folder."
            raise UsageError(message) from error
        try:
            rows = {name: _write(connection, TABLES[name], half) for name in files}
            open_to_others(half)
            half.replace(out)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
    return Exported(rows)


def write_versions(path: Path, folder: Path) -> None:
    """Write all that a ledger ever knew as plain files of the same meaning, into a folder.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.
    """
    with open_facts(path) as (connection, files):
        for name in files:
            _write(connection, TABLES[name], folder, "true")


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    folder: Path,
    which: str = f"row_to = {FAR}",
) -> int:
    columns = ", ".join(f'{_told(column)} AS "{column.name}"' for column in table.columns)
    order = ", ".join(f'"{name}"' for name in table.key)
    place = str(folder / f"{table.name}.parquet").replace("'", "''")
    found = connection.execute(
        f"COPY (SELECT {columns} FROM led_{table.name} WHERE {which} ORDER BY {order}) "
        f"TO '{place}' (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()
    return int(found[0][0])


def _told(column: Column) -> str:
    """Return the SQL of a column as a file has it: dates, decimals, scores as numbers."""
    name = f'"{column.name}"'
    if column.name == "known_on":
        return f"CASE WHEN row_from > {ALWAYS} THEN {_EPOCH} + row_from END"
    if column.kind == "date":
        return f"{_EPOCH} + {name}"
    if column.kind == "money":
        # in whole minor units before the point is set: a division would pass through a float
        return f"CAST({name} AS DECIMAL(38, 0)) * CAST(0.01 AS DECIMAL(3, 2))"
    if column.kind == "score":
        return f"CAST({name} AS DOUBLE) / 10000"
    return name
