"""Random small ledgers for generative tests: every table, late knowledge, corrections."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

START = date(2024, 1, 1)
SPAN = 540

days = st.integers(0, SPAN).map(lambda n: (START + timedelta(days=n)).isoformat())
customers = st.sampled_from(["c1", "c2"])
amounts = st.decimals("0.01", "50000.00", places=2).map(str)
lags = st.one_of(st.none(), st.integers(0, 120))


def later(day: str, by: int) -> str:
    """Return the day some days later."""
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


@st.composite
def row(draw: st.DrawFn, own: str, **fields: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw a row with its own day, a known day at or after it, and other fields."""
    day, lag = draw(days), draw(lags)
    known = None if lag is None else later(day, lag)
    drawn = {name: draw(field) for name, field in fields.items()}
    return {"customer_id": draw(customers), own: day, "known_on": known} | drawn


def optional_day() -> st.SearchStrategy[str | None]:
    """Draw a day or none."""
    return st.one_of(st.none(), days)


_TABLES: dict[str, tuple[str, st.SearchStrategy[dict[str, Any]]]] = {
    "invoices": (
        "invoice_id",
        row("issued_on", amount=amounts, disputed_on=optional_day(), terms=st.integers(0, 90)),
    ),
    "payments": (
        "payment_id",
        row(
            "paid_on",
            amount=st.decimals("-2000.00", "50000.00", places=2).map(str),
            invoice_id=st.one_of(st.none(), st.sampled_from(["i0", "i1", "i2", "i3"])),
        ),
    ),
    "orders": (
        "order_id",
        row(
            "ordered_on",
            amount=amounts,
            status=st.sampled_from(["open", "fulfilled", "cancelled", "returned"]),
            closed_on=optional_day(),
        ),
    ),
    "legal_events": (
        "event_id",
        row(
            "filed_on",
            kind=st.sampled_from(["lawsuit", "enforcement", "dishonest", "bankruptcy"]),
            amount=st.one_of(st.none(), amounts),
            closed_on=optional_day(),
        ),
    ),
    "signals": (
        "signal_id",
        row(
            "observed_on",
            kind=st.sampled_from(["negative_news", "complaint", "supplier_review"]),
            value=st.one_of(st.none(), st.integers(0, 5)),
        ),
    ),
    "guarantees": ("guarantee_id", row("valid_from", amount=amounts, valid_to=optional_day())),
    "contracts": ("contract_id", row("signed_on", expires_on=optional_day())),
    "bad_debts": ("bad_debt_id", row("recognised_on", amount=amounts)),
    "coverage": ("source", row("searched_on")),
}
_PREFIX = {name: key[0] for name, (key, _) in _TABLES.items()}


@st.composite
def ledgers(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Draw a ledger of two customers, with corrections of some rows known later."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, (key, strategy) in _TABLES.items():
        rows = draw(st.lists(strategy, max_size=5))
        for number, drawn in enumerate(rows):
            drawn[key] = f"{_PREFIX[name]}{number}"
        tables[name] = [_finished(name, drawn) for drawn in rows]
    tables["recoveries"] = [
        {"recovery_id": f"r{n}", "bad_debt_id": b["bad_debt_id"], "amount": b["amount"],
         "recovered_on": later(b["recognised_on"], 30), "known_on": later(b["recognised_on"], 70)}
        for n, b in enumerate(tables["bad_debts"])
    ]  # fmt: skip
    tables["external_scores"] = draw(_scores())
    tables["customers"] = draw(_customers())
    for name in ("invoices", "payments", "orders"):
        tables[name] += draw(_corrections(tables[name]))
    return tables


def _finished(name: str, drawn: dict[str, Any]) -> dict[str, Any]:
    if name == "invoices":
        drawn["due_on"] = later(drawn["issued_on"], drawn.pop("terms"))
    return drawn


@st.composite
def _corrections(draw: st.DrawFn, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for original in rows:
        if draw(st.booleans()):
            own = next(k for k in ("issued_on", "paid_on", "ordered_on") if k in original)
            known = original["known_on"] or original[own]
            by = draw(st.integers(1, 200))
            found.append(original | {"amount": draw(amounts), "known_on": later(known, by)})
    return found


@st.composite
def _scores(draw: st.DrawFn) -> list[dict[str, Any]]:
    points = draw(
        st.lists(st.tuples(days, st.integers(0, 100)), max_size=3, unique_by=lambda p: p[0])
    )
    subjects = draw(st.lists(st.sampled_from(["c1", "steel"]), min_size=3, max_size=3))
    return [
        {"subject": "industry" if who == "steel" else "customer", "subject_id": who,
         "published_on": day, "score": score, "known_on": later(day, 20)}
        for who, (day, score) in zip(subjects, points, strict=False)
    ]  # fmt: skip


@st.composite
def _customers(draw: st.DrawFn) -> list[dict[str, Any]]:
    first = {"customer_id": "c1", "industry": "steel", "group_id": "g", "credit_limit": "5000"}
    rows = [first, {"customer_id": "c2", "group_id": "g", "credit_limit": None}]
    if draw(st.booleans()):
        rows.append(first | {"credit_limit": draw(amounts), "known_on": draw(days)})
    return rows
