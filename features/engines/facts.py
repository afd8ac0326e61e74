"""The Parquet files that hold a ledger's facts, for an engine that reads files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from features.ledger.open import Ledger

_FACTS = re.compile(r"\b(?:led_\w+|fact_items)\b")
_COLUMN = re.compile(r"\.(\w+)")


def facts_named(ledger: Ledger, query: str) -> dict[str, list[str]]:
    """Return the tables of facts that a query names, by name, and of each the columns named.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    query : str
        As `features.render.snapshot_query` renders it: a column stands behind its table's alias.
    """
    named = set(_COLUMN.findall(query))
    return {
        table: [c for c in _columns(ledger, table) if c in named]
        for table in sorted(set(_FACTS.findall(query)))
    }


def _columns(ledger: Ledger, table: str) -> list[str]:
    columns: list[str] = ledger.connection.sql(f"SELECT * FROM {table}").columns
    return columns


def fact_files(ledger: Ledger, table: str, columns: Sequence[str], folder: Path) -> list[Path]:
    """Return Parquet files that hold these columns of a table, written where there are none.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    table : str
        ``led_<table>`` or ``fact_items``.
    columns : sequence of str
        No more of a customer than is needed.
    folder : Path
        Where files may be written.
    """
    chosen = ", ".join(f'"{column}"' for column in columns)
    path = folder / f"{table}.parquet"
    ledger.connection.sql(f"SELECT {chosen} FROM {table}").write_parquet(str(path))  # noqa: S608
    return [path]
