"""What a ledger's quality is counted by: spans, copies, and rows that point at nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from features.expression import FAR
from features.ledger.checks import Problem
from features.ledger.columns import NULL_TYPE
from features.ledger.files import TableFiles
from features.ledger.tables import SHOWN_ROWS, TABLES

_MAY_BEGIN_LATER = frozenset({"guarantees"})  # agreed today, valid from a day to come


@dataclass(frozen=True)
class Profile:
    """What one look at the files of a table tells.

    Attributes
    ----------
    name : str
        The table.
    rows : int
        Rows in its files, copies and corrections counted.
    first, last : date or None
        The first and the last own date; None where no row has one.
    late : int
        Rows that became known after their own date.
    future : dict of str to int
        Rows dated after today but believed, by date column, where there are any.
    """

    name: str
    rows: int
    first: date | None
    last: date | None
    late: int
    future: dict[str, int]

    @property
    def late_known_share(self) -> float | None:
        """The share of rows, 0 to 1, known after their own date; None in an empty table."""
        return self.late / self.rows if self.rows else None


@dataclass(frozen=True)
class Pointer:
    """A column whose ids stand in another table, and what a row that points at nothing does."""

    table: str
    column: str
    target: str
    effect: str
    mend: str
    only: str = "true"


POINTERS = (
    Pointer(
        "invoices",
        "order_id",
        "orders",
        "no order counts as invoiced by them",
        "Add the order, or correct or empty the id",
    ),
    Pointer(
        "invoices",
        "credits_invoice_id",
        "invoices",
        "such a credit waits for its invoice and pays nothing",
        "Add the invoice, or empty the id: the credit then pays the oldest due first",
    ),
    Pointer(
        "payments",
        "invoice_id",
        "invoices",
        "the money waits for its invoice and pays nothing",
        "Add the invoice, or empty the id: the money then pays the oldest due first",
    ),
    Pointer(
        "external_scores",
        "subject_id",
        "customers",
        "they have no effect",
        "Add the customer, or correct the id",
        only="t.subject = 'customer'",
    ),
    Pointer(
        "bad_debts",
        "invoice_id",
        "invoices",
        "the debts count all the same",
        "Add the invoice, or correct or empty the id",
    ),
    Pointer(
        "recoveries",
        "bad_debt_id",
        "bad_debts",
        "they have no effect",
        "Add the bad debt, or correct the id",
    ),
)


def profile(
    connection: duckdb.DuckDBPyConnection, files: TableFiles, *, today: date, latest: date
) -> Profile:
    """Return the rows, span and dates of one table's files.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Any connection.
    files : TableFiles
        The table's files, their rows readable.
    today : date
        What lies after it is the future.
    latest : date
        The latest date that is believed; what lies after it breaks a rule instead.
    """
    own, known = _day(files, files.table.own_date), _day(files, "known_on")
    wait = [] if files.table.name in _MAY_BEGIN_LATER else [(files.table.own_date or "", own)]
    ahead = [*wait, ("known_on", known)]
    counts = "".join(
        f", count(CASE WHEN {day} > DATE '{today}' AND {day} <= DATE '{latest}' THEN 1 END)"
        for _, day in ahead
    )
    # a year that Python cannot name is a broken rule, not a span
    sane = f"CASE WHEN {own} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {own} END"
    rows, first, last, late, *future = connection.execute(
        f"SELECT count(*), min({sane}), max({sane}), count(CASE WHEN {known} > {own} THEN 1 END)"
        f"{counts} FROM {files.source}"
    ).fetchall()[0]
    waiting = {column: int(n) for (column, _), n in zip(ahead, future, strict=True) if n}
    return Profile(files.table.name, int(rows), first, last, int(late), waiting)


def future_problems(found: Profile) -> list[Problem]:
    """Return the dates of a table that lie in the future, a problem for each column."""
    told = "lie in the future, so these rows wait for their day. Correct the date if it is a slip"
    return [
        Problem(
            found.name, column, rows, f"Table {found.name}, column {column}: {rows} date(s) {told}."
        )
        for column, rows in found.future.items()
    ]


def copy_problems(
    connection: duckdb.DuckDBPyConnection, files: TableFiles, rows: int
) -> list[Problem]:
    """Return the rows of a loaded table that stand in its files more than once.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds ``led_<table>``, which has each row once, before any conversion.
    files : TableFiles
        The table's files.
    rows : int
        Rows in the files.
    """
    name, key = files.table.name, files.table.key[0]
    copies = rows - _one(connection, f"SELECT count(*) FROM led_{name}")
    if not copies:
        return []
    shown = connection.execute(
        f'SELECT t.k FROM (SELECT "{key}" AS k, count(*) AS n FROM {files.source} GROUP BY 1 '
        f'HAVING count(*) > 1) AS t JOIN (SELECT "{key}" AS k, count(*) AS n FROM led_{name} '
        f"GROUP BY 1) AS l ON l.k = t.k WHERE t.n > l.n ORDER BY 1 LIMIT {SHOWN_ROWS}"
    ).fetchall()
    message = (
        f"Table {name}, column {key}: {copies} row(s) are copies, the same in every column — "
        f"{_listed(shown)}. They count once. Drop the copies."
    )
    return [Problem(name, key, copies, message)]


def corrected_ids(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    """Return how many ids of a loaded table have a later row that supersedes an earlier one."""
    key = ", ".join(f'"{column}"' for column in TABLES[name].key)
    superseded = f"SELECT DISTINCT {key} FROM led_{name} WHERE row_to < {FAR}"
    return _one(connection, f"SELECT count(*) FROM ({superseded})")


def orphan_problems(
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[str, TableFiles | None],
    sound: Collection[str],
) -> Iterator[Problem]:
    """Yield the rows that name something absent, a problem for each pointer that has any.

    A table that is not sound is not loaded, so nothing is said of it or of what points there;
    one whose files cannot be read has None for them.
    """
    for pointer in POINTERS:
        there = pointer.target in sound or pointer.target not in files
        if pointer.table in sound and there:
            yield from _orphans(connection, files, pointer)


def rounded_problems(name: str, rounded: Mapping[str, int]) -> list[Problem]:
    """Return the money columns whose values have more than two places."""
    return [
        Problem(
            name,
            column,
            rows,
            f"Table {name}, column {column}: {rows} value(s) have more than two places and are "
            "rounded half-even. Write amounts with two places.",
        )
        for column, rows in rounded.items()
    ]


def currency_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the currencies that loaded invoices and orders name, with their rows."""
    rows = connection.execute(
        "SELECT currency, count(*) FROM (SELECT currency FROM led_invoices UNION ALL "
        "SELECT currency FROM led_orders) WHERE currency IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {str(code): int(n) for code, n in rows}


def customers_and_strangers(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return how many customers there are, and how many of them no invoice names."""
    everybody = "SELECT DISTINCT customer_id FROM led_customers"
    without = f"{everybody} ANTI JOIN led_invoices USING (customer_id)"
    return (
        _one(connection, f"SELECT count(*) FROM ({everybody})"),
        _one(connection, f"SELECT count(*) FROM ({without})"),
    )


def _orphans(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, TableFiles | None], pointer: Pointer
) -> list[Problem]:
    source, column = files[pointer.table], pointer.column
    if source is None or source.types.get(column, NULL_TYPE) == NULL_TYPE:
        return []
    key = TABLES[pointer.target].key[0]
    lost = (
        f'FROM {source.source} AS t ANTI JOIN led_{pointer.target} AS k ON k."{key}" = '
        f't."{column}" WHERE t."{column}" IS NOT NULL AND {pointer.only}'
    )
    rows = _one(connection, f"SELECT count(*) {lost}")
    if not rows:
        return []
    shown = connection.execute(
        f"SELECT {source.place} || ': ' || t.\"{column}\" {lost} LIMIT {SHOWN_ROWS}"
    ).fetchall()
    absent = "does not have" if pointer.target in files else "would have; the ledger lacks it"
    message = (
        f"Table {pointer.table}, column {column}: {rows} row(s) name what the table "
        f"{pointer.target} {absent} — {_listed(shown)}; {pointer.effect}. {pointer.mend}."
    )
    return [Problem(pointer.table, column, rows, message)]


def _day(files: TableFiles, column: str | None) -> str:
    if column is None or files.types.get(column, NULL_TYPE) == NULL_TYPE:
        return "CAST(NULL AS DATE)"
    return f'CAST("{column}" AS DATE)'


def _listed(shown: list[tuple[object, ...]]) -> str:
    return "; ".join(text if len(text := str(row[0])) <= 60 else text[:57] + "…" for row in shown)


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])
