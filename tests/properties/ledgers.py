"""Random small ledgers for generative tests: every table, early and late knowledge, corrections.

Payments bounce and name no invoice, invoices are credit notes, a correction may move a row to
another customer.

Two customers with every kind of row, and a third whose first invoice names the home
currency, so that what becomes known later does not decide what the ledger is counted in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from features.ledger.tables import TABLES

START = date(2024, 1, 1)
SPAN = 540
BEFORE = (START - timedelta(days=30)).isoformat()

Row = dict[str, Any]
Tables = dict[str, list[Row]]
NAMES = {c.name for t in TABLES.values() for c in t.columns if c.kind == "id"} | {
    "industry",
    "subject_id",
}

days = st.integers(0, SPAN).map(lambda n: (START + timedelta(days=n)).isoformat())
customers = st.sampled_from(["c1", "c2"])
amounts = st.integers(1, 5_000_000).map(lambda minor: f"{minor / 100:.2f}")
signed = st.integers(-200_000, 5_000_000).map(lambda minor: f"{minor / 100:.2f}")
lags = st.one_of(st.none(), st.integers(-20, 120))  # some are told before their day


def later(day: str, by: int) -> str:
    """Return the day some days later."""
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a value or none."""
    return st.one_of(st.none(), strategy)


def codes(table: str, column: str) -> st.SearchStrategy[str]:
    """Draw any word that a column allows."""
    return st.sampled_from(TABLES[table].column(column).codes)


def number(prefix: str, many: int) -> st.SearchStrategy[str]:
    """Draw one of the first ids of a table, whether it was drawn or not."""
    return st.sampled_from([f"{prefix}{k}" for k in range(many)])


# What a row says beside its id and its known day; a correction says all of it anew.
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "orders": {
        "customer_id": customers,
        "ordered_on": days,
        "amount": amounts,
        "status": maybe(codes("orders", "status")),
        "closed_on": maybe(days),
        "currency": maybe(st.sampled_from(["CNY", "USD"])),
    },
    "invoices": {
        "customer_id": customers,
        "issued_on": days,
        "due_on": st.integers(0, 90),
        "amount": signed,
        "currency": maybe(st.sampled_from(["CNY", "USD"])),
        "order_id": maybe(number("o", 3)),
        "credits_invoice_id": maybe(number("i", 4)),
        "disputed_on": maybe(days),
    },
    "payments": {
        "customer_id": customers,
        "paid_on": days,
        "amount": signed,
        "invoice_id": maybe(number("i", 4)),
    },
    "legal_events": {
        "customer_id": customers,
        "filed_on": days,
        "kind": codes("legal_events", "kind"),
        "amount": maybe(amounts),
        "closed_on": maybe(days),
    },
    "external_scores": {"score": st.integers(0, 100)},
    "signals": {
        "customer_id": customers,
        "observed_on": days,
        "kind": codes("signals", "kind"),
        "value": maybe(st.integers(0, 5)),
    },
    "coverage": {},
    "guarantees": {
        "customer_id": customers,
        "amount": amounts,
        "valid_from": days,
        "valid_to": maybe(days),
    },
    "contracts": {
        "customer_id": customers,
        "signed_on": days,
        "expires_on": maybe(days),
        "template": maybe(st.just("standard")),
    },
    "bad_debts": {
        "customer_id": customers,
        "recognised_on": days,
        "amount": maybe(amounts),
    },
    "recoveries": {
        "bad_debt_id": number("b", 3),
        "recovered_on": days,
        "amount": amounts,
    },
    "customers": {
        "industry": maybe(st.sampled_from(["steel", "paper"])),
        "group_id": maybe(st.sampled_from(["g", "h"])),
        "customer_since": maybe(days),
        "credit_limit": maybe(amounts),
    },
    "fx_rates": {"rate": st.integers(1, 90).map(lambda tenths: tenths / 10)},
}
# The key of a row that no correction changes: a number where the table has an id, else drawn.
_KEYS: dict[str, st.SearchStrategy[Row]] = {
    "external_scores": st.fixed_dictionaries(
        {
            "subject": codes("external_scores", "subject"),
            "subject_id": st.sampled_from(["c1", "c2", "steel", "paper"]),
            "published_on": days,
            "source": maybe(st.just("bureau")),
        }
    ),
    "coverage": st.fixed_dictionaries(
        {
            "customer_id": customers,
            "source": st.sampled_from(["court", "register"]),
            "searched_on": days,
        }
    ),
    "customers": st.fixed_dictionaries({"customer_id": customers}),
    "fx_rates": st.fixed_dictionaries({"currency": st.just("USD"), "published_on": days}),
}
_MOST_ROWS = {"invoices": 5, "payments": 5, "customers": 2}


def renamed(tables: Tables, mark: str) -> Tables:
    """Return the same facts with a mark on every name; the home currency keeps its own."""
    return {name: [_marked(row, mark) for row in rows] for name, rows in tables.items()}


def _marked(row: Row, mark: str) -> Row:
    changed: dict[str, Any] = {n: row[n] + mark for n in NAMES if row.get(n) is not None}
    if row.get("currency") not in (None, "CNY"):
        changed["currency"] = row["currency"] + mark
    return row | changed


@st.composite
def ledgers(draw: st.DrawFn) -> Tables:
    """Draw a ledger: rows known late, and corrections of any row of any table."""
    tables = {name: draw(_rows(name)) for name in FIELDS}
    tables["invoices"].append(
        {"invoice_id": "home", "customer_id": "c3", "issued_on": BEFORE, "due_on": BEFORE,
         "amount": "1.00", "currency": "CNY"}
    )  # fmt: skip
    rates = [row for row in tables["fx_rates"] if row["published_on"] != BEFORE]
    tables["fx_rates"] = [*rates, {"currency": "USD", "published_on": BEFORE, "rate": 7.0}]
    return tables


@st.composite
def _rows(draw: st.DrawFn, name: str) -> list[Row]:
    fields = st.fixed_dictionaries(FIELDS[name])
    found = []
    for key in _keys(draw, name):
        first = _finished(name, key | draw(fields))
        known = _own(name, first)
        lag = draw(lags)
        if lag is not None and known is not None:
            first["known_on"] = known = later(known, lag)
        found.append(first)
        if draw(st.booleans()):
            again = _finished(name, key | draw(fields))
            again["known_on"] = later(known or BEFORE, draw(st.integers(1, 300)))
            found.append(again)
    return found


def _keys(draw: st.DrawFn, name: str) -> Sequence[Row]:
    most = _MOST_ROWS.get(name, 3)
    if name in _KEYS:
        return draw(st.lists(_KEYS[name], max_size=most, unique_by=lambda k: tuple(k.values())))
    (key,) = TABLES[name].key
    return [{key: f"{name[0]}{k}"} for k in range(draw(st.integers(0, most)))]


def _own(name: str, row: Row) -> str | None:
    day: str | None = row[str(TABLES[name].own_date)]
    return day


def _finished(name: str, row: Row) -> Row:
    if name == "invoices":
        row["due_on"] = later(row["issued_on"], row["due_on"])
    return row
