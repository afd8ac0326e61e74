"""The row predicates that several families share: late, open, overdue, exposed."""

from __future__ import annotations

from features.expression import (
    AS_OF,
    FAR,
    Expr,
    coalesce,
    count,
    greatest,
    largest,
    least,
    ratio,
    smallest,
    total,
    when,
    within,
)
from features.relations import AFFILIATES, ITEMS, OPEN_ORDERS
from features.settings import SETTINGS

items = ITEMS.relation
open_orders = OPEN_ORDERS.relation
affiliates = AFFILIATES.relation

MINOR = 100  # minor units in one unit of the currency

# Credit notes are rows of a negative amount: they owe nothing and are never late.
is_invoice = items.amount > 0
is_settled = items.settled_on < FAR
deadline = items.due_on + SETTINGS.grace_days
days_late = when(is_settled, items.settled_on, AS_OF) - items.due_on
days_beyond = greatest(days_late, 0)
is_late = days_late > SETTINGS.grace_days
is_on_time = is_settled & (items.settled_on <= deadline)
is_overdue = ~is_settled & (AS_OF > deadline)


def due_within(days: int) -> Expr:
    """Return the test that an invoice fell due in (as_of − days, as_of]."""
    return is_invoice & within(items.due_on, days)


def issued_within(days: int) -> Expr:
    """Return the test that an invoice was issued in (as_of − days, as_of]."""
    return is_invoice & within(items.issued_on, days)


open_balance = total(items, items.outstanding)
overdue_amount = total(items, items.outstanding, is_overdue)
first_invoice = smallest(items, items.issued_on, is_invoice)
history_days = coalesce(AS_OF - first_invoice, 0)
not_invoiced = total(
    open_orders,
    greatest(open_orders.amount - open_orders.invoiced, 0),
    open_orders.amount > 0,
)
exposure = open_balance + coalesce(not_invoiced, 0)


def in_units(minor: Expr) -> Expr:
    """Return an amount in units of the currency."""
    return ratio(minor, MINOR)


__all__ = [
    "AS_OF",
    "FAR",
    "MINOR",
    "affiliates",
    "coalesce",
    "count",
    "days_beyond",
    "days_late",
    "due_within",
    "exposure",
    "first_invoice",
    "greatest",
    "history_days",
    "in_units",
    "is_invoice",
    "is_late",
    "is_on_time",
    "is_overdue",
    "is_settled",
    "issued_within",
    "items",
    "largest",
    "least",
    "not_invoiced",
    "open_balance",
    "open_orders",
    "overdue_amount",
    "ratio",
    "total",
    "when",
    "within",
]
