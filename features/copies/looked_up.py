"""The rows of a copy as a source for look-ups: features of a changed copy in milliseconds."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from functools import cache
from operator import is_
from typing import Any, TypeVar

from features.copies.copy import Copy, Row
from features.copies.settled import Item, settled_items
from features.engines.fold import Rows
from features.engines.rows import Columns, RowSource, lookups
from features.evidence import RowsFound, evidence_columns, rows_behind
from features.expression import FAR
from features.ledger.open import EPOCH
from features.ledger.settlement import FACT_COLUMNS
from features.ledger.tables import TABLES
from features.matrix import Snapshots
from features.online import program, snapshot
from features.relations import RELATIONS
from features.render import present_relations
from features.settings import SETTINGS

T = TypeVar("T")

_KEYS = {"external_scores": "subject_id", "recoveries": "bad_debt_id"}
_FACTS = "fact_items"
_SPAN = ("row_from", "row_to")


class Desk:
    """Where copies of one customer are looked at, one after the other.

    What a copy shares with the one before it is not laid out anew.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use an empty database in memory; see :func:`desk`."""
        self._connection = connection
        self._tables = {name: _Laid(connection, name, columns) for name, columns in _looked_up()}
        self._settled: tuple[Any, ...] = ()
        self._others: tuple[tuple[int, ...], list[Item]] = ((), [])
        self._present: frozenset[str] = frozenset()

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
        for name, table in self._tables.items():
            if name != _FACTS:
                table.lay(copy.rows(name.removeprefix("led_")), _values_of(table.columns))
        asked = copy.rows("invoices"), copy.rows("payments"), day
        if not _are_same(asked, self._settled):
            own = settled_items(*asked, SETTINGS, customers={copy.customer_id})
            self._tables[_FACTS].lay([*own, *self._of_others(copy, day)], tuple)
            self._settled = asked

    def _of_others(self, copy: Copy, day: int) -> list[Item]:
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


class _Laid:
    """A table on the desk; of its rows only those are written that differ from what lies there."""

    def __init__(self, connection: sqlite3.Connection, name: str, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._connection = connection
        self._name = name
        self._rows: Sequence[object] = ()
        declared = ", ".join(f'"{column}"' for column in columns)
        connection.execute(f"CREATE TABLE {name} (place INTEGER PRIMARY KEY, {declared})")
        key = _KEYS.get(name.removeprefix("led_"), "customer_id")
        connection.execute(f"CREATE INDEX {name}_key ON {name} ({key})")

    def lay(self, rows: Sequence[T], values: Callable[[T], Iterable[object]]) -> None:
        """Let these rows lie there; a row is never changed in place."""
        if rows is self._rows:
            return
        held, many = self._rows, len(self._rows)
        other = [
            (place, *values(row))
            for place, row in enumerate(rows)
            if place >= many or (row is not held[place] and row != held[place])
        ]
        marks = ", ".join("?" * (len(self.columns) + 1))
        if len(rows) < many:
            self._connection.execute(f"DELETE FROM {self._name} WHERE place >= ?", (len(rows),))
        self._connection.executemany(f"INSERT OR REPLACE INTO {self._name} VALUES ({marks})", other)
        self._rows = rows


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
def _looked_up() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the tables that relations look up, each with all its columns."""
    text = " ".join(base.lookup_sql for base in RELATIONS.values())
    named = set(re.findall(rf"\b(?:led_\w+|{_FACTS})\b", text))
    ledger = {
        f"led_{name}": (*(c.name for c in table.columns if c.name != "known_on"), *_SPAN)
        for name, table in TABLES.items()
    }
    every = {**ledger, _FACTS: FACT_COLUMNS}
    return tuple((name, columns) for name, columns in every.items() if name in named)


@cache
def _values_of(columns: tuple[str, ...]) -> Callable[[Row], Iterable[object]]:
    """Return what takes the values of a row, which holds for ever."""
    stored = columns[:-1]
    return lambda row: (*(row[column] for column in stored), FAR)
