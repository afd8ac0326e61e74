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
        if len(self.paths) == 1 or _FILE in self.hidden:
            return row
        names = ", ".join("'" + path.name.replace("'", "''") + "'" for path in self.paths)
        return f"{row} || ' of ' || list_extract([{names}], CAST({_FILE} + 1 AS BIGINT))"


def find_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, TableFiles]:
    """Return the tables that a ledger has, by name, after checking their columns.

    Raises
    ------
    LedgerError
        If the folder is no ledger, a required table or column is missing, a file cannot
        be read, or a column has a wrong type.
    """
    if not folder.is_dir():
        message = (
            f"There is no ledger at {folder}. Give the folder that holds customers.parquet, "
            "invoices.parquet and payments.parquet, or make one with `tradegrade simulate`."
        )
        raise LedgerError(message)
    found: dict[str, TableFiles] = {}
    for table in TABLES.values():
        paths = _paths(folder, table.name)
        if paths:
            found[table.name] = TableFiles(table, paths, *_types(connection, table, paths))
        elif table.required:
            message = (
                f"The ledger {folder} lacks the table {table.name}. Add {table.name}.parquet, or a "
                f"folder {table.name}/ of Parquet files."
            )
            raise LedgerError(message)
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


def _paths(folder: Path, name: str) -> tuple[Path, ...]:
    single = folder / f"{name}.parquet"
    several = tuple(sorted((folder / name).glob("*.parquet")))
    if single.is_file() and several:
        message = (
            f"The table {name} stands twice in {folder}: as {name}.parquet and as the folder "
            f"{name}/. Keep one of them."
        )
        raise LedgerError(message)
    return (single,) if single.is_file() else several


def _types(
    connection: duckdb.DuckDBPyConnection, table: Table, paths: tuple[Path, ...]
) -> tuple[dict[str, str], frozenset[str]]:
    in_files = [_described(connection, table, (path,)) for path in paths]
    together = in_files[0] if len(paths) == 1 else _described(connection, table, paths)
    for column in table.columns:
        if column.name not in together:
            if column.required:
                raise LedgerError(_missing(table, column.name, tuple(together)))
            continue
        told = [
            (path, types[column.name])
            for path, types in zip(paths, in_files, strict=True)
            if column.name in types
        ]
        misfits = [(path, kind) for path, kind in told if not fits(column, kind)]
        shown = [_first_values(connection, table, path, column.name) for path, _ in misfits]
        if any(shown) or (len(misfits) < len(told) and not fits(column, together[column.name])):
            of = next((place for place, values in enumerate(shown) if values), None)
            kinds = together[column.name] if of is None else misfits[of][1]
            message = (
                f"Table {table.name}, column {column.name}: the file holds {kinds}, which "
                f"cannot be {KIND_WORDS[column.kind]}{shown[of] if of is not None else ''}. "
                f"{mend_of_type(column)}."
            )
            raise LedgerError(message)
        if misfits and len(misfits) == len(told):
            together[column.name] = NULL_TYPE  # of whatever type, it holds no value
    known = {column.name for column in table.columns}
    types = {name: kind for name, kind in together.items() if name in known}
    return types, frozenset({_ROW, _FILE} & together.keys())


def _first_values(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, column: str
) -> str:
    """Return the first values of a column with their rows, or nothing where it has none."""
    try:
        rows = connection.execute(
            f'SELECT {_ROW} + 1, CAST("{column}" AS VARCHAR) '
            "FROM read_parquet($path, hive_partitioning = false) "
            f'WHERE "{column}" IS NOT NULL LIMIT {SHOWN_ROWS}',
            {"path": as_it_is(path)},
        ).fetchall()
    except duckdb.Error as error:
        raise _unreadable(table, (path,), error) from error
    if not rows:
        return ""
    return " — " + "; ".join(f"row {row}: {str(value)[:40]}" for row, value in rows)


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


def _unreadable(table: Table, paths: tuple[Path, ...], error: duckdb.Error) -> LedgerError:
    return LedgerError(
        f"Table {table.name}: {' or '.join(path.name for path in paths)} is not a readable "
        f"Parquet file ({str(error).splitlines()[0][:120]}). Write the file again."
    )


def _missing(table: Table, column: str, present: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(column, present, n=3, cutoff=0.5)
    hint = f" Near names in the file: {', '.join(near)}." if near else ""
    return f"Table {table.name} lacks the required column {column}.{hint} Rename or add the column."
