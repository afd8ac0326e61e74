"""What commands print and write: JSON, notes on standard error, Parquet and CSV files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import UsageError
from features.whole import whole

Document = Mapping[str, Any]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def note(message: str) -> None:
    """Print a line on standard error."""
    click.echo(message, err=True)


def json_text(document: Document) -> str:
    """Return one JSON document on one line."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def print_json(documents: Iterable[Document]) -> None:
    """Print documents on standard output, one a line."""
    for document in documents:
        click.echo(json_text(document))


def refuse_unwritable(path: Path | None) -> None:
    """Raise a UsageError before the work if a file of this name could not be written."""
    if path is None:
        return
    if path.suffix.lower() not in (".parquet", ".csv"):
        message = f"The file {path} is neither .parquet nor .csv. Give --out one of the two."
        raise UsageError(message)
    if path.is_dir():
        message = f"{path} is a folder. Give --out the name of a file."
        raise UsageError(message)


def write_rows(path: Path, documents: Sequence[Document], schema: pa.Schema) -> None:
    """Write documents as Parquet (nested) or CSV (nested fields as JSON text), by suffix."""
    if path.suffix.lower() == ".csv":
        write_csv(path, schema.names, documents)
    else:
        write_table(path, pa.Table.from_pylist([dict(d) for d in documents], schema))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet or CSV by suffix; the file appears whole or not at all."""
    if path.suffix.lower() == ".csv":
        write_csv(path, table.column_names, table.to_pylist())
        return
    with _written(path) as half:
        pq.write_table(table, half, compression="zstd")


def write_pieces(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write tables one after the other as `write_table` does; no two are in memory at once."""
    if path.suffix.lower() == ".csv":
        write_csv(path, schema.names, (row for table in tables for row in table.to_pylist()))
        return
    with (
        _written(path) as half,
        pq.ParquetWriter(half, schema, compression="zstd") as writer,
    ):
        for table in tables:
            writer.write_table(table)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Document]) -> None:
    """Write rows as CSV; unknown is empty, nested fields are JSON text.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    with _written(path) as half, half.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row[name]) for name in columns])


def write_text(path: Path, text: str) -> None:
    """Write a text file; it appears whole or not at all."""
    with _written(path) as half:
        half.write_text(text, encoding="utf-8")


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"  # a spreadsheet would run it
    return value


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """Give a file that takes the wanted name when the block ends well."""
    try:
        with whole(path) as half:
            yield half
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}). Give --out another file."
        raise UsageError(message) from error
