"""The ledger rows that a feature rests on, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from features.catalogue import FEATURES
from features.expression import FAR
from features.ledger.open import EPOCH, Ledger
from features.relations import RELATIONS, SCORE_BASE
from features.render import present_relations, row_sql

Key = tuple[str, date]


@dataclass(frozen=True)
class _Shown:
    """How the rows of a relation are shown: ledger table, id, columns by kind, the order."""

    table: str
    key: str
    columns: tuple[tuple[str, str], ...]
    order: str


_INVOICE = (
    ("issued_on", "date"),
    ("due_on", "date"),
    ("amount", "money"),
    ("outstanding", "money"),
    ("settled_on", "date"),
)
_LATEST_FIRST = "LEAST(r.settled_on, r.as_of) - r.due_on DESC, r.amount DESC, r.invoice_id"
_SHOWN: Mapping[str, _Shown] = {
    "items": _Shown("invoices", "invoice_id", _INVOICE, _LATEST_FIRST),
    "affiliates": _Shown(
        "invoices", "invoice_id", (("affiliate_id", "text"), *_INVOICE), _LATEST_FIRST
    ),
    "payments": _Shown(
        "payments",
        "payment_id",
        (("paid_on", "date"), ("amount", "money")),
        "r.paid_on DESC, r.payment_id",
    ),
    "orders": _Shown(
        "orders",
        "order_id",
        (("ordered_on", "date"), ("closed_on", "date"), ("status", "text")),
        "r.ordered_on DESC, r.order_id",
    ),
    "legal": _Shown(
        "legal_events",
        "event_id",
        (("filed_on", "date"), ("closed_on", "date"), ("kind", "text"), ("amount", "money")),
        "r.filed_on DESC, r.event_id",
    ),
    "signals": _Shown(
        "signals",
        "signal_id",
        (("observed_on", "date"), ("kind", "text"), ("value", "number")),
        "r.observed_on DESC, r.signal_id",
    ),
    "guarantees": _Shown(
        "guarantees",
        "guarantee_id",
        (("valid_from", "date"), ("valid_to", "date"), ("amount", "money")),
        "r.valid_from DESC, r.guarantee_id",
    ),
    "contracts": _Shown(
        "contracts",
        "contract_id",
        (("signed_on", "date"), ("expires_on", "date")),
        "r.signed_on DESC, r.contract_id",
    ),
    "bad_debts": _Shown(
        "bad_debts",
        "bad_debt_id",
        (("recognised_on", "date"), ("amount", "money")),
        "r.recognised_on DESC, r.bad_debt_id",
    ),
    "own_scores": _Shown(
        "external_scores",
        "subject_id",
        (("published_on", "date"), ("source", "text"), ("packed", "score")),
        "r.published_on DESC, r.source",
    ),
    "industry_scores": _Shown(
        "external_scores",
        "subject_id",
        (("published_on", "date"), ("source", "text"), ("packed", "score")),
        "r.published_on DESC, r.source",
    ),
}
_NAMES = {"packed": "score"}  # what a column is called where it is shown
_COLUMNS = {
    _NAMES.get(name, name): kind for shown in _SHOWN.values() for name, kind in shown.columns
}
SHOWN_NUMBERS = (
    "days_late",
    *sorted(name for name, kind in _COLUMNS.items() if kind in ("number", "score")),
)
SHOWN_DAYS, SHOWN_MONEY = (
    frozenset(name for name, kind in _COLUMNS.items() if kind == wanted)
    for wanted in ("date", "money")
)
SHOWN_TEXTS = tuple(sorted(set(_COLUMNS) - set(SHOWN_NUMBERS)))


@dataclass(frozen=True)
class EvidenceRow:
    """One ledger row behind a feature.

    Attributes
    ----------
    table : str
        Table of the ledger.
    row_id : str
        Id of the row in it.
    fields : dict of str to date, Decimal, int, float, str or None
        What a person needs of it. Invoices carry ``days_late``: days from the due date to
        settlement, or to the as-of date while open; below zero is early.
    """

    table: str
    row_id: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class RowsFound:
    """The rows behind a feature of one customer on one day: the first, and how many in all."""

    total: int
    rows: tuple[EvidenceRow, ...]


NOTHING = RowsFound(0, ())


def evidence_rows(
    ledger: Ledger, feature: str, pairs: Iterable[Key], *, at_most: int
) -> dict[Key, RowsFound]:
    """Return the rows that a feature rests on, for customers as of days.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    feature : str
        A feature of the catalogue.
    pairs : iterable of (customer_id, date)
        Whose rows, as known on which day.
    at_most : int
        Rows kept of each pair, the most telling first; ``total`` counts all.

    Returns
    -------
    dict
        Pairs without rows are absent; a feature that is an attribute has none at all.
    """
    evidence = FEATURES[feature].evidence
    wanted = sorted(set(pairs))
    if evidence is None or not wanted or evidence.relation not in present_relations(ledger.files):
        return {}
    shown = _SHOWN[evidence.relation]
    columns = ", ".join(f"r.{name}" for name, _ in shown.columns)
    whose = "PARTITION BY r.customer_id, r.as_of"
    query = (
        f"SELECT * FROM (SELECT r.customer_id, r.as_of, r.{shown.key} AS row_id, {columns}, "
        f"count(*) OVER ({whose}) AS total, "
        f"row_number() OVER ({whose} ORDER BY {shown.order}) AS place "
        f"FROM ({RELATIONS[evidence.relation].sql}) AS r WHERE {row_sql(evidence.where)}) "
        f"WHERE place <= {int(at_most)} ORDER BY customer_id, as_of, place"
    )
    found: dict[Key, tuple[int, list[EvidenceRow]]] = {}
    for customer, day, row_id, *values, total, _ in _run(ledger, query, wanted):
        key = (customer, EPOCH + timedelta(days=day))
        row = EvidenceRow(shown.table, row_id, _fields(shown, values, day))
        found.setdefault(key, (total, []))[1].append(row)
    return {key: RowsFound(total, tuple(rows)) for key, (total, rows) in found.items()}


def _run(ledger: Ledger, query: str, pairs: Sequence[Key]) -> list[tuple[Any, ...]]:
    days = np.array([day for _, day in pairs], dtype="datetime64[D]").astype(np.int32)
    given = pa.table({"customer_id": pa.array([c for c, _ in pairs], pa.string()), "as_of": days})
    ledger.connection.register("evidence_given", given)
    try:
        ledger.connection.execute("CREATE TEMP TABLE pairs AS SELECT * FROM evidence_given")
        rows: list[tuple[Any, ...]] = ledger.connection.execute(query).fetchall()
    finally:
        ledger.connection.execute("DROP TABLE IF EXISTS pairs")
        ledger.connection.unregister("evidence_given")
    return rows


def _fields(shown: _Shown, values: Sequence[Any], as_of: int) -> dict[str, Any]:
    raw = {name: value for (name, _), value in zip(shown.columns, values, strict=True)}
    fields = {_NAMES.get(name, name): _told(raw[name], kind) for name, kind in shown.columns}
    if "settled_on" in raw:
        fields["days_late"] = int(min(raw["settled_on"], as_of) - raw["due_on"])
    return fields


def _told(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "date":
        return None if value >= FAR else EPOCH + timedelta(days=value)
    if kind == "money":
        return Decimal(int(value)).scaleb(-2)
    if kind == "score":
        return (int(value) % SCORE_BASE) / 10_000
    return value
