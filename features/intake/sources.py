"""The files of an import: which table each holds, and its rows as the ledger's own kinds."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from features.errors import LedgerError, UsageError
from features.ledger.columns import KIND_WORDS, NULL_TYPE, cast, fits, mend_of_type, own_type
from features.ledger.files import as_it_is
from features.ledger.tables import TABLES, Column, Table
from features.ledger.versions.manifest import is_versioned

SUFFIXES = (".parquet", ".csv")
_TEXT_TYPES = {
    "date": "DATE",
    "money": "DECIMAL(38, 10)",
    "score": "DOUBLE",
    "number": "DOUBLE",
}


@dataclass(frozen=True)
class Source:
    """A file of rows of one table.

    Attributes
    ----------
    table : Table
        What it holds.
    path : Path
        Where it lies.
    types : dict of str to str
        The file's type of each ledger column that it has.
    ignored : tuple of str
        Columns that are not the ledger's.
    """

    table: Table
    path: Path
    types: dict[str, str]
    ignored: tuple[str, ...]

    def is_text(self, column: Column) -> bool:
        """Tell whether a column is written as text and has to be read as something else."""
        return column.kind in _TEXT_TYPES and self.types.get(column.name, NULL_TYPE) == "VARCHAR"

    def read_type(self, column: Column) -> str | None:
        """Return the type in which the rules see a column, None where the file lacks it."""
        if self.is_text(column):
            return _TEXT_TYPES[column.kind]
        return self.types.get(column.name)

    @property
    def typed(self) -> str:
        """The SQL of the rows: ``row`` from 1, each column, and ``raw <column>`` where text."""
        columns = ["row_number() OVER () AS row"]
        for column in self.table.columns:
            if column.name not in self.types:
                continue
            if self.is_text(column):
                kind = _TEXT_TYPES[column.kind]
                columns.append(f'TRY_CAST(trim("{column.name}") AS {kind}) AS "{column.name}"')
                columns.append(f'"{column.name}" AS "raw {column.name}"')
            else:
                columns.append(f'"{column.name}"')
        return f"(SELECT {', '.join(columns)} FROM {_reader(self.path)})"

    def own(self, name: str) -> str:
        """Return the SQL of a column in the ledger's own type, over the rows of ``typed``."""
        column = self.table.column(name)
        kind = self.read_type(column)
        value = f"CAST(NULL AS {own_type(column)})" if kind is None else cast(column, kind)
        if column.kind == "text" and name in self.table.key:
            return f"coalesce({value}, '')"
        return value


def find_sources(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str | None
) -> list[Source]:
    """Return the files of an import, customers first.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Reads the files' columns.
    path : Path
        A file, or a folder with files named as the tables or folders of them.
    table : str, optional
        The table that a file holds, where its name does not tell; of a folder, the one taken.

    Raises
    ------
    UsageError
        If it cannot be told which table a file holds.
    LedgerError
        If there is nothing to import, a file cannot be read, lacks a required column, or has
        one of a type that cannot be read.
    """
    if is_versioned(path):
        message = (
            f"{path} is a versioned ledger itself. Export it with `tradegrade export`, and import "
            "what was written."
        )
        raise UsageError(message)
    if path.is_file():
        return [_source(connection, _table_of(path, table), path)]
    if not path.is_dir():
        message = f"There is nothing to import at {path}. Give a file, or a folder of tables."
        raise LedgerError(message)
    wanted = TABLES.values() if table is None else [TABLES[table]]
    found = [_source(connection, each, file) for each in wanted for file in _files(path, each.name)]
    if not found:
        names = ", ".join(f"{t.name}.parquet" for t in wanted)
        message = f"The folder {path} holds no table. Name the files as the tables: {names}."
        raise LedgerError(message)
    return found


def _table_of(path: Path, table: str | None) -> Table:
    name = table or path.stem
    if name not in TABLES:
        near = difflib.get_close_matches(name, TABLES, n=1)
        hint = f" (near: {near[0]})" if near else ""
        message = (
            f"{path.name} does not tell which table it holds{hint}. Give --table, one of "
            f"{', '.join(TABLES)}."
        )
        raise UsageError(message)
    if path.suffix.lower() not in SUFFIXES:
        message = f"{path} is neither .parquet nor .csv. Save it as one of the two."
        raise UsageError(message)
    return TABLES[name]


def _files(folder: Path, name: str) -> Iterator[Path]:
    for suffix in SUFFIXES:
        if (folder / f"{name}{suffix}").is_file():
            yield folder / f"{name}{suffix}"
        yield from sorted((folder / name).glob(f"*{suffix}"))


def _source(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> Source:
    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {_reader(path)}").fetchall()
    except duckdb.Error as error:
        message = (
            f"Table {table.name}: {path.name} cannot be read "
            f"({str(error).splitlines()[0][:120]}). Write the file again; a CSV must be UTF-8 "
            "with a header."
        )
        raise LedgerError(message) from error
    types = {name: kind for name, kind, *_ in rows}
    known = {column.name for column in table.columns}
    source = Source(
        table,
        path,
        {name: kind for name, kind in types.items() if name in known},
        tuple(name for name in types if name not in known),
    )
    _refuse_misfits(source, tuple(types))
    return source


def _refuse_misfits(source: Source, present: tuple[str, ...]) -> None:
    for column in source.table.columns:
        if column.name not in source.types:
            if column.required:
                near = difflib.get_close_matches(column.name, present, n=3, cutoff=0.5)
                hint = f" Near names in the file: {', '.join(near)}." if near else ""
                message = (
                    f"{source.path.name} lacks the required column {column.name} of the table "
                    f"{source.table.name}.{hint} Rename or add the column."
                )
                raise LedgerError(message)
            continue
        kind = source.types[column.name]
        if not source.is_text(column) and not fits(column, kind):
            message = (
                f"{source.path.name}, column {column.name}: the file holds {kind}, which cannot be "
                f"{KIND_WORDS[column.kind]}. {mend_of_type(column)}."
            )
            raise LedgerError(message)


def _reader(path: Path) -> str:
    place = "'" + as_it_is(path).replace("'", "''") + "'"
    if path.suffix.lower() == ".csv":
        return f"read_csv({place}, header = true, all_varchar = true, null_padding = false)"
    return f"read_parquet({place}, hive_partitioning = false)"
