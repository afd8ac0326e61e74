"""Invoices and credit notes: what is due when, what is disputed, and what was written wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import NEVER, Flags, Floats, Ints, dates, money, same_word
from features.ledger.simulate.assumptions import CURRENCY
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import Facts, facts, numbered, told
from features.ledger.simulate.names import customer_ids, row_ids
from features.ledger.simulate.orders import Orders
from features.ledger.simulate.setting import Setting


@dataclass(frozen=True)
class Invoices:
    """Hold the invoices of a chunk as they truly are, and as they were first written.

    Attributes
    ----------
    customer, number, order : ndarray of int64
        Place of the customer; running numbers of its invoice and of the order behind it.
    on_order : ndarray of bool
        Whether the order is on file.
    issued, due, known : ndarray of int64
        Days of issue and of payment due, and the day the first row is known.
    amount, first_amount, first_due : ndarray of int64
        True amount in minor units; amount and due day of the first row.
    corrected : ndarray of int64
        Day that a wrong amount or a moved due date becomes known; NEVER where none.
    disputed : ndarray of int64
        Day of a dispute, NEVER where none.
    dispute_corrected : ndarray of bool
        Whether the dispute is told by a correction row.
    credit, credited : ndarray of int64
        Minor units of a credit note and its day; 0 and NEVER where none.
    """

    customer: Ints
    number: Ints
    order: Ints
    on_order: Flags
    issued: Ints
    due: Ints
    known: Ints
    amount: Ints
    first_amount: Ints
    first_due: Ints
    corrected: Ints
    disputed: Ints
    dispute_corrected: Flags
    credit: Ints
    credited: Ints

    @property
    def owed(self) -> Ints:
        """Return what there is to pay, in minor units."""
        return self.amount - self.credit


@dataclass(frozen=True)
class _Slips:
    """What is first written wrong: the kinds exclude each other."""

    amount: Flags
    due: Flags
    factor: Floats
    later: Ints
    on: Ints


def invoices_of(setting: Setting, orders: Orders) -> Invoices:
    """Return the invoices of the orders that are not cancelled, sorted by customer and day."""
    chance, assumed = setting.chance(Topic.INVOICES), setting.assumed.trading
    place = np.flatnonzero(orders.is_invoiced & (orders.issued <= setting.span.last_day))
    place = place[np.lexsort((orders.issued[place], orders.customer[place]))]
    customer, issued, amount = orders.customer[place], orders.issued[place], orders.amount[place]
    slips = _slips(issued, setting.population.terms[customer], setting, chance)
    wrong = np.rint(amount * slips.factor)
    first_due = issued + setting.population.terms[customer]
    disputed = _disputed(setting, customer, issued, chance)
    disputed[slips.amount | slips.due] = NEVER
    returned = np.where(orders.is_returned[place], orders.closed[place], NEVER)
    credit, credited = _credits(
        setting, customer, disputed=disputed, returned=returned, issued=issued, chance=chance
    )
    return Invoices(
        customer=customer,
        number=numbered(customer),
        order=orders.number[place],
        on_order=orders.on_file[place],
        issued=issued,
        due=first_due + np.where(slips.due, slips.later, 0),
        known=issued + chance.lag(assumed.told_late, assumed.told_late_days, len(place)),
        amount=amount,
        first_amount=np.where(slips.amount, wrong.astype(np.int64), amount),
        first_due=first_due,
        corrected=slips.on,
        disputed=disputed,
        dispute_corrected=chance.happens(assumed.dispute_corrected, len(place)),
        credit=np.minimum(np.rint(amount * credit).astype(np.int64), amount),
        credited=credited,
    )


def invoice_table(setting: Setting, invoices: Invoices) -> pa.Table:
    """Return the rows of the table invoices, credit notes among them."""
    last = setting.span.last_day
    first = _first_rows(setting, invoices)
    wrong = np.flatnonzero(invoices.corrected != NEVER)
    right = {
        "amount": money(invoices.amount[wrong]),
        "due_on": dates(invoices.due[wrong]),
    }
    later = np.flatnonzero(
        invoices.dispute_corrected & (invoices.disputed <= last) & (invoices.disputed != NEVER)
    )
    disputed = {"disputed_on": dates(invoices.disputed[later])}
    return told(
        last,
        first,
        first.corrected(wrong, invoices.corrected[wrong], right),
        first.corrected(later, invoices.disputed[later], disputed),
        _credit_notes(setting, invoices),
    )


def _first_rows(setting: Setting, invoices: Invoices) -> Facts:
    rows = len(invoices.customer)
    hidden = invoices.dispute_corrected | (invoices.disputed > setting.span.last_day)
    columns = {
        "invoice_id": row_ids(setting, "INV", invoices.customer, invoices.number),
        "customer_id": customer_ids(setting, invoices.customer),
        "order_id": row_ids(setting, "ORD", invoices.customer, invoices.order, invoices.on_order),
        "credits_invoice_id": pa.nulls(rows, pa.string()),
        "issued_on": dates(invoices.issued),
        "due_on": dates(invoices.first_due),
        "disputed_on": dates(np.where(hidden, NEVER, invoices.disputed)),
        "amount": money(invoices.first_amount),
        "currency": same_word(CURRENCY, rows),
    }
    return facts(columns, invoices.customer, invoices.issued, invoices.known)


def _credit_notes(setting: Setting, invoices: Invoices) -> Facts:
    """Return credit notes, numbered like the invoice that they credit."""
    place = np.flatnonzero(invoices.credit > 0)
    customer, day = invoices.customer[place], invoices.credited[place]
    number = invoices.number[place]
    columns = {
        "invoice_id": row_ids(setting, "CRN", customer, number),
        "customer_id": customer_ids(setting, customer),
        "order_id": row_ids(
            setting, "ORD", customer, invoices.order[place], invoices.on_order[place]
        ),
        "credits_invoice_id": row_ids(setting, "INV", customer, number),
        "issued_on": dates(day),
        "due_on": dates(day),
        "disputed_on": dates(np.full(len(place), NEVER)),
        "amount": money(-invoices.credit[place]),
        "currency": same_word(CURRENCY, len(place)),
    }
    return facts(columns, customer, day, np.maximum(day, invoices.known[place]))


def _slips(issued: Ints, terms: Ints, setting: Setting, chance: Chance) -> _Slips:
    """Return which invoices are first written with a wrong amount or have their due day moved."""
    assumed, rows = setting.assumed.trading, len(issued)
    kind = chance.generator.random(rows)
    amount = kind < assumed.wrong_amount
    due = ~amount & (kind < assumed.wrong_amount + assumed.due_moved)
    factor = np.array(assumed.wrong_factors)[
        chance.whole((0, len(assumed.wrong_factors) - 1), rows)
    ]
    found = issued + chance.whole(assumed.wrong_days, rows)
    agreed = issued + (terms * chance.between((0.3, 0.95), rows)).astype(np.int64)
    on = np.where(amount, found, np.where(due, agreed, NEVER))
    return _Slips(amount, due, factor, chance.whole(assumed.due_moved_days, rows), on)


def _disputed(setting: Setting, customer: Ints, issued: Ints, chance: Chance) -> Ints:
    assumed, rows = setting.assumed.trading, len(customer)
    _, crisis = setting.at(customer, issued)
    happens = chance.happens(assumed.disputed + assumed.disputed_crisis * crisis, rows)
    happens &= ~setting.population.prepays[customer]
    return np.where(happens, issued + chance.whole(assumed.dispute_days, rows), NEVER)


def _credits(
    setting: Setting,
    customer: Ints,
    *,
    disputed: Ints,
    returned: Ints,
    issued: Ints,
    chance: Chance,
) -> tuple[Floats, Ints]:
    """Return the part of each invoice that is credited, and when; a return goes first."""
    assumed, rows = setting.assumed.trading, len(customer)
    prepays = setting.population.prepays[customer]
    part, day = np.zeros(rows), np.full(rows, NEVER)
    priced = chance.happens(assumed.price_credit, rows)
    settled = (disputed != NEVER) & chance.happens(assumed.dispute_credited, rows)
    came_back = returned != NEVER
    for happens, bounds, on in (
        (priced, assumed.price_credit_part, issued + chance.whole((1, 20), rows)),
        (settled, assumed.dispute_credit_part, disputed + chance.whole((4, 20), rows)),
        (came_back, assumed.returned_part, returned),
    ):
        happens = happens & ~prepays
        part = np.where(happens, chance.between(bounds, rows), part)
        day = np.where(happens, on, day)
    return part, day
