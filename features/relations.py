"""The base relations that features fold: what each customer's rows were, as known on the day.

Each is a query over the facts and ``pairs(customer_id, as_of)`` in the SQL that DuckDB,
PostgreSQL and Spark share, and yields ``customer_id, as_of`` and its own columns. Only
rows known by the day are there: ``known_from <= as_of < known_to``, and no event lies
after the day.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.expression import FAR, Relation

SCORE_BASE = 10_000_000  # a published score packed as day · base + ten-thousandths of a point


@dataclass(frozen=True)
class BaseRelation:
    """A relation, the query that yields it, and the ledger tables without which it is unknown."""

    relation: Relation
    sql: str
    needs: tuple[str, ...]


def _visible(table: str, day: str) -> str:
    return (
        f"FROM pairs AS p JOIN led_{table} AS t ON t.customer_id = p.customer_id "
        f"AND t.row_from <= p.as_of AND p.as_of < t.row_to AND t.{day} <= p.as_of"
    )


def _simple(name: str, table: str, day: str, *columns: str) -> BaseRelation:
    chosen = ", ".join(f"t.{column}" for column in columns)
    return BaseRelation(
        Relation(name, columns),
        f"SELECT p.customer_id, p.as_of, {chosen} {_visible(table, day)}",
        (table,),
    )


_ITEM_COLUMNS = (
    "invoice_id",
    "order_id",
    "issued_on",
    "due_on",
    "amount",
    "disputed_on",
    "settled_on",
    "outstanding",
)
_ITEM_JOIN = (
    "JOIN fact_items AS f ON f.customer_id = {owner}.customer_id "
    "AND f.known_from <= p.as_of AND p.as_of < f.known_to"
)
_CUSTOMER_JOIN = (
    "JOIN led_customers AS c ON c.customer_id = p.customer_id "
    "AND c.row_from <= p.as_of AND p.as_of < c.row_to"
)

ITEMS = BaseRelation(
    Relation("items", _ITEM_COLUMNS),
    "SELECT p.customer_id, p.as_of, "
    + ", ".join(f"f.{c}" for c in _ITEM_COLUMNS)
    + " FROM pairs AS p "
    + _ITEM_JOIN.format(owner="p"),
    ("invoices", "payments"),
)
CUSTOMERS = BaseRelation(
    Relation("customers", ("credit_limit", "customer_since", "registered_on", "in_group")),
    "SELECT p.customer_id, p.as_of, c.credit_limit, c.customer_since, c.registered_on, "
    "CASE WHEN c.group_id IS NULL THEN 0 ELSE 1 END AS in_group FROM pairs AS p " + _CUSTOMER_JOIN,
    ("customers",),
)
PAYMENTS = _simple("payments", "payments", "paid_on", "payment_id", "paid_on", "amount")
ORDERS = _simple("orders", "orders", "ordered_on", "order_id", "ordered_on", "closed_on", "status")
OPEN_ORDERS = BaseRelation(
    Relation("open_orders", ("order_id", "amount", "invoiced")),
    "SELECT o.customer_id, o.as_of, o.order_id, o.amount, "
    "COALESCE(SUM(f.amount), 0) AS invoiced FROM ("
    f"SELECT p.customer_id, p.as_of, t.order_id, t.amount {_visible('orders', 'ordered_on')} "
    "WHERE CASE WHEN t.closed_on IS NULL THEN COALESCE(t.status, 'open') = 'open' "
    "ELSE t.closed_on > p.as_of END) AS o "
    "LEFT JOIN fact_items AS f ON f.customer_id = o.customer_id AND f.order_id = o.order_id "
    "AND f.known_from <= o.as_of AND o.as_of < f.known_to AND f.amount > 0 "
    "GROUP BY o.customer_id, o.as_of, o.order_id, o.amount",
    ("orders",),
)
LEGAL = _simple(
    "legal", "legal_events", "filed_on", "event_id", "filed_on", "closed_on", "kind", "amount"
)
COVERAGE = _simple("coverage", "coverage", "searched_on", "source", "searched_on")
SIGNALS = _simple("signals", "signals", "observed_on", "signal_id", "observed_on", "kind", "value")
GUARANTEES = _simple(
    "guarantees", "guarantees", "valid_from", "guarantee_id", "valid_from", "valid_to", "amount"
)
CONTRACTS = _simple("contracts", "contracts", "signed_on", "contract_id", "signed_on", "expires_on")
BAD_DEBTS = BaseRelation(
    Relation("bad_debts", ("bad_debt_id", "recognised_on", "amount", "cleared_on")),
    "SELECT b.customer_id, b.as_of, b.bad_debt_id, b.recognised_on, b.amount, "
    # a bad debt corrected to nothing is withdrawn: it was never one
    f"CASE WHEN b.amount <= 0 THEN {-FAR} "
    f"ELSE COALESCE(MIN(CASE WHEN b.so_far >= b.amount THEN b.recovered_on END), {FAR}) END "
    "AS cleared_on FROM ("
    "SELECT d.customer_id, d.as_of, d.bad_debt_id, d.recognised_on, d.amount, r.recovered_on, "
    "SUM(r.amount) OVER (PARTITION BY d.customer_id, d.as_of, d.bad_debt_id "
    "ORDER BY r.recovered_on, r.recovery_id) AS so_far "
    "FROM (SELECT p.customer_id, p.as_of, t.bad_debt_id, t.recognised_on, t.amount "
    f"{_visible('bad_debts', 'recognised_on')}) AS d "
    "LEFT JOIN led_recoveries AS r ON r.bad_debt_id = d.bad_debt_id AND r.row_from <= d.as_of "
    "AND d.as_of < r.row_to AND r.recovered_on <= d.as_of) AS b "
    "GROUP BY b.customer_id, b.as_of, b.bad_debt_id, b.recognised_on, b.amount",
    ("bad_debts",),
)
_SCORE_COLUMNS = ("subject_id", "source", "published_on", "packed")
_SCORE_SELECT = (
    "SELECT p.customer_id, p.as_of, s.subject_id, s.source, s.published_on, "
    f"CAST(s.published_on AS BIGINT) * {SCORE_BASE} + s.score AS packed FROM pairs AS p "
)
_SCORE_JOIN = "AND s.published_on <= p.as_of AND s.row_from <= p.as_of AND p.as_of < s.row_to"
OWN_SCORES = BaseRelation(
    Relation("own_scores", _SCORE_COLUMNS),
    _SCORE_SELECT + "JOIN led_external_scores AS s ON s.subject = 'customer' "
    f"AND s.subject_id = p.customer_id {_SCORE_JOIN}",
    ("external_scores",),
)
INDUSTRY_SCORES = BaseRelation(
    Relation("industry_scores", _SCORE_COLUMNS),
    _SCORE_SELECT + _CUSTOMER_JOIN + " JOIN led_external_scores AS s ON s.subject = 'industry' "
    f"AND s.subject_id = c.industry {_SCORE_JOIN}",
    ("external_scores",),
)
AFFILIATES = BaseRelation(
    Relation("affiliates", (*_ITEM_COLUMNS, "affiliate_id")),
    "SELECT p.customer_id, p.as_of, a.customer_id AS affiliate_id, "
    + ", ".join(f"f.{c}" for c in _ITEM_COLUMNS)
    + f" FROM pairs AS p {_CUSTOMER_JOIN} "
    "JOIN led_customers AS a ON a.group_id = c.group_id AND a.customer_id <> c.customer_id "
    "AND a.row_from <= p.as_of AND p.as_of < a.row_to " + _ITEM_JOIN.format(owner="a"),
    ("customers", "invoices"),
)

RELATIONS: dict[str, BaseRelation] = {
    base.relation.name: base
    for base in (
        ITEMS,
        CUSTOMERS,
        PAYMENTS,
        ORDERS,
        OPEN_ORDERS,
        LEGAL,
        COVERAGE,
        SIGNALS,
        GUARANTEES,
        CONTRACTS,
        BAD_DEBTS,
        OWN_SCORES,
        INDUSTRY_SCORES,
        AFFILIATES,
    )
}
