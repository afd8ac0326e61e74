"""The base relations that features fold: what each customer's rows were, as known on the day.

Each is a query over the facts and ``pairs(customer_id, as_of)`` in the SQL that DuckDB,
PostgreSQL and Spark share, and yields ``customer_id, as_of`` and its own columns. Only
rows known by the day are there: ``known_from <= as_of < known_to``, and no event lies
after the day.

A relation is written once, around the pair that it is of. For many pairs the pair is a row
of ``pairs``; for one customer as of one day it is two parameters, and the query a look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from features.expression import FAR, Relation

SCORE_BASE = 10_000_000  # a published score packed as day · base + ten-thousandths of a point
_CUSTOMER, _AS_OF = "$1", "$2"  # the parameters of a look-up


@dataclass(frozen=True)
class BaseRelation:
    """A relation, the query that yields it, and the ledger tables without which it is unknown.

    Attributes
    ----------
    relation : Relation
        Its name and columns.
    sql : str
        The query over ``pairs``.
    needs : tuple of str
        Tables of the ledger.
    lookup_sql : str
        The same query for one pair: ``$1`` is the customer, ``$2`` the day's number.
    """

    relation: Relation
    sql: str
    needs: tuple[str, ...]
    lookup_sql: str


class _Pair:
    """How a relation's query speaks of its pair, and how it reaches the facts from it."""

    def customer(self, alias: str = "p") -> str:
        """Return the customer, which an inner query may hand on under its alias."""
        return f"{alias}.customer_id"

    def as_of(self, alias: str = "p") -> str:
        """Return the day."""
        return f"{alias}.as_of"

    @property
    def selected(self) -> str:
        """The pair as the first columns of a query."""
        return "p.customer_id, p.as_of"

    def reach(self, *joins: tuple[str, str], where: str = "") -> str:
        """Return FROM and what follows it: tables and the condition that each is joined on."""
        joined = " ".join(f"JOIN {table} ON {condition}" for table, condition in joins)
        return f"FROM pairs AS p {joined}" + (f" WHERE {where}" if where else "")


class _OnePair(_Pair):
    """The pair is two parameters: the first table is read by them, and not joined."""

    def customer(self, alias: str = "p") -> str:
        return _CUSTOMER

    def as_of(self, alias: str = "p") -> str:
        return _AS_OF

    @property
    def selected(self) -> str:
        return f"{_CUSTOMER} AS customer_id, {_AS_OF} AS as_of"

    def reach(self, *joins: tuple[str, str], where: str = "") -> str:
        (first, condition), *others = joins
        joined = "".join(f" JOIN {table} ON {on}" for table, on in others)
        return f"FROM {first}{joined} WHERE {condition}" + (f" AND {where}" if where else "")


def _base(
    relation: Relation, needs: tuple[str, ...], query: Callable[[_Pair], str]
) -> BaseRelation:
    return BaseRelation(relation, query(_Pair()), needs, query(_OnePair()))


def _visible(pair: _Pair, table: str, day: str) -> tuple[str, str]:
    return (
        f"led_{table} AS t",
        f"t.customer_id = {pair.customer()} "
        f"AND t.row_from <= {pair.as_of()} AND {pair.as_of()} < t.row_to "
        f"AND t.{day} <= {pair.as_of()}",
    )


def _simple(name: str, table: str, day: str, *columns: str) -> BaseRelation:
    chosen = ", ".join(f"t.{column}" for column in columns)

    def query(pair: _Pair) -> str:
        return f"SELECT {pair.selected}, {chosen} {pair.reach(_visible(pair, table, day))}"

    return _base(Relation(name, columns), (table,), query)


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
_ITEMS_CHOSEN = ", ".join(f"f.{column}" for column in _ITEM_COLUMNS)


def _items_of(owner: str, day: str) -> tuple[str, str]:
    return (
        "fact_items AS f",
        f"f.customer_id = {owner} AND f.known_from <= {day} AND {day} < f.known_to",
    )


def _own_row(pair: _Pair) -> tuple[str, str]:
    return (
        "led_customers AS c",
        f"c.customer_id = {pair.customer()} "
        f"AND c.row_from <= {pair.as_of()} AND {pair.as_of()} < c.row_to",
    )


def _items(pair: _Pair) -> str:
    reach = pair.reach(_items_of(pair.customer(), pair.as_of()))
    return f"SELECT {pair.selected}, {_ITEMS_CHOSEN} {reach}"


def _customers(pair: _Pair) -> str:
    return (
        f"SELECT {pair.selected}, c.credit_limit, c.customer_since, c.registered_on, "
        f"CASE WHEN c.group_id IS NULL THEN 0 ELSE 1 END AS in_group {pair.reach(_own_row(pair))}"
    )


def _open_orders(pair: _Pair) -> str:
    still_open = (
        "CASE WHEN t.closed_on IS NULL THEN COALESCE(t.status, 'open') = 'open' "
        f"ELSE t.closed_on > {pair.as_of()} END"
    )
    orders = pair.reach(_visible(pair, "orders", "ordered_on"), where=still_open)
    items, held = _items_of(pair.customer("o"), pair.as_of("o"))
    owner, known = held.split(" AND ", 1)
    return (
        "SELECT o.customer_id, o.as_of, o.order_id, o.amount, "
        "COALESCE(SUM(f.amount), 0) AS invoiced FROM ("
        f"SELECT {pair.selected}, t.order_id, t.amount {orders}) AS o "
        f"LEFT JOIN {items} ON {owner} AND f.order_id = o.order_id "
        f"AND {known} AND f.amount > 0 "
        "GROUP BY o.customer_id, o.as_of, o.order_id, o.amount"
    )


def _bad_debts(pair: _Pair) -> str:
    debts = pair.reach(_visible(pair, "bad_debts", "recognised_on"))
    day = pair.as_of("d")
    return (
        "SELECT b.customer_id, b.as_of, b.bad_debt_id, b.recognised_on, b.amount, "
        # a bad debt corrected to nothing is withdrawn: it was never one
        f"CASE WHEN b.amount <= 0 THEN {-FAR} "
        f"ELSE COALESCE(MIN(CASE WHEN b.so_far >= b.amount THEN b.recovered_on END), {FAR}) END "
        "AS cleared_on FROM ("
        "SELECT d.customer_id, d.as_of, d.bad_debt_id, d.recognised_on, d.amount, r.recovered_on, "
        "SUM(r.amount) OVER (PARTITION BY d.customer_id, d.as_of, d.bad_debt_id "
        "ORDER BY r.recovered_on, r.recovery_id) AS so_far "
        f"FROM (SELECT {pair.selected}, t.bad_debt_id, t.recognised_on, t.amount {debts}) AS d "
        f"LEFT JOIN led_recoveries AS r ON r.bad_debt_id = d.bad_debt_id AND r.row_from <= {day} "
        f"AND {day} < r.row_to AND r.recovered_on <= {day}) AS b "
        "GROUP BY b.customer_id, b.as_of, b.bad_debt_id, b.recognised_on, b.amount"
    )


_SCORE_COLUMNS = ("subject_id", "source", "published_on", "packed")


def _scores(pair: _Pair, subject: str, owner: str, *before: tuple[str, str]) -> str:
    held = (
        "led_external_scores AS s",
        f"s.subject = '{subject}' AND s.subject_id = {owner} AND s.published_on <= {pair.as_of()} "
        f"AND s.row_from <= {pair.as_of()} AND {pair.as_of()} < s.row_to",
    )
    return (
        f"SELECT {pair.selected}, s.subject_id, s.source, s.published_on, "
        f"CAST(s.published_on AS BIGINT) * {SCORE_BASE} + s.score AS packed "
        f"{pair.reach(*before, held)}"
    )


def _own_scores(pair: _Pair) -> str:
    return _scores(pair, "customer", pair.customer())


def _industry_scores(pair: _Pair) -> str:
    return _scores(pair, "industry", "c.industry", _own_row(pair))


def _affiliates(pair: _Pair) -> str:
    day = pair.as_of()
    others = (
        "led_customers AS a",
        "a.group_id = c.group_id AND a.customer_id <> c.customer_id "
        f"AND a.row_from <= {day} AND {day} < a.row_to",
    )
    return (
        f"SELECT {pair.selected}, a.customer_id AS affiliate_id, {_ITEMS_CHOSEN} "
        f"{pair.reach(_own_row(pair), others, _items_of('a.customer_id', day))}"
    )


ITEMS = _base(Relation("items", _ITEM_COLUMNS), ("invoices", "payments"), _items)
CUSTOMERS = _base(
    Relation("customers", ("credit_limit", "customer_since", "registered_on", "in_group")),
    ("customers",),
    _customers,
)
PAYMENTS = _simple("payments", "payments", "paid_on", "payment_id", "paid_on", "amount")
ORDERS = _simple("orders", "orders", "ordered_on", "order_id", "ordered_on", "closed_on", "status")
OPEN_ORDERS = _base(
    Relation("open_orders", ("order_id", "amount", "invoiced")), ("orders",), _open_orders
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
BAD_DEBTS = _base(
    Relation("bad_debts", ("bad_debt_id", "recognised_on", "amount", "cleared_on")),
    ("bad_debts",),
    _bad_debts,
)
OWN_SCORES = _base(Relation("own_scores", _SCORE_COLUMNS), ("external_scores",), _own_scores)
INDUSTRY_SCORES = _base(
    Relation("industry_scores", _SCORE_COLUMNS), ("external_scores",), _industry_scores
)
AFFILIATES = _base(
    Relation("affiliates", (*_ITEM_COLUMNS, "affiliate_id")),
    ("customers", "invoices"),
    _affiliates,
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
