"""Versioned settlement of a ledger: ``fact_items``, one row per invoice and known span.

Customers are taken in ranges, so that what is in memory at once does not grow with the
ledger. A range holds all invoices of its customers and all the money that pays them: their
own, and the strays, which name an invoice of a customer of another range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.compile import has_compiler
from features.expression import FAR
from features.ledger import allocation
from features.ledger.allocation import POOL, Ints
from features.settings import FeatureSettings

COMPILED_ABOVE = 200_000  # about microseconds that the plain kernel takes; see `_cost`
RANGE_ROWS = 1_000_000  # invoice rows of the customers taken at once
FACT_COLUMNS = (
    "customer_id",
    "invoice_id",
    "order_id",
    "issued_on",
    "due_on",
    "amount",
    "disputed_on",
    "known_from",
    "known_to",
    "settled_on",
    "outstanding",
)
_KERNEL_ITEM = ("number", "known_from", "known_to", "amount", "issued_on", "due_on", "floor")
_KERNEL_MONEY = ("target", "day", "amount", "known_from", "known_to")
_KNOWN = "greatest({0}.row_from, {0}.{1})"


@dataclass(frozen=True)
class _Range:
    """Customers from one id up to another; None is without end."""

    first: str | None
    beyond: str | None

    def test(self, column: str) -> str:
        """Return the SQL that a customer is in the range."""
        bounds = [(self.first, ">="), (self.beyond, "<")]
        parts = [f"{column} {sign} {_text(bound)}" for bound, sign in bounds if bound is not None]
        return " AND ".join(parts) or "true"


def build_items(connection: duckdb.DuckDBPyConnection, settings: FeatureSettings) -> None:
    """Create ``fact_items`` from ``led_invoices`` and ``led_payments``, sorted by customer.

    As of day D the version with ``known_from <= D < known_to`` holds; ``settled_on`` is
    ``FAR`` while more than the materiality floor is open. Credit notes are rows of a
    negative amount that owe nothing.
    """
    connection.execute(
        "CREATE TABLE fact_items (customer_id VARCHAR, invoice_id VARCHAR, order_id VARCHAR, "
        "issued_on INTEGER, due_on INTEGER, amount BIGINT, disputed_on INTEGER, "
        "known_from INTEGER, known_to INTEGER, settled_on INTEGER, outstanding BIGINT)"
    )
    for facts in item_batches(connection, settings):
        connection.register("settle_facts", facts)
        connection.execute("INSERT INTO fact_items SELECT * FROM settle_facts")
        connection.unregister("settle_facts")


def item_batches(
    connection: duckdb.DuckDBPyConnection,
    settings: FeatureSettings,
    *,
    range_rows: int = RANGE_ROWS,
) -> Iterator[pa.Table]:
    """Yield the rows of ``fact_items``, customers ascending, a range of them at a time.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Has ``led_invoices`` and ``led_payments``; quickest where both are sorted by customer.
    settings : FeatureSettings
        The materiality floor.
    range_rows : int
        About how many invoice rows are taken at once.

    Yields
    ------
    pyarrow.Table
        With the columns ``FACT_COLUMNS``.
    """
    ranges = _ranges(connection, range_rows)
    _note_strays(connection, ranges)
    try:
        for chosen in ranges:
            facts = _settled(connection, chosen, settings)
            if facts.num_rows:
                yield facts
    finally:
        connection.execute("DROP TABLE IF EXISTS settle_stray_payments")
        connection.execute("DROP TABLE IF EXISTS settle_stray_credits")


def _ranges(connection: duckdb.DuckDBPyConnection, range_rows: int) -> list[_Range]:
    rows = int(connection.execute("SELECT count(*) FROM led_invoices").fetchall()[0][0])
    if rows <= range_rows:
        return [_Range(None, None)]
    found = connection.execute(
        "SELECT customer_id, count(*) AS n FROM led_invoices GROUP BY customer_id "
        "ORDER BY customer_id"
    ).fetchnumpy()
    before = np.cumsum(found["n"]) - found["n"]
    starts = np.unique(before // range_rows, return_index=True)[1][1:]
    bounds = [None, *(str(found["customer_id"][i]) for i in starts), None]
    return [_Range(a, b) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


def _note_strays(connection: duckdb.DuckDBPyConnection, ranges: list[_Range]) -> None:
    """Keep the payments and credit notes whose invoice may be another range's.

    That is every one that names no invoice of its own range, and every one that names an
    invoice which a correction moved to another customer.
    """
    for table, source, named in (
        ("settle_stray_payments", "led_payments", "invoice_id"),
        ("settle_stray_credits", "led_invoices", "credits_invoice_id"),
    ):
        connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM {source} WHERE false")
        if len(ranges) == 1:
            continue
        for chosen in ranges:
            connection.execute(
                f"INSERT INTO {table} SELECT p.* FROM {source} AS p "
                f"WHERE {chosen.test('p.customer_id')} AND p.{named} IS NOT NULL "
                f"AND p.{named} NOT IN (SELECT invoice_id FROM led_invoices WHERE "
                f"{chosen.test('customer_id')})"
            )
        connection.execute(
            f"INSERT INTO {table} SELECT p.* FROM {source} AS p WHERE p.{named} IN ("
            "SELECT m.invoice_id FROM led_invoices AS m SEMI JOIN ("
            f"SELECT invoice_id FROM led_invoices WHERE row_to < {FAR}) AS c USING (invoice_id) "
            "GROUP BY m.invoice_id HAVING min(m.customer_id) <> max(m.customer_id)) "
            f"AND NOT EXISTS (SELECT 1 FROM {table} AS s WHERE s.customer_id = p.customer_id "
            f"AND s.{named} = p.{named})"
        )


def _settled(
    connection: duckdb.DuckDBPyConnection, chosen: _Range, settings: FeatureSettings
) -> pa.Table:
    rows = _invoice_rows(connection, chosen, settings)
    owed = np.flatnonzero(rows["amount"].to_numpy() >= 0)
    items = _matrix(rows.take(owed), _KERNEL_ITEM)
    payer = rows["customer"].to_numpy()[owed]
    money = _money(connection, chosen, rows)
    costly = _cost(payer, money) > COMPILED_ABOVE
    kernel = allocation.compiled() if costly and has_compiler() else allocation.settle
    customers = np.arange(int(payer.max(initial=-1)) + 2)
    versions = kernel(
        np.searchsorted(payer, customers),
        items,
        np.searchsorted(money["customer"].to_numpy(), customers),
        _matrix(money, _KERNEL_MONEY),
    )
    return _facts(rows, owed, versions)


def _cost(payer: Ints, money: pa.Table) -> int:
    """Return about what settling costs: a pool is replayed on every day on which a row is known."""
    of_money = money["customer"].to_numpy()
    many = 1 + max(int(payer.max(initial=0)), int(of_money.max(initial=0)))
    rows = np.bincount(payer, minlength=many) + np.bincount(of_money, minlength=many)
    pooled = np.unique(of_money[money["target"].to_numpy() == POOL])
    return int((rows[pooled] ** 2).sum() + (rows**2).sum() // 20)


def _invoice_rows(
    connection: duckdb.DuckDBPyConnection, chosen: _Range, settings: FeatureSettings
) -> pa.Table:
    """Return the rows of the range's invoices, each with the number of its customer and its own.

    An invoice that a correction moves to another customer has a number with each of them:
    the first one's ends when the correction is known, and the other's begins.
    """
    known = _KNOWN.format("v", "issued_on")
    rows: pa.Table = connection.sql(
        "SELECT v.customer_id, v.invoice_id, v.order_id, v.credits_invoice_id, v.issued_on, "
        f"v.due_on, v.amount, coalesce(v.disputed_on, {FAR}) AS disputed_on, "
        f"{known} AS known_from, v.row_to AS known_to, "
        f"greatest({settings.floor_minor}, v.amount * {settings.floor_permille} // 1000) AS floor "
        f"FROM led_invoices AS v WHERE {chosen.test('v.customer_id')} AND {known} < v.row_to "
        "ORDER BY v.customer_id, v.invoice_id, known_from"
    ).to_arrow_table()
    other_customer = _changes(rows["customer_id"])
    other_invoice = other_customer | _changes(rows["invoice_id"])
    rows = rows.append_column("customer", pa.array(np.cumsum(other_customer)))
    return rows.append_column("number", pa.array(np.cumsum(other_invoice)))


def _changes(column: pa.ChunkedArray) -> Ints:
    """Return 1 where a value differs from the one before it, else 0."""
    values = column.combine_chunks()
    changed = np.zeros(len(values), dtype=np.int64)
    if len(values) > 1:
        changed[1:] = pc.not_equal(values[1:], values[:-1]).to_numpy(zero_copy_only=False)
    return changed


def _money(connection: duckdb.DuckDBPyConnection, chosen: _Range, rows: pa.Table) -> pa.Table:
    """Return the money that pays the range's invoices, in the order that the kernel takes."""
    connection.register("settle_rows", rows)
    try:
        paid = _KNOWN.format("p", "paid_on")
        credited = _KNOWN.format("p", "issued_on")
        own = chosen.test("customer_id")
        found: pa.Table = connection.sql(
            "WITH targets AS (SELECT DISTINCT invoice_id, customer, number FROM settle_rows), "
            "payers AS (SELECT DISTINCT customer_id, customer FROM settle_rows), "
            f"payments AS (SELECT * FROM led_payments WHERE {own} UNION ALL "
            f"SELECT * FROM settle_stray_payments WHERE NOT ({own})), "
            f"credits AS (SELECT * FROM led_invoices WHERE {own} AND amount < 0 UNION ALL "
            f"SELECT * FROM settle_stray_credits WHERE NOT ({own}) AND amount < 0) "
            "SELECT t.customer, t.number AS target, p.paid_on AS day, p.amount, "
            f"p.payment_id AS id, {paid} AS known_from, p.row_to AS known_to "
            f"FROM payments AS p JOIN targets AS t USING (invoice_id) WHERE {paid} < p.row_to "
            f"UNION ALL SELECT c.customer, {POOL}, p.paid_on, p.amount, p.payment_id, {paid}, "
            "p.row_to FROM payments AS p JOIN payers AS c USING (customer_id) "
            f"WHERE p.invoice_id IS NULL AND {paid} < p.row_to "
            f"UNION ALL SELECT t.customer, t.number, p.issued_on, -p.amount, p.invoice_id, "
            f"{credited}, p.row_to FROM credits AS p "
            "JOIN targets AS t ON t.invoice_id = p.credits_invoice_id "
            f"WHERE {credited} < p.row_to "
            f"UNION ALL SELECT c.customer, {POOL}, p.issued_on, -p.amount, p.invoice_id, "
            f"{credited}, p.row_to FROM credits AS p JOIN payers AS c USING (customer_id) "
            f"WHERE p.credits_invoice_id IS NULL AND {credited} < p.row_to "
            "ORDER BY customer, target, day, id"
        ).to_arrow_table()
    finally:
        connection.unregister("settle_rows")
    return found


def _matrix(table: pa.Table, names: tuple[str, ...]) -> Ints:
    matrix = np.empty((table.num_rows, len(names)), dtype=np.int64)
    for place, name in enumerate(names):
        matrix[:, place] = table[name].to_numpy()
    return matrix


def _facts(rows: pa.Table, owed: Ints, versions: Ints) -> pa.Table:
    """Return the versions with what their invoice says, and the credit notes among them."""
    credits = np.flatnonzero(rows["amount"].to_numpy() < 0)
    of_row = np.concatenate((owed[versions[:, 0]], credits))
    order = np.argsort(of_row, kind="stable")
    of_row = of_row[order]
    issued = rows["issued_on"].to_numpy()[credits]
    nothing = np.zeros(len(credits), dtype=np.int64)
    settled = {
        "known_from": (versions[:, 1], rows["known_from"].to_numpy()[credits], pa.int32()),
        "known_to": (versions[:, 2], rows["known_to"].to_numpy()[credits], pa.int32()),
        "settled_on": (versions[:, 3], issued, pa.int32()),
        "outstanding": (versions[:, 4], nothing, pa.int64()),
    }
    columns = {}
    for name in FACT_COLUMNS:
        if name in settled:
            of_items, of_credits, kind = settled[name]
            values = np.concatenate((of_items, of_credits))[order]
            columns[name] = pa.array(values).cast(kind)
        else:
            columns[name] = rows[name].take(of_row)
    return pa.table(columns)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
