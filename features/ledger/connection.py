"""A DuckDB connection for reading a ledger: its memory, and where it spills."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

MEMORY = "3GB"  # of the 4 that a reading may take; the rest is for settling and for answers


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an empty database that spills to a temporary folder rather than dying."""
    with tempfile.TemporaryDirectory(prefix="tradegrade-") as spill, duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET temp_directory = $spill", {"spill": spill})
        connection.execute("SET preserve_insertion_order = true")
        yield connection
