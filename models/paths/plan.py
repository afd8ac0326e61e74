"""What a customer could do, and a copy of the ledger in which it has done it.

Nothing here is predicted: a plan is a supposition, and what comes of it is graded by the one
scoring path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from features.copies.copy import Copy, Row
from features.copies.settled import Item, settled_items
from features.expression import FAR
from features.ledger.open import EPOCH
from features.settings import SETTINGS

PAY, PREPAY, RECOVER, CLOSE, GUARANTEE = (
    "pay_invoices",
    "reduce_exposure",
    "pay_bad_debt",
    "close_suit",
    "provide_guarantee",
)
WAIT, ON_TIME = "wait", "pay_on_time"
DONE_AT_ONCE = (PAY, PREPAY, RECOVER, CLOSE, GUARANTEE)
_CLOSED = frozenset({"lawsuit", "judgment", "enforcement", "dishonest"})
_MADE_UP = "tradegrade:"  # ids of rows that a plan adds


@dataclass(frozen=True)
class Step:
    """One thing that can be done at once: an invoice paid, a case closed, a guarantee given.

    Attributes
    ----------
    kind : str
        One of ``DONE_AT_ONCE``.
    row_id : str
        Of the invoice, bad debt or legal event; empty for a guarantee.
    minor : int
        What it takes, in minor units; 0 where the ledger does not say.
    """

    kind: str
    row_id: str
    minor: int


@dataclass(frozen=True)
class Plan:
    """Steps done by a day, and conduct up to the day of the regrading.

    Attributes
    ----------
    steps : tuple of Step
        What is done at once.
    acts_on : date
        The day by which it is done.
    conduct : str
        ``wait``: what is open and not overdue is paid when it falls due, and nothing new is
        bought. ``pay_on_time``: so too, and the customer buys as it did in the year before and
        pays that by its due date.
    until : date
        The day of the regrading, not before ``acts_on``.
    """

    steps: tuple[Step, ...]
    acts_on: date
    conduct: str
    until: date

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other plans of one customer, quick to compare."""
        steps = frozenset((step.row_id, step.kind, step.minor) for step in self.steps)
        return steps, self.acts_on, self.conduct, self.until

    @property
    def minor(self) -> int:
        """What all steps take, in minor units."""
        return sum(step.minor for step in self.steps)


@dataclass(frozen=True)
class Case:
    """A customer as it stands in a copy, and what could be done about it."""

    copy: Copy

    @cached_property
    def open_items(self) -> tuple[Item, ...]:
        """The customer's own invoices that are not settled, oldest due first."""
        found = settled_items(
            self.copy.rows("invoices"),
            self.copy.rows("payments"),
            self.copy.day,
            SETTINGS,
            customers={self.copy.customer_id},
        )
        own = [item for item in found if item.amount > 0 and item.settled_on >= FAR]
        return tuple(sorted(own, key=lambda item: (item.due_on, item.invoice_id)))

    @property
    def bought(self) -> tuple[Row, ...]:
        """The customer's invoices of the year before."""
        return tuple(
            row
            for row in self.copy.rows("invoices")
            if row["customer_id"] == self.copy.customer_id
            and row["amount"] > 0
            and self.copy.day - 365 < row["issued_on"] <= self.copy.day
        )

    @property
    def buys(self) -> bool:
        """Whether there is a year before that could go on."""
        return bool(self.bought)

    def is_overdue(self, item: Item) -> bool:
        """Tell whether an open invoice is past its due date and the days of grace."""
        return self.copy.day > item.due_on + SETTINGS.grace_days

    def steps(self, guarantee_minor: int) -> Iterator[Step]:
        """Yield everything that could be done at once.

        Parameters
        ----------
        guarantee_minor : int
            The largest guarantee that would cover anything; 0 for none.
        """
        for item in self.open_items:
            kind = PAY if self.is_overdue(item) else PREPAY
            yield Step(kind, item.invoice_id, item.outstanding)
        yield from self._bad_debts()
        for event in self.copy.rows("legal_events"):
            closed = event["closed_on"]
            if event["kind"] in _CLOSED and (closed is None or closed > self.copy.day):
                yield Step(CLOSE, event["event_id"], event["amount"] or 0)
        if guarantee_minor > 0:
            yield Step(GUARANTEE, "", guarantee_minor)

    def _bad_debts(self) -> Iterator[Step]:
        recovered: dict[str, int] = {}
        for row in self.copy.rows("recoveries"):
            name = row["bad_debt_id"]
            recovered[name] = recovered.get(name, 0) + row["amount"]
        for debt in self.copy.rows("bad_debts"):
            left = (debt["amount"] or 0) - recovered.get(debt["bad_debt_id"], 0)
            if left > 0:
                yield Step(RECOVER, debt["bad_debt_id"], left)


def carried_out(case: Case, plan: Plan) -> Copy:
    """Return the copy in which a plan has been carried out."""
    acts_on, until = _number(plan.acts_on), _number(plan.until)
    chosen: dict[str, list[Step]] = {kind: [] for kind in DONE_AT_ONCE}
    for step in plan.steps:
        chosen[step.kind].append(step)
    at_once = {step.row_id for step in (*chosen[PAY], *chosen[PREPAY])}
    copy = case.copy.with_rows("payments", _payments(case, at_once, acts_on, until))
    if plan.conduct == ON_TIME:
        invoices = list(_repeated(case, until))
        copy = copy.with_rows("invoices", invoices)
        due = (row for row in invoices if row["due_on"] <= until)
        paid = (
            _payment(row["customer_id"], row["invoice_id"], row["due_on"], row["amount"])
            for row in due
        )
        copy = copy.with_rows("payments", paid)
    if chosen[RECOVER]:
        paid_back = [_recovery(place, step, acts_on) for place, step in enumerate(chosen[RECOVER])]
        copy = copy.with_rows("recoveries", paid_back)
    if chosen[CLOSE]:
        closed = {step.row_id for step in chosen[CLOSE]}
        copy = copy.changed(
            "legal_events",
            lambda row: {**row, "closed_on": acts_on} if row["event_id"] in closed else row,
        )
    if chosen[GUARANTEE]:
        given = [_guarantee(copy, step, acts_on) for step in chosen[GUARANTEE]]
        copy = copy.with_rows("guarantees", given)
    return copy


def _payments(case: Case, at_once: set[str], acts_on: int, until: int) -> Iterator[Row]:
    """Yield what is paid of the open invoices: at once, or when it falls due."""
    for item in case.open_items:
        if item.invoice_id in at_once:
            # what falls due before the day of the act is paid by its own day
            on = acts_on if case.is_overdue(item) else min(acts_on, item.due_on)
        elif case.is_overdue(item):
            continue
        else:
            on = item.due_on
        if on <= until:
            yield _payment(item.customer_id, item.invoice_id, on, item.outstanding)


def _payment(customer_id: str, invoice_id: str, paid_on: int, minor: int) -> dict[str, Any]:
    return {
        "payment_id": f"{_MADE_UP}paid-{hashlib.sha256(invoice_id.encode()).hexdigest()}",
        "customer_id": customer_id,
        "invoice_id": invoice_id,
        "paid_on": paid_on,
        "amount": minor,
    }


def _repeated(case: Case, until: int) -> Iterator[dict[str, Any]]:
    """Yield the invoices of the year before once more, each so many days later.

    A shorter history repeats itself sooner.
    """
    bought, day = case.bought, case.copy.day
    if not bought:
        return
    period = min(365, day - min(row["issued_on"] for row in bought) + 1)
    for place, row in enumerate(bought):
        for again in range(1, (until - row["issued_on"]) // period + 1):
            later = again * period
            yield {
                "invoice_id": f"{_MADE_UP}next-{place}-{again}",
                "customer_id": case.copy.customer_id,
                "issued_on": row["issued_on"] + later,
                "due_on": row["due_on"] + later,
                "amount": row["amount"],
            }


def _recovery(place: int, step: Step, day: int) -> Row:
    return {
        "recovery_id": f"{_MADE_UP}recovery-{place}",
        "bad_debt_id": step.row_id,
        "recovered_on": day,
        "amount": step.minor,
    }


def _guarantee(copy: Copy, step: Step, day: int) -> Row:
    return {
        "guarantee_id": f"{_MADE_UP}guarantee",
        "customer_id": copy.customer_id,
        "amount": step.minor,
        "valid_from": day,
    }


def _number(day: date) -> int:
    return (day - EPOCH).days


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last of that month.

    Examples
    --------
    >>> months_later(date(2025, 12, 31), 2)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))
