"""What happened to invoices: past due, paid late, paid up, known late, out of the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from features.settings import SETTINGS
from models.explain.words.days import Span
from models.explain.words.figures import Noun, days_text, money
from models.explain.words.rows import Row, happened, known_late, out_of_windows, subject, verb
from models.explain.words.text import EMPTY, Text

INVOICE = Noun("发票", "张", "invoice", "invoices")
CREDIT_NOTE = Noun("红字发票", "张", "credit note", "credit notes")
LATE_INVOICE = Noun("逾期发票", "张", "late invoice", "late invoices")
OVERDUE_INVOICE = Noun("逾期发票", "张", "overdue invoice", "overdue invoices")
MOST_CLAUSES = 3
_LONG = 30  # days: what overdue_beyond_30d_share counts


@dataclass(frozen=True)
class _Fate:
    """How an invoice stood on a day."""

    due_on: date
    settled_on: date | None
    outstanding: Decimal
    day: date

    @property
    def is_open(self) -> bool:
        return self.settled_on is None

    @property
    def days_late(self) -> int:
        return ((self.settled_on or self.day) - self.due_on).days

    @property
    def is_late(self) -> bool:
        return self.days_late > SETTINGS.grace_days


@dataclass(frozen=True)
class Clause:
    """What is told of some rows, and whether it is bad news by itself (−1), good (1) or neither."""

    text: Text
    sign: int


def lateness(rows: Sequence[Row], span: Span, points: float) -> list[Clause]:
    """Return what happened to invoices that are or were late, at most three clauses.

    Parameters
    ----------
    rows : sequence of Row
        Invoices, of the customer or of its affiliates.
    span : Span
        The days of the change.
    points : float
        What fits their sign is told first.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_category(row, span), []).append(row)
    clauses = [
        Clause(text, sign)
        for name, (tell, sign) in _CATEGORIES.items()
        if name in groups
        for text in tell(groups[name], span)
    ]
    clauses.sort(key=lambda clause: clause.sign * points < 0)
    return clauses[:MOST_CLAUSES]


def _fate(fields: Mapping[str, Any], day: date) -> _Fate:
    return _Fate(fields["due_on"], fields.get("settled_on"), fields["outstanding"], day)


def _category(row: Row, span: Span) -> str:
    """Return what happened to an invoice, by what the ledger says of it on both days."""
    now = _fate(row.row.fields, span.last)
    if row.before is None:
        if "newly_known" in row.states:
            return "known_late"
        return _since(now, span)
    then = _fate(row.before.fields, span.first)
    if row.only == "aged_out":
        return "aged_out"
    if not then.is_late:
        return _since(now, span)
    return _of_late(row, then, now, span)


def _since(now: _Fate, span: Span) -> str:
    """Return what happened to an invoice that was not late on the first day."""
    if not now.is_late:
        return "corrected"
    if now.is_open:
        return "went"
    return "paid_late" if span.holds(now.settled_on) else "paid_late_before"


def _of_late(row: Row, then: _Fate, now: _Fate, span: Span) -> str:
    """Return what happened to an invoice that was late on the first day."""
    if row.row == row.before and row.only == "changed":
        return "withdrawn"  # the row of the later day is missing: it is shown as it was
    if not now.is_late:
        return "not_late" if now.is_open or then.due_on != now.due_on else "paid_in_time"
    if then.is_open and not now.is_open:
        return "paid_up" if span.holds(now.settled_on) else "paid_up_before"
    if now.is_open and then.is_open and now.outstanding < then.outstanding:
        return "part_paid"
    if now.is_open and then.days_late <= _LONG < now.days_late and "aged_in" in row.states:
        return "grown_old"
    return "aged_out" if "aged_out" in row.states else "corrected"


def _days_late(rows: Sequence[Row], span: Span) -> int:
    return max(_fate(row.row.fields, span.last).days_late for row in rows)


def _after_due(row: Row, days: int) -> date:
    due: date = row.now("due_on")
    return due + timedelta(days=days)


def _went(rows: Sequence[Row], span: Span) -> Text:
    late = days_text(_days_late(rows, span))
    if len(rows) > 1:
        tail = Text(f"，最久{late.zh}", f", the oldest {late.en} late")
    else:
        tail = Text(f"，至今{late.zh}", f" and is {late.en} late")
    unpaid, worth = (money([row.now(field) for row in rows]) for field in ("outstanding", "amount"))
    if unpaid is not None and unpaid != worth:
        tail = Text(f"{tail.zh}，其中未付{unpaid}", f"{tail.en}, {unpaid} of it unpaid")
    days = [_after_due(row, SETTINGS.grace_days + 1) for row in rows]
    return happened(subject(INVOICE, rows), Text("逾期", "went past due"), days, span, tail=tail)


def _paid_late(rows: Sequence[Row], span: Span) -> Text:
    return _paid(INVOICE, rows, span)


def _paid_up(rows: Sequence[Row], span: Span) -> Text:
    return _paid(OVERDUE_INVOICE, rows, span)


def _paid(noun: Noun, rows: Sequence[Row], span: Span) -> Text:
    late = days_text(_days_late(rows, span))
    if len(rows) > 1:
        tail = Text(f"，最长逾期{late.zh}", f", up to {late.en} late")
    else:
        tail = Text(f"，逾期{late.zh}", f", {late.en} late")
    since = _known_since(rows, span)
    tail = Text(tail.zh + since.zh, tail.en + since.en)
    days = [row.now("settled_on") for row in rows]
    return happened(subject(noun, rows), verb("付清", "paid", rows), days, span, tail=tail)


def _paid_in_time(rows: Sequence[Row], span: Span) -> Text:
    days = [row.now("settled_on") for row in rows]
    tail = _known_since(rows, span)
    did = verb("按时付清", "paid in time", rows)
    return happened(subject(INVOICE, rows), did, days, span, tail=tail)


def _known_since(rows: Sequence[Row], span: Span) -> Text:
    """Return that payments were made by the first day, but not known on it."""
    if any(span.holds(row.now("settled_on")) for row in rows):
        return EMPTY
    return Text(f"，{span.first}之后才获知", f", known only after {span.first}")


def _grown_old(rows: Sequence[Row], span: Span) -> Text:
    days = [_after_due(row, _LONG + 1) for row in rows]
    return happened(
        subject(OVERDUE_INVOICE, rows),
        Text(f"逾期超过{_LONG}天", f"passed {_LONG} days late"),
        days,
        span,
    )


def _known_late(rows: Sequence[Row], span: Span) -> Text:
    late = all(_fate(row.row.fields, span.last).is_late for row in rows)
    return known_late(subject(LATE_INVOICE if late else INVOICE, rows), span)


def _part_paid(rows: Sequence[Row], span: Span) -> Text:
    paid = money([row.then("outstanding") - row.now("outstanding") for row in rows])
    what = subject(OVERDUE_INVOICE, rows)
    still = "is" if len(rows) == 1 else "are"
    return Text(
        f"{what.zh}已付{paid}，仍未付清", f"{what.en} {still} still open, with {paid} paid since"
    )


def _not_late(rows: Sequence[Row], span: Span) -> Text:
    what = subject(INVOICE, rows)
    return Text(f"{what.zh}查明并未逾期", f"{what.en} turned out not to be late")


def _withdrawn(rows: Sequence[Row], span: Span) -> Text:
    what = subject(LATE_INVOICE, rows)
    once = "counts" if len(rows) == 1 else "count"
    return Text(f"{what.zh}经更正后不再计入", f"{what.en} no longer {once} after a correction")


def _aged_out(rows: Sequence[Row], span: Span) -> list[Text]:
    return out_of_windows(rows, partial(subject, LATE_INVOICE))


def _one(
    tell: Callable[[Sequence[Row], Span], Text],
) -> Callable[[Sequence[Row], Span], list[Text]]:
    return lambda rows, span: [tell(rows, span)]


def _corrected(rows: Sequence[Row], span: Span) -> Text:
    what = subject(INVOICE, rows)
    return Text(f"{what.zh}的记录有变动", f"the record of {what.en} changed")


_CATEGORIES: Mapping[str, tuple[Callable[[Sequence[Row], Span], list[Text]], int]] = {
    "went": (_one(_went), -1),
    "paid_late": (_one(_paid_late), -1),
    "paid_late_before": (_one(_paid_late), -1),
    "grown_old": (_one(_grown_old), -1),
    "known_late": (_one(_known_late), -1),
    "paid_up": (_one(_paid_up), 1),
    "paid_up_before": (_one(_paid_up), 1),
    "paid_in_time": (_one(_paid_in_time), 1),
    "part_paid": (_one(_part_paid), 1),
    "not_late": (_one(_not_late), 1),
    "withdrawn": (_one(_withdrawn), 1),
    "aged_out": (_aged_out, 1),
    "corrected": (_one(_corrected), 0),
}


def issued(rows: Sequence[Row], span: Span) -> list[Text]:
    """Return which invoices and credit notes were issued, became known late or left the window."""
    notes = [row for row in rows if row.now("amount") < 0]
    invoices = [row for row in rows if row not in notes]
    did = Text("开具", "issued")
    return _came_and_went(INVOICE, invoices, span, did, "issued_on") + _came_and_went(
        CREDIT_NOTE, notes, span, did, "issued_on"
    )


def fell_due(rows: Sequence[Row], span: Span) -> list[Text]:
    """Return which invoices fell due or left the window."""
    return _came_and_went(INVOICE, rows, span, Text("到期", "due"), "due_on")


def _came_and_went(
    noun: Noun, rows: Sequence[Row], span: Span, did: Text, field: str
) -> list[Text]:
    came = [row for row in rows if span.holds(row.now(field)) and row.counted[1]]
    late = [row for row in rows if row.only == "newly_known" and row not in came]
    went = [row for row in rows if row.only == "aged_out"]
    clauses = []
    if came:
        days = [row.now(field) for row in came]
        clauses.append(happened(subject(noun, came), verb(did.zh, did.en, came), days, span))
    if late:
        clauses.append(known_late(subject(noun, late), span))
    if went:
        clauses += out_of_windows(went, partial(subject, noun))
    return clauses


def open_ones(rows: Sequence[Row], span: Span) -> list[Text]:
    """Return which open invoices came and which were paid."""
    came = [row for row in rows if row.before is None and row.counted[1]]
    paid = [row for row in rows if row.before is not None and row.now("settled_on") is not None]
    clauses = []
    if came:
        new = [row for row in came if span.holds(row.now("issued_on"))]
        if new:
            days = [row.now("issued_on") for row in new]
            clauses.append(happened(subject(INVOICE, new), verb("开具", "issued", new), days, span))
        if len(new) < len(came):
            late = [row for row in came if row not in new]
            clauses.append(known_late(subject(INVOICE, late), span))
    if paid:
        days = [row.now("settled_on") for row in paid]
        clauses.append(happened(subject(INVOICE, paid), verb("付清", "paid", paid), days, span))
    return clauses


def disputed(rows: Sequence[Row], span: Span) -> list[Text]:
    """Return which invoices came into dispute, or out of it."""
    came = [row for row in rows if row.counted[1] and not row.counted[0]]
    out = [row for row in rows if row.counted[0] and not row.counted[1]]
    aged = [row for row in out if row.only == "aged_out"]
    ended = [row for row in out if row not in aged]
    clauses = []
    if came:
        what = subject(INVOICE, came)
        clauses.append(Text(f"{what.zh}出现争议", f"{what.en} came into dispute"))
    if ended:
        what = subject(INVOICE, ended)
        is_now = "is" if len(ended) == 1 else "are"
        clauses.append(Text(f"{what.zh}不再有争议", f"{what.en} {is_now} no longer in dispute"))
    if aged:
        noun = Noun("争议发票", "张", "disputed invoice", "disputed invoices")
        clauses += out_of_windows(aged, partial(subject, noun))
    return clauses
