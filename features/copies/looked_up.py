"""The rows of a copy as a source for look-ups: features of a changed copy in milliseconds."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from functools import cache
from operator import is_
from typing import Any

from features.copies.copy import Copy, Row
from features.copies.settled import settled_items
from features.engines.fold import Rows
from features.engines.rows import Columns, RowSource, lookups
from features.evidence import RowsFound, evidence_columns, rows_behind
from features.expression import FAR
from features.ledger.open import EPOCH
from features.ledger.settlement import FACT_COLUMNS
from features.ledger.tables import TABLES
from features.matrix import Snapshots
from features.online import program, snapshot
from features.render import present_relations
from features.settings import SETTINGS

_KEYS = {"external_scores": "subject_id", "recoveries": "bad_debt_id"}


class Desk:
    """Where copies of one customer are looked at, one after the other.

    What a copy shares with the one before it is not laid out anew.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use an empty database in memory; see :func:`desk`."""
        self._connection = connection
        self._laid: dict[str, Sequence[Row]] = {}
        self._settled: tuple[Any, ...] = ()
        self._others: tuple[tuple[int, ...], list[dict[str, Any]]] = ((), [])
        self._present: frozenset[str] = frozenset()
        for name, columns in _tables().items():
            declared = ", ".join(f'"{column}"' for column in columns)
            connection.execute(f"CREATE TABLE {name} ({declared})")
            key = _KEYS.get(name.removeprefix("led_"), "customer_id")
            if key in columns:
                connection.execute(f"CREATE INDEX {name}_key ON {name} ({key})")

    def snapshot(self, copy: Copy, day: date) -> Snapshots:
        """Return the features of the copy's customer as of a day: one row.

        Parameters
        ----------
        copy : Copy
            As it stands.
        day : date
            That of the copy, or a later one: what is dated up to then has happened.
        """
        self._lay_out(copy, (day - EPOCH).days)
        return snapshot(self._source(program().columns), copy.customer_id, day)

    def evidence(self, copy: Copy, features: Iterable[str], day: date) -> dict[str, RowsFound]:
        """Return every row that features of the copy's customer rest on as of a day.

        Parameters
        ----------
        copy : Copy
            As it stands.
        features : iterable of str
            Features of the catalogue; one without rows is absent from the answer.
        day : date
            That of the copy, or a later one.
        """
        self._lay_out(copy, (day - EPOCH).days)
        source = self._source(evidence_columns())
        return rows_behind(source, features, copy.customer_id, day, at_most=sys.maxsize)

    def _source(self, columns: Columns) -> RowSource:
        return _Rows(self._connection, _queries(tuple(columns.items()), self._present))

    def _lay_out(self, copy: Copy, day: int) -> None:
        self._present = frozenset(copy.tables)
        for name in TABLES:
            rows = copy.rows(name)
            if self._laid.get(name, ()) is not rows:
                self._fill(f"led_{name}", rows)
                self._laid[name] = rows
        asked = copy.rows("invoices"), copy.rows("payments"), day
        if not _are_same(asked, self._settled):
            own = settled_items(*asked, SETTINGS, customers={copy.customer_id})
            self._fill("fact_items", own + self._of_others(copy, day))
            self._settled = asked

    def _of_others(self, copy: Copy, day: int) -> list[dict[str, Any]]:
        """Return the invoices of affiliates, which a change of the customer's rows leaves alone."""
        invoices = [row for row in copy.rows("invoices") if row["customer_id"] != copy.customer_id]
        if not invoices:
            return []
        theirs = {row["invoice_id"] for row in invoices}
        credits = [row for row in copy.rows("invoices") if row["credits_invoice_id"] in theirs]
        payments = [
            row
            for row in copy.rows("payments")
            if row["customer_id"] != copy.customer_id or row["invoice_id"] in theirs
        ]
        # rows are never changed in place: the same ones give the same account
        asked = (day, *map(id, (*invoices, *credits, *payments)))
        if self._others[0] != asked:
            found = settled_items(
                copy.rows("invoices"),
                payments,
                day,
                SETTINGS,
                customers={row["customer_id"] for row in invoices},
            )
            self._others = asked, found
        return self._others[1]

    def _fill(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = _tables()[table]
        always = {"known_from": -FAR, "known_to": FAR, "row_to": FAR}
        marks = ", ".join("?" * len(columns))
        self._connection.execute(f"DELETE FROM {table}")
        self._connection.executemany(
            f"INSERT INTO {table} VALUES ({marks})",
            ([always[c] if c in always else row[c] for c in columns] for row in rows),
        )


class _Rows:
    """What lies on the desk, as `RowSource` says."""

    def __init__(self, connection: sqlite3.Connection, queries: Mapping[str, str]) -> None:
        self._connection = connection
        self._queries = queries

    def rows(self, customer_id: str, as_of: int) -> Mapping[str, Rows]:
        asked = {"1": customer_id, "2": as_of}
        return {
            name: self._connection.execute(query, asked).fetchall()
            for name, query in self._queries.items()
        }


@cache
def _queries(
    columns: tuple[tuple[str, tuple[str, ...]], ...], tables: frozenset[str]
) -> dict[str, str]:
    return lookups(dict(columns), present_relations(tables))


@contextmanager
def desk() -> Iterator[Desk]:
    """Yield a desk; it belongs to one thread at a time and is gone with the block."""
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        yield Desk(connection)


def _are_same(asked: tuple[Any, ...], held: tuple[Any, ...]) -> bool:
    """Tell whether the very same rows were asked for: a changed copy has other tuples."""
    return len(held) == len(asked) and asked[-1] == held[-1] and all(map(is_, asked[:-1], held))


@cache
def _tables() -> dict[str, tuple[str, ...]]:
    """Return the tables that relations look up, with all columns."""
    found = {
        f"led_{name}": (
            *(column.name for column in table.columns if column.name != "known_on"),
            "row_from",
            "row_to",
        )
        for name, table in TABLES.items()
    }
    return {**found, "fact_items": FACT_COLUMNS}
