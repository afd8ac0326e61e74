"""The reasons of a stored grade with the ledger rows that show them, as small tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from serving.pages.codes import ROW_CODES, named
from serving.pages.words import Words, _

_HEADS: Mapping[str, str] = {
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
}
_NOT_YET = {"settled_on": _("not yet"), "closed_on": _("not closed"), "valid_to": _("no end")}
_UNKNOWN = _("unknown")
_MONEY = ("amount", "outstanding")
_NUMBERS = ("days_late", "score", "value")


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
            _tables(reason["evidence"], words),
            len(reason["evidence"]),
            reason["evidence_total"],
        )
        for reason in told
    ]


def _tables(rows: Sequence[Mapping[str, Any]], words: Words) -> tuple[Rows, ...]:
    tables = dict.fromkeys(row["table"] for row in rows)
    return tuple(_table([row for row in rows if row["table"] == table], words) for table in tables)


def _table(rows: Sequence[Mapping[str, Any]], words: Words) -> Rows:
    names = [name for name in rows[0] if name not in ("table", "id")]
    table = rows[0]["table"]
    first = Column(named(_TABLES, table, words), is_number=False)
    others = [Column(named(_HEADS, n, words), n in (*_MONEY, *_NUMBERS)) for n in names]
    cells = (
        (str(row["id"]), *(_cell(name, row.get(name), words) for name in names)) for row in rows
    )
    return Rows((first, *others), tuple(cells), any(name in _MONEY for name in names))


def _cell(name: str, value: Any, words: Words) -> str:
    if value is None:
        return words.gettext(_NOT_YET.get(name, _UNKNOWN))
    if name in _MONEY:
        return words.money(value, None)  # the caption names the currency
    if name.endswith("_on") or name.startswith("valid_"):
        return str(value)  # ISO: seven columns must fit
    if name in _NUMBERS:
        return words.number(value, 0 if float(value).is_integer() else 1)
    return named(ROW_CODES, str(value), words)
