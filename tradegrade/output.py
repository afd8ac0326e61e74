"""What commands print and write: JSON, notes on standard error, Parquet and CSV files."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import UnavailableError, UsageError

Document = Mapping[str, Any]


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


def refuse_engine(engine: str) -> None:
    """Raise an UnavailableError for an engine that is not there."""
    if engine != "duckdb":
        message = f"The engine {engine} is not there yet. Leave --engine out: DuckDB is built in."
        raise UnavailableError(message)


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
    with _whole(path) as half:
        pq.write_table(table, half, compression="zstd")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Document]) -> None:
    """Write rows as CSV; unknown is empty, nested fields are JSON text."""
    with _whole(path) as half, half.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row[name]) for name in columns])


def write_text(path: Path, text: str) -> None:
    """Write a text file; it appears whole or not at all."""
    with _whole(path) as half:
        half.write_text(text, encoding="utf-8")


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    return value


class _whole:  # noqa: N801 - reads as a verb in a with statement
    """Give a file beside the wanted one that takes its name when the block ends well."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(prefix=".half-", dir=self._path.parent)
        except OSError as error:
            message = f"{self._path} cannot be written ({error.strerror}). Give --out another file."
            raise UsageError(message) from error
        os.close(number)
        self._half = Path(name)
        return self._half

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._half.chmod(0o644)
            os.replace(self._half, self._path)
        else:
            self._half.unlink(missing_ok=True)
