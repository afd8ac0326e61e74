"""The reasons of a stored grade with the ledger rows that show them, as small tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from serving.pages.codes import ROW_CODES, named
from serving.pages.words import Words, _

_HEADS: Mapping[str, str] = {
    "state": _("What happened"),
    "points": _("Points"),
    "affiliate_id": _("Affiliate"),
    "issued_on": _("Issued"),
    "due_on": _("Due"),
    "settled_on": _("Settled"),
    "paid_on": _("Paid"),
    "ordered_on": _("Ordered"),
    "filed_on": _("Filed"),
    "closed_on": _("Closed"),
    "observed_on": _("Observed"),
    "recognised_on": _("Recognised"),
    "published_on": _("Published"),
    "valid_from": _("Valid from"),
    "valid_to": _("Valid to"),
    "amount": _("Amount"),
    "outstanding": _("Outstanding"),
    "days_late": _("Days late"),
    "status": _("Status"),
    "kind": _("Kind"),
    "source": _("Source"),
    "score": _("Score"),
    "value": _("Value"),
}
_TABLES: Mapping[str, str] = {
    "invoices": _("Invoice"),
    "payments": _("Payment"),
    "orders": _("Order"),
    "legal_events": _("Legal event"),
    "signals": _("Signal"),
    "guarantees": _("Guarantee"),
    "bad_debts": _("Bad debt"),
    "external_scores": _("Scored"),
    "contracts": _("Contract"),
}
STATES: Mapping[str, str] = {
    "new": _("new"),
    "newly_known": _("became known"),
    "changed": _("changed"),
    "aged_in": _("counts by now"),
    "aged_out": _("no longer counts"),
}
_NOT_YET = {"settled_on": _("not yet"), "closed_on": _("not closed"), "valid_to": _("no end")}
_UNKNOWN = _("unknown")
_MONEY = ("amount", "outstanding")
_NUMBERS = ("days_late", "score", "value", "points")
_NO_COLUMNS = ("table", "id", "before")


@dataclass(frozen=True)
class Column:
    """A column of a small table; numbers stand right."""

    title: str
    is_number: bool


@dataclass(frozen=True)
class Rows:
    """The first rows of one ledger table behind a reason.

    Attributes
    ----------
    has_money : bool
        Whether a column holds amounts, in the currency of the grade.
    """

    columns: tuple[Column, ...]
    cells: tuple[tuple[str, ...], ...]
    has_money: bool


@dataclass(frozen=True)
class Reason:
    """A reason in the reader's language.

    Attributes
    ----------
    points : float or Decimal
        What it adds to the score, as the waterfall tells it.
    tables : tuple of Rows
        Its rows, one table per kind of row.
    shown, total : int
        Rows here, and rows in all.
    """

    sentence: str
    points: float | Decimal
    tables: tuple[Rows, ...]
    shown: int
    total: int


def reasons_shown(
    told: Sequence[Mapping[str, Any]], points: Mapping[str, Decimal], words: Words
) -> list[Reason]:
    """Return the reasons of a grade's document.

    Parameters
    ----------
    told : sequence of mapping
        ``reasons`` of `models.document.grade_document`.
    points : mapping of str to Decimal
        What the waterfall tells, by code of the reason.
    words : Words
        The reader's.
    """
    return [
        Reason(
            reason[words.language],
            points.get(reason["code"], reason["points"]),
            rows_shown(reason["evidence"], words),
            len(reason["evidence"]),
            reason["evidence_total"],
        )
        for reason in told
    ]


def rows_shown(rows: Sequence[Mapping[str, Any]], words: Words) -> tuple[Rows, ...]:
    """Return ledger rows in their JSON form as small tables, one per table of the ledger."""
    tables = dict.fromkeys(row["table"] for row in rows)
    return tuple(_table([row for row in rows if row["table"] == table], words) for table in tables)


def _table(rows: Sequence[Mapping[str, Any]], words: Words) -> Rows:
    names = [name for name in rows[0] if name not in _NO_COLUMNS and _is_told(name, rows)]
    table = rows[0]["table"]
    first = Column(named(_TABLES, table, words), is_number=False)
    others = [Column(named(_HEADS, n, words), n in (*_MONEY, *_NUMBERS)) for n in names]
    cells = ((str(row["id"]), *(_moved_cell(name, row, words) for name in names)) for row in rows)
    return Rows((first, *others), tuple(cells), any(name in _MONEY for name in names))


def _is_told(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a column says anything: points do not where no row has any."""
    return name != "points" or any(row["points"] is not None for row in rows)


def _moved_cell(name: str, row: Mapping[str, Any], words: Words) -> str:
    """Return a value; of a row that changed, what it was before as well."""
    now = _cell(name, row.get(name), words)
    before = row.get("before") or {}
    if name not in before or name == "days_late":
        return now
    return f"{_cell(name, before[name], words)} → {now}"


def _cell(name: str, value: Any, words: Words) -> str:
    if name == "points":
        return "" if value is None else words.points(value)
    if value is None:
        return words.gettext(_NOT_YET.get(name, _UNKNOWN))
    if name == "state":
        return named(STATES, value, words)
    if name in _MONEY:
        return words.money(value, None)  # the caption names the currency
    if name.endswith("_on") or name.startswith("valid_"):
        return str(value)  # ISO: seven columns must fit
    if name in _NUMBERS:
        return words.number(value, 0 if float(value).is_integer() else 1)
    return named(ROW_CODES, str(value), words)
