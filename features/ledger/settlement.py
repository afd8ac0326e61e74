"""Versioned settlement of a ledger: ``fact_items``, one row per invoice and known span."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from features.expression import FAR
from features.ledger import allocation
from features.ledger.allocation import Ints
from features.settings import FeatureSettings

# Σ rows² over customers, about what the kernel costs, from which compiling it is cheaper
COMPILED_ABOVE = 2_000_000
_ITEM_COLUMNS = ("invoice", "known_from", "known_to", "amount", "issued_on", "due_on", "floor")
_MONEY_COLUMNS = ("target", "day", "amount", "known_from", "known_to")


def build_items(connection: duckdb.DuckDBPyConnection, settings: FeatureSettings) -> None:
    """Create ``fact_items`` from ``led_invoices`` and ``led_payments``, sorted by customer.

    As of day D the version with ``known_from <= D < known_to`` holds; ``settled_on`` is
    ``FAR`` while more than the materiality floor is open. Credit notes are rows of a
    negative amount that owe nothing.
    """
    _number_rows(connection, settings)
    items = _columns(connection, "settle_items", "rid", _ITEM_COLUMNS)
    money = _columns(connection, "settle_money", "customer, target, day, id", _MONEY_COLUMNS)
    costly = int((np.bincount(items[0]).astype(np.int64) ** 2).sum()) > COMPILED_ABOVE
    kernel = allocation.compiled() if costly else allocation.settle
    customers = np.arange(1, int(items[0].max(initial=0)) + 2)
    versions = kernel(
        np.searchsorted(items[0], customers),
        items[1],
        np.searchsorted(money[0], customers),
        money[1],
    )
    _store(connection, versions)


def _columns(
    connection: duckdb.DuckDBPyConnection, table: str, order: str, names: tuple[str, ...]
) -> tuple[Ints, Ints]:
    found = connection.execute(
        f"SELECT customer, {', '.join(names)} FROM {table} ORDER BY {order}"
    ).fetchnumpy()
    matrix = np.empty((len(found["customer"]), len(names)), dtype=np.int64)
    for place, name in enumerate(names):
        matrix[:, place] = found[name]
    return found["customer"].astype(np.int64), matrix


def _number_rows(connection: duckdb.DuckDBPyConnection, settings: FeatureSettings) -> None:
    # An invoice that a correction moves to another customer has a number with each of them:
    # the first one's ends when the correction is known, and the other's begins.
    connection.execute(
        "CREATE TEMP TABLE settle_invoices AS SELECT customer_id, invoice_id, "
        "row_number() OVER (ORDER BY customer_id, invoice_id) AS invoice, "
        "dense_rank() OVER (ORDER BY customer_id) AS customer "
        "FROM (SELECT DISTINCT customer_id, invoice_id FROM led_invoices)"
    )
    connection.execute(
        "CREATE TEMP TABLE settle_rows AS SELECT v.*, n.invoice, n.customer, "
        "greatest(v.row_from, v.issued_on) AS known_from FROM led_invoices AS v "
        "JOIN settle_invoices AS n USING (customer_id, invoice_id)"
    )
    connection.execute(
        "CREATE TEMP TABLE settle_items AS SELECT "
        "row_number() OVER (ORDER BY invoice, known_from) - 1 AS rid, "
        "customer, invoice, known_from, row_to AS known_to, amount, issued_on, due_on, "
        f"greatest({settings.floor_minor}, amount * {settings.floor_permille} // 1000) AS floor "
        "FROM settle_rows WHERE amount >= 0 AND known_from < row_to"
    )
    connection.execute(
        "CREATE TEMP TABLE settle_money AS "
        "SELECT n.customer, n.invoice AS target, p.paid_on AS day, p.amount, p.payment_id AS id, "
        "greatest(p.row_from, p.paid_on) AS known_from, p.row_to AS known_to "
        "FROM led_payments AS p JOIN settle_invoices AS n USING (invoice_id) "
        "WHERE greatest(p.row_from, p.paid_on) < p.row_to "
        "UNION ALL SELECT c.customer, -1, p.paid_on, p.amount, p.payment_id, "
        "greatest(p.row_from, p.paid_on), p.row_to FROM led_payments AS p "
        "JOIN (SELECT DISTINCT customer_id, customer FROM settle_invoices) AS c USING (customer_id)"
        " WHERE p.invoice_id IS NULL AND greatest(p.row_from, p.paid_on) < p.row_to "
        "UNION ALL SELECT coalesce(n.customer, r.customer), coalesce(n.invoice, -1), r.issued_on, "
        "-r.amount, r.invoice_id, r.known_from, r.row_to FROM settle_rows AS r "
        "LEFT JOIN settle_invoices AS n ON n.invoice_id = r.credits_invoice_id "
        "WHERE r.amount < 0 AND r.known_from < r.row_to "
        "AND (n.invoice IS NOT NULL OR r.credits_invoice_id IS NULL)"
    )


def _store(connection: duckdb.DuckDBPyConnection, versions: Ints) -> None:
    names = ("rid", "known_from", "known_to", "settled_on", "outstanding")
    table = pa.table({name: versions[:, i] for i, name in enumerate(names)})
    connection.register("settle_versions", table)
    connection.execute(
        "CREATE TABLE fact_items AS "
        "SELECT r.customer_id, r.invoice_id, r.order_id, r.issued_on, r.due_on, r.amount, "
        f"coalesce(r.disputed_on, {FAR}) AS disputed_on, CAST(v.known_from AS INTEGER) "
        "AS known_from, CAST(v.known_to AS INTEGER) AS known_to, "
        "CAST(v.settled_on AS INTEGER) AS settled_on, v.outstanding "
        "FROM settle_versions AS v JOIN settle_items AS i USING (rid) "
        "JOIN settle_rows AS r ON r.invoice = i.invoice AND r.known_from = i.known_from "
        "AND r.row_to = i.known_to "
        "UNION ALL SELECT customer_id, invoice_id, order_id, issued_on, due_on, amount, "
        f"coalesce(disputed_on, {FAR}), known_from, row_to, issued_on, 0 "
        "FROM settle_rows WHERE amount < 0 AND known_from < row_to "
        "ORDER BY customer_id, known_from, invoice_id"
    )
    connection.unregister("settle_versions")
    for name in ("settle_invoices", "settle_rows", "settle_items", "settle_money"):
        connection.execute(f"DROP TABLE {name}")
