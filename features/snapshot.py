"""Snapshots: the features of customers as of days, from an opened ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from features.catalogue import CATALOGUE, FEATURE_NAMES
from features.engines.duckdb import ready_query
from features.ledger.open import Ledger
from features.matrix import Days, Snapshots
from features.render import present_relations

Pairs = tuple[Sequence[str], Days]


def snapshots(ledger: Ledger, pairs: Pairs) -> Snapshots:
    """Return one row of features per (customer, as-of date), in the order of the pairs.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    pairs : tuple of (sequence of str, ndarray of datetime64[D])
        Customers and the day of each, the same length.

    Returns
    -------
    Snapshots
        Every feature of the catalogue; what cannot be known is NaN.
    """
    customer_ids, as_of = pairs
    days = as_of.astype("datetime64[D]")
    values = np.empty((len(customer_ids), len(FEATURE_NAMES)), dtype=np.float64)
    present = present_relations(ledger.files)
    with (
        _pairs(ledger.connection, pairs_table(pairs)),
        ready_query(ledger.connection, CATALOGUE, present) as query,
    ):
        columns = ledger.connection.execute(
            f"SELECT q.* FROM ({query}) AS q JOIN pairs_in AS i ON i.customer_id = q.customer_id "
            "AND i.as_of = q.as_of ORDER BY i.place"
        ).fetchnumpy()
    for place, name in enumerate(FEATURE_NAMES):
        values[:, place] = np.ma.filled(np.ma.asarray(columns[name], dtype=np.float64), np.nan)
    return Snapshots(tuple(customer_ids), days, FEATURE_NAMES, values)


def pairs_table(pairs: Pairs) -> pa.Table:
    """Return pairs as a table: place, customer_id, and as_of as a day number."""
    customer_ids, as_of = pairs
    return pa.table(
        {
            "place": np.arange(len(customer_ids)),
            "customer_id": pa.array(customer_ids, pa.string()),
            "as_of": as_of.astype("datetime64[D]").astype(np.int32),
        }
    )


def all_pairs(ledger: Ledger, days: Iterable[date]) -> Pairs:
    """Return every customer known on each day, days in order, customers by id."""
    ids: list[str] = []
    as_of: list[date] = []
    for day in days:
        rows = ledger.connection.execute(
            "SELECT DISTINCT customer_id FROM led_customers "
            "WHERE row_from <= $day - DATE '1970-01-01' ORDER BY customer_id",
            {"day": day},
        ).fetchall()
        ids += [row[0] for row in rows]
        as_of += [day] * len(rows)
    return ids, np.array(as_of, dtype="datetime64[D]")


class _pairs:  # noqa: N801 - reads as a verb in a with statement
    """Hold the pairs as a table of the connection while a query runs."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
        self._connection = connection
        self._table = table

    def __enter__(self) -> None:
        self._connection.register("pairs_given", self._table)
        self._connection.execute("CREATE TEMP TABLE pairs_in AS SELECT * FROM pairs_given")
        self._connection.execute(
            "CREATE TEMP TABLE pairs AS SELECT DISTINCT customer_id, as_of FROM pairs_in"
        )
        self._connection.unregister("pairs_given")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("DROP TABLE pairs")
        self._connection.execute("DROP TABLE pairs_in")
