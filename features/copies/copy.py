"""What a ledger knew of one customer on a day, as rows that can be added to and changed.

A copy holds every row that a feature of the customer can rest on, each as it was known on
the day: its own, those of its affiliates, its industry's scores, and the money of others that
names its invoices. Changing a copy gives another copy; the ledger stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb

from features.errors import UsageError
from features.ledger.normalise import ALWAYS
from features.ledger.open import EPOCH, Ledger
from features.ledger.tables import TABLES

Row = Mapping[str, Any]  # as the ledger's own tables: day numbers, minor units
_OWN = ("orders", "legal_events", "signals", "coverage", "guarantees", "contracts", "bad_debts")


@dataclass(frozen=True)
class Copy:
    """The rows of one customer as they were known on a day.

    Attributes
    ----------
    customer_id : str
        Whose.
    as_of : date
        What became known later is not there.
    currency : str
        Of every amount.
    tables : mapping of str to tuple of row
        Every table that the ledger has, by name; one that it lacks is unknown, not empty.
    """

    customer_id: str
    as_of: date
    currency: str
    tables: Mapping[str, tuple[Row, ...]]

    @property
    def day(self) -> int:
        """The day's number."""
        return (self.as_of - EPOCH).days

    def rows(self, table: str) -> tuple[Row, ...]:
        """Return the rows of a table; none where the ledger has no such table."""
        return self.tables.get(table, ())

    def with_rows(self, table: str, rows: Iterable[Row]) -> Copy:
        """Return a copy with more rows in a table, which is made where it is missing.

        Parameters
        ----------
        table : str
            A table of the ledger.
        rows : iterable of mapping
            Columns that are left out are null; each row is known from its own date on.

        Raises
        ------
        KeyError
            If a row lacks the table's own date.
        """
        kind = TABLES[table]
        names = [column.name for column in kind.columns if column.name != "known_on"]
        added = tuple(
            {name: row.get(name) for name in names} | {"row_from": row[str(kind.own_date)]}
            for row in rows
        )
        return replace(self, tables={**self.tables, table: (*self.rows(table), *added)})

    def changed(self, table: str, change: Callable[[Row], Row]) -> Copy:
        """Return a copy in which a table's rows are what a function makes of them."""
        return replace(self, tables={**self.tables, table: tuple(map(change, self.rows(table)))})


def copy_of(ledger: Ledger, customer_id: str, as_of: date) -> Copy:
    """Return a copy of what a ledger knew of a customer on a day.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger; its connection is read and left as it was.
    customer_id : str
        Whose.
    as_of : date
        Only what was known on this day is copied.

    Raises
    ------
    UsageError
        If the ledger does not know the customer on the day.
    """
    found = _Known(ledger.connection, (as_of - EPOCH).days)
    own = found.rows("customers", "customer_id", [customer_id])
    if not own:
        message = f"The ledger knows no customer {customer_id!r} as of {as_of}. Check the id."
        raise UsageError(message)
    tables = {name: found.rows(name, "customer_id", [customer_id]) for name in _OWN}
    group = found.rows("customers", "group_id", _named(own, "group_id"))
    customers = _once("customer_id", own, group)
    members = _named(customers, "customer_id")
    invoices = found.rows("invoices", "customer_id", members)
    asked = _named(invoices, "invoice_id")
    credits = found.rows("invoices", "credits_invoice_id", asked)
    invoices = _once("invoice_id", invoices, credits)
    payments = found.rows("payments", "customer_id", members)
    payments = _once("payment_id", payments, found.rows("payments", "invoice_id", asked))
    payers = _named([*invoices, *payments], "customer_id")
    others = found.rows("customers", "customer_id", payers)
    # a payer may become known later than its money: nothing but its id is
    strangers = [{**dict.fromkeys(own[0]), **_stranger(payer)} for payer in payers]
    customers = _once("customer_id", customers, others, strangers)
    tables |= {"customers": customers, "invoices": invoices, "payments": payments}
    debts = _named(tables["bad_debts"], "bad_debt_id")
    tables["recoveries"] = found.rows("recoveries", "bad_debt_id", debts)
    tables["external_scores"] = _scores(found, customer_id, _named(own, "industry"))
    present = {name: tuple(rows) for name, rows in tables.items() if ledger.has(name)}
    return Copy(customer_id, as_of, ledger.currency, present)


class _Known:
    """The rows of a ledger that hold on a day."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, day: int) -> None:
        self._connection = connection
        self._day = day

    def rows(self, table: str, column: str, values: Sequence[str]) -> list[Row]:
        """Return the rows with one of some values in a column."""
        if not values:
            return []
        # of one value the blocks that lack it are passed over; a list is looked for in all
        one = len(values) == 1
        test = f'"{column}" = $value' if one else f'list_contains($value, "{column}")'
        found = self._connection.execute(
            f"SELECT * EXCLUDE (row_to) FROM led_{table} "
            f"WHERE {test} AND row_from <= $day AND $day < row_to",
            {"day": self._day, "value": values[0] if one else list(values)},
        )
        names = [described[0] for described in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _scores(found: _Known, customer_id: str, industry: Sequence[str]) -> list[Row]:
    wanted = {("customer", customer_id), *(("industry", name) for name in industry)}
    rows = found.rows("external_scores", "subject_id", [customer_id, *industry])
    return [row for row in rows if (row["subject"], row["subject_id"]) in wanted]


def _named(rows: Iterable[Row], column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in rows if row[column] is not None))


def _once(key: str, *groups: Iterable[Row]) -> list[Row]:
    """Return the rows of all groups, of each id the first."""
    found: dict[str, Row] = {}
    for rows in groups:
        for row in rows:
            found.setdefault(row[key], row)
    return list(found.values())


def _stranger(customer_id: str) -> Row:
    return {"customer_id": customer_id, "row_from": ALWAYS}
