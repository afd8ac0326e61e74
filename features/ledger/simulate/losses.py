"""Losses: what is given up of the debt of failed customers, and the little that comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import NEVER, Flags, Ints, dates, money
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import facts, numbered, told
from features.ledger.simulate.invoices import Invoices
from features.ledger.simulate.names import customer_ids, row_ids
from features.ledger.simulate.payments import Payments
from features.ledger.simulate.setting import Setting

_SMALLEST = 100  # minor units


@dataclass(frozen=True)
class Losses:
    """Hold bad debts: whose, which invoice if one, how much, when, and when known."""

    customer: Ints
    number: Ints
    invoice: Ints
    of_invoice: Flags
    amount: Ints
    recognised: Ints
    known: Ints


def losses_of(setting: Setting, invoices: Invoices, payments: Payments) -> Losses:
    """Return what each failed customer still owes when its debt is given up."""
    chance, assumed = setting.chance(Topic.LOSSES), setting.assumed.failure
    owed = _open_at_loss(setting, invoices, payments)
    rows = len(setting.population)
    each = chance.happens(assumed.by_invoice, rows)
    late = chance.lag(assumed.told_late, assumed.told_late_days, rows)
    singly = np.flatnonzero((owed >= _SMALLEST) & each[invoices.customer])
    total = np.zeros(rows, dtype=np.int64)
    np.add.at(total, invoices.customer, np.where(owed > 0, owed, 0))
    whole = np.flatnonzero((total >= _SMALLEST) & ~each)
    customer = np.concatenate([invoices.customer[singly], whole])
    invoice = np.concatenate([invoices.number[singly], np.zeros_like(whole)])
    amount = np.concatenate([owed[singly], total[whole]])
    order = np.lexsort((invoice, customer))
    customer, invoice, amount = customer[order], invoice[order], amount[order]
    recognised = setting.fates.recognised[customer]
    return Losses(
        customer=customer,
        number=numbered(customer),
        invoice=invoice,
        of_invoice=invoice > 0,
        amount=amount,
        recognised=recognised,
        known=recognised + late[customer],
    )


def bad_debt_table(setting: Setting, losses: Losses) -> pa.Table:
    """Return the rows of the table bad_debts."""
    columns = {
        "bad_debt_id": row_ids(setting, "BAD", losses.customer, losses.number),
        "customer_id": customer_ids(setting, losses.customer),
        "invoice_id": row_ids(setting, "INV", losses.customer, losses.invoice, losses.of_invoice),
        "recognised_on": dates(losses.recognised),
        "amount": money(losses.amount),
    }
    rows = facts(columns, losses.customer, losses.recognised, losses.known)
    return told(setting.span.last_day, rows)


def recovery_table(setting: Setting, losses: Losses) -> pa.Table:
    """Return the rows of the table recoveries: from few debts, small and later."""
    chance, assumed = setting.chance(Topic.RECOVERIES), setting.assumed.failure
    place = np.flatnonzero(chance.happens(assumed.recovering, len(losses.customer)))
    times = chance.whole((1, assumed.most_recoveries), len(place))
    part = chance.beta(assumed.recovered_part, len(place)) / times
    place, part = np.repeat(place, times), np.repeat(part, times)
    amount = np.maximum(np.rint(losses.amount[place] * part), 1.0).astype(np.int64)
    day = _recovered(losses, place, chance=chance, bounds=assumed.recovery_days)
    customer = losses.customer[place]
    columns = {
        "recovery_id": row_ids(setting, "REC", customer, numbered(customer)),
        "bad_debt_id": row_ids(setting, "BAD", customer, losses.number[place]),
        "recovered_on": dates(day),
        "amount": money(amount),
    }
    return told(setting.span.last_day, facts(columns, customer, day, day))


def _recovered(losses: Losses, place: Ints, *, chance: Chance, bounds: tuple[int, int]) -> Ints:
    """Return the day of each recovery: one after the other, the first after the loss is known."""
    return losses.known[place] + numbered(place) * chance.whole(bounds, len(place))


def _open_at_loss(setting: Setting, invoices: Invoices, payments: Payments) -> Ints:
    """Return minor units of each invoice open on the day that its customer's debt is given up."""
    lost = setting.fates.recognised[invoices.customer]
    paid = np.zeros(len(lost), dtype=np.int64)
    before = payments.paid <= lost[payments.invoice]
    np.add.at(paid, payments.invoice[before], payments.amount[before])
    credit = np.where(invoices.credited <= lost, invoices.credit, 0)
    owed = invoices.amount - credit - paid
    counts = (lost != NEVER) & (invoices.issued <= lost)
    return np.where(counts, owed, 0)
