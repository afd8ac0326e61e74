"""A state of a versioned ledger as the tables ``led_<name>`` and ``fact_items``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from features.ledger.files import TableFiles
from features.ledger.tables import TABLES
from features.ledger.versions.manifest import FILES, Manifest, Part
from features.ledger.versions.parts import ITEMS, order_of, rows_sql

LOADED_BELOW = 400_000  # rows in all: a ledger as small is quicker in memory than in files


def show_originals(connection: duckdb.DuckDBPyConnection, folder: Path, state: Manifest) -> None:
    """Create ``led_<name>`` of every table as it was imported: no currency is converted."""
    for name in TABLES:
        _show(connection, folder, f"led_{name}", name, state.tables.get(name, ()), load=False)


def show_facts(connection: duckdb.DuckDBPyConnection, folder: Path, state: Manifest) -> None:
    """Create ``led_<name>`` of every table in the ledger's currency, and ``fact_items``."""
    load = sum(part.count for part in state.parts()) < LOADED_BELOW
    for name in TABLES:
        parts = state.converted.get(name, state.tables.get(name, ()))
        _show(connection, folder, f"led_{name}", name, parts, load=load)
    _show(connection, folder, "fact_items", ITEMS, state.items, load=load)


def load_originals(connection: duckdb.DuckDBPyConnection, folder: Path, state: Manifest) -> None:
    """Create ``led_<name>`` of every table as it was imported, as tables that can be changed."""
    for name in TABLES:
        _show(connection, folder, f"led_{name}", name, state.tables.get(name, ()), load=True)


def table_files(folder: Path, state: Manifest) -> dict[str, TableFiles]:
    """Return the tables that the ledger has, by name, with the files of their rows."""
    return {
        name: TableFiles(TABLES[name], _paths(folder, parts), {})
        for name, parts in state.tables.items()
    }


def _show(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    shown: str,
    name: str,
    parts: Sequence[Part],
    *,
    load: bool,
) -> None:
    rows = rows_sql(folder, name, parts)
    if load or not parts:
        ordered = f"{rows} ORDER BY {order_of(name)}" if len(parts) > 1 else rows
        connection.execute(f"CREATE TABLE {shown} AS {ordered}")
    else:
        connection.execute(f"CREATE VIEW {shown} AS {rows}")


def _paths(folder: Path, parts: Sequence[Part]) -> tuple[Path, ...]:
    return tuple(folder / FILES / name for part in parts for name in part.rows)
