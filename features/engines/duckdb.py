"""DuckDB: the embedded engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import duckdb

from features.engines.loops import folded_by_loops
from features.render import Dialect, Named, snapshot_query

DUCKDB = Dialect(
    double="DOUBLE",
    median=lambda value: f"MEDIAN({value})",
    floor_divide=lambda value, divisor: f"({value} // {divisor})",
)


@contextmanager
def ready_query(
    connection: duckdb.DuckDBPyConnection, features: Sequence[Named], present: Collection[str]
) -> Iterator[str]:
    """Yield the query of features over ``pairs``; what is large in it has been folded already.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Has the facts and ``pairs``, and the folded tables while the block lasts.
    features : sequence of Named
        In the order of the columns wanted.
    present : collection of str
        Relations that the ledger can tell.
    """
    folded = folded_by_loops(connection, features, present)
    if folded is None:
        yield snapshot_query(features, present, DUCKDB)
        return
    connection.register("pairs_folded", folded.table)
    try:
        yield snapshot_query(features, present, DUCKDB, folded=folded.relations)
    finally:
        connection.unregister("pairs_folded")
