"""Where the tables of a ledger lie on disk, and what columns their files have."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.errors import LedgerError
from features.ledger.columns import KIND_WORDS, NULL_TYPE, fits, mend_of_type
from features.ledger.tables import SHOWN_ROWS, TABLES, Table

_ROW, _FILE = "file_row_number", "file_index"  # what DuckDB adds to the columns of a file


class TableFault(LedgerError):
    """Say what is wrong with the files of a table, so that it cannot be read.

    Attributes
    ----------
    table, column : str
        Where; the column is empty where the fault is not of one.
    rows : int
        How many rows it takes away; 0 where they cannot be counted.
    """

    def __init__(self, message: str, table: str, column: str = "", rows: int = 0) -> None:
        super().__init__(message)
        self.table = table
        self.column = column
        self.rows = rows


@dataclass(frozen=True)
class TableFiles:
    """The Parquet files of one table and the type of each ledger column they have.

    Attributes
    ----------
    hidden : frozenset of str
        Of DuckDB's own columns that tell file and row, those that a column of the files hides.
    """

    table: Table
    paths: tuple[Path, ...]
    types: dict[str, str]
    hidden: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        """Return the SQL that reads the rows."""
        paths = ", ".join("'" + as_it_is(path).replace("'", "''") + "'" for path in self.paths)
        return f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"

    @property
    def place(self) -> str:
        """Return the SQL that says where a row of the source stands, for a person."""
        row = "'a row'" if _ROW in self.hidden else f"'row ' || ({_ROW} + 1)"
        names = ["'" + path.name.replace("'", "''") + "'" for path in self.paths]
        if len(self.paths) == 1:
            return f"{row} || ' of ' || {names[0]}"
        if _FILE in self.hidden:
            return f"{row} || ' of one of the files'"
        among = ", ".join(names)
        return f"{row} || ' of ' || list_extract([{among}], CAST({_FILE} + 1 AS BIGINT))"


def find_tables(
    connection: duckdb.DuckDBPyConnection, folder: Path, faults: list[TableFault] | None = None
) -> dict[str, TableFiles]:
    """Return the tables that a ledger has, by name, after checking their columns.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Any connection.
    folder : Path
        The ledger.
    faults : list of TableFault, optional
        Takes what is wrong with tables, which are then left out; without it that is an error.

    Raises
    ------
    LedgerError
        If the folder is no ledger; and, all told at once, if a required table or column is
        missing, a file cannot be read, or a column has a wrong type.
    """
    if not folder.is_dir():
        message = (
            f"There is no ledger at {folder}. Give the folder that holds customers.parquet, "
            "invoices.parquet and payments.parquet, or make one with `tradegrade simulate`."
        )
        raise LedgerError(message)
    found: dict[str, TableFiles] = {}
    told: list[TableFault] = []
    for table in TABLES.values():
        try:
            paths = _paths(folder, table)
            if paths:
                found[table.name] = _checked(connection, table, paths)
        except TableFault as fault:
            told.append(fault)
    if told and faults is None:
        raise LedgerError("\n".join(str(fault) for fault in told))
    if faults is not None:
        faults += told
    return found


def fingerprint(tables: dict[str, TableFiles]) -> str:
    """Return the sha256 of all files' contents: the same facts in any folder give the same."""
    total = hashlib.sha256()
    for name in sorted(tables):
        for path in tables[name].paths:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            total.update(f"{name}:{digest}\n".encode())
    return total.hexdigest()


def as_it_is(path: Path) -> str:
    """Return a path in which DuckDB sees no pattern: a folder may be called ``book[1]``.

    Examples
    --------
    >>> as_it_is(Path("book[1]/a?.parquet"))
    'book[[]1]/a[?].parquet'
    """
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))


def printable(error: Exception) -> str:
    """Return the first words of an engine's error; what a file is damaged by may stand in it."""
    line = str(error).splitlines()[0][:120]
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _paths(folder: Path, table: Table) -> tuple[Path, ...]:
    name = table.name
    single, several = folder / f"{name}.parquet", folder / name
    parts = tuple(sorted(several.glob("*.parquet")))
    mend = f"Add {name}.parquet, or a folder {name}/ of Parquet files."
    if single.is_file() and parts:
        message = (
            f"The table {name} stands twice in {folder}: as {name}.parquet and as the folder "
            f"{name}/. Keep one of them."
        )
        raise TableFault(message, name)
    if single.is_dir():
        message = f"The table {name} is a folder called {name}.parquet in {folder}. {mend}"
        raise TableFault(message, name)
    if several.is_dir() and not parts and not single.is_file():
        message = f"The folder {name}/ of the ledger {folder} holds no Parquet file. {mend}"
        raise TableFault(message, name)
    if table.required and not parts and not single.is_file():
        message = f"The ledger {folder} lacks the table {name}. {mend}"
        raise TableFault(message, name)
    return (single,) if single.is_file() else parts


def _checked(
    connection: duckdb.DuckDBPyConnection, table: Table, paths: tuple[Path, ...]
) -> TableFiles:
    in_files = [_described(connection, table, (path,)) for path in paths]
    together = in_files[0] if len(paths) == 1 else _described(connection, table, paths)
    for column in table.columns:
        if column.name not in together:
            if column.required:
                raise _missing(connection, table, column.name, paths, tuple(together))
            continue
        told = [
            (path, types[column.name])
            for path, types in zip(paths, in_files, strict=True)
            if column.name in types
        ]
        misfits = [(path, kind) for path, kind in told if not fits(column, kind)]
        shown = [_first_values(connection, table, path, column.name) for path, _ in misfits]
        if any(rows for _, rows in shown) or (
            len(misfits) < len(told) and not fits(column, together[column.name])
        ):
            of = next((place for place, (_, rows) in enumerate(shown) if rows), None)
            where, kind = (paths[0], together[column.name]) if of is None else misfits[of]
            values, rows = ("", 0) if of is None else shown[of]
            message = (
                f"Table {table.name}, column {column.name}: the file {where.name} holds {kind}, "
                f"which cannot be {KIND_WORDS[column.kind]}{values}. {mend_of_type(column)}."
            )
            raise TableFault(message, table.name, column.name, rows)
        if misfits and len(misfits) == len(told):
            together[column.name] = NULL_TYPE  # of whatever type, it holds no value
    known = {column.name for column in table.columns}
    types = {name: kind for name, kind in together.items() if name in known}
    return TableFiles(table, paths, types, frozenset({_ROW, _FILE} & together.keys()))


def _first_values(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, column: str
) -> tuple[str, int]:
    """Return the first values of a column with their rows, and how many values it has."""
    try:
        rows = connection.execute(
            f'SELECT {_ROW} + 1, CAST("{column}" AS VARCHAR), count(*) OVER () '
            "FROM read_parquet($path, hive_partitioning = false) "
            f'WHERE "{column}" IS NOT NULL LIMIT {SHOWN_ROWS}',
            {"path": as_it_is(path)},
        ).fetchall()
    except duckdb.Error as error:
        raise _unreadable(table, (path,), error) from error
    if not rows:
        return "", 0
    values = "; ".join(f"row {row}: {str(value)[:40]}" for row, value, _ in rows)
    return f" in {rows[0][2]} row(s) — {values}", int(rows[0][2])


def _described(
    connection: duckdb.DuckDBPyConnection, table: Table, paths: tuple[Path, ...]
) -> dict[str, str]:
    """Return the column types of some files, where they differ the type that holds both."""
    try:
        rows = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet($paths, union_by_name = true, "
            "hive_partitioning = false)",
            {"paths": [as_it_is(path) for path in paths]},
        ).fetchall()
    except duckdb.Error as error:
        raise _unreadable(table, paths, error) from error
    return {name: kind for name, kind, *_ in rows}


def _unreadable(table: Table, paths: tuple[Path, ...], error: duckdb.Error) -> TableFault:
    message = (
        f"Table {table.name}: {' or '.join(path.name for path in paths)} is not a readable "
        f"Parquet file ({printable(error)}). Write the file again."
    )
    return TableFault(message, table.name)


def _missing(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    column: str,
    paths: tuple[Path, ...],
    present: tuple[str, ...],
) -> TableFault:
    near = difflib.get_close_matches(column, present, n=3, cutoff=0.5)
    hint = f" Near names in the file: {', '.join(near)}." if near else ""
    rows = connection.execute(
        "SELECT count(*) FROM read_parquet($paths, union_by_name = true)",
        {"paths": [as_it_is(path) for path in paths]},
    ).fetchall()[0][0]
    message = (
        f"Table {table.name} lacks the required column {column} in {paths[0].name}.{hint} "
        "Rename or add the column."
    )
    return TableFault(message, table.name, column, int(rows))
