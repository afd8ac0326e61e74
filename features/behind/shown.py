"""How the rows of each relation are shown: ledger table, id, columns, the order.

What is shown is what was known on the day: a closing date that lies after it is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from features.expression import FAR
from features.ledger.open import EPOCH
from features.relations import SCORE_BASE


@dataclass(frozen=True)
class Shown:
    """How the rows of a relation are shown: ledger table, id, columns by kind, the order."""

    table: str
    key: str
    columns: tuple[tuple[str, str], ...]
    order: str

    @property
    def own_date(self) -> str:
        """The column of the day on which it happened."""
        return next(name for name, kind in self.columns if kind == "date")


_INVOICE = (
    ("issued_on", "date"),
    ("due_on", "date"),
    ("amount", "money"),
    ("outstanding", "money"),
    ("settled_on", "date"),
)
_LATEST_FIRST = "LEAST(r.settled_on, r.as_of) - r.due_on DESC, r.amount DESC, r.invoice_id"
SHOWN: Mapping[str, Shown] = {
    "items": Shown("invoices", "invoice_id", _INVOICE, _LATEST_FIRST),
    "affiliates": Shown(
        "invoices", "invoice_id", (("affiliate_id", "text"), *_INVOICE), _LATEST_FIRST
    ),
    "payments": Shown(
        "payments",
        "payment_id",
        (("paid_on", "date"), ("amount", "money")),
        "r.paid_on DESC, r.payment_id",
    ),
    "orders": Shown(
        "orders",
        "order_id",
        (("ordered_on", "date"), ("closed_on", "date"), ("status", "text")),
        "r.ordered_on DESC, r.order_id",
    ),
    "legal": Shown(
        "legal_events",
        "event_id",
        (("filed_on", "date"), ("closed_on", "date"), ("kind", "text"), ("amount", "money")),
        "r.filed_on DESC, r.event_id",
    ),
    "signals": Shown(
        "signals",
        "signal_id",
        (("observed_on", "date"), ("kind", "text"), ("value", "number")),
        "r.observed_on DESC, r.signal_id",
    ),
    "guarantees": Shown(
        "guarantees",
        "guarantee_id",
        (("valid_from", "date"), ("valid_to", "date"), ("amount", "money")),
        "r.valid_from DESC, r.guarantee_id",
    ),
    "contracts": Shown(
        "contracts",
        "contract_id",
        (("signed_on", "date"), ("expires_on", "date")),
        "r.signed_on DESC, r.contract_id",
    ),
    "bad_debts": Shown(
        "bad_debts",
        "bad_debt_id",
        (("recognised_on", "date"), ("amount", "money")),
        "r.recognised_on DESC, r.bad_debt_id",
    ),
    "own_scores": Shown(
        "external_scores",
        "subject_id",
        (("published_on", "date"), ("source", "text"), ("packed", "score")),
        "r.published_on DESC, r.source",
    ),
    "industry_scores": Shown(
        "external_scores",
        "subject_id",
        (("published_on", "date"), ("source", "text"), ("packed", "score")),
        "r.published_on DESC, r.source",
    ),
}
_NAMES = {"packed": "score"}  # what a column is called where it is shown
_COLUMNS = {
    _NAMES.get(name, name): kind for shown in SHOWN.values() for name, kind in shown.columns
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

# A date on a row that is told from its own day on, whenever the row itself became known
ENDS = frozenset({"closed_on", "disputed_on", "cleared_on"})


def known_on(columns: Sequence[str], values: Sequence[Any], as_of: int) -> list[Any]:
    """Return the values of a row as they were known on a day.

    Parameters
    ----------
    columns : sequence of str
        Of a relation.
    values : sequence
        One for each; days are numbers.
    as_of : int
        The day's number. An end that lies after it is null, and an order that ends after it
        is open.

    Examples
    --------
    >>> known_on(("closed_on", "status"), (20_000, "cancelled"), 19_999)
    [None, 'open']
    >>> known_on(("closed_on", "status"), (20_000, "cancelled"), 20_000)
    [20000, 'cancelled']
    """
    known = [
        None if name in ENDS and value is not None and value > as_of else value
        for name, value in zip(columns, values, strict=True)
    ]
    if "status" in columns and "closed_on" in columns:
        end = values[columns.index("closed_on")]
        if end is not None and end > as_of:
            known[columns.index("status")] = "open"
    return known


def evidence_row(shown: Shown, row_id: str, values: Sequence[Any], as_of: int) -> EvidenceRow:
    """Return a row as a person reads it, as known on a day.

    Parameters
    ----------
    shown : Shown
        How rows of its relation are shown.
    row_id : str
        Its id.
    values : sequence
        Of the columns of ``shown``, in their order.
    as_of : int
        The day's number.
    """
    return EvidenceRow(shown.table, row_id, _fields(shown, values, as_of))


def _fields(shown: Shown, values: Sequence[Any], as_of: int) -> dict[str, Any]:
    names = [name for name, _ in shown.columns]
    raw = dict(zip(names, known_on(names, values, as_of), strict=True))
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
