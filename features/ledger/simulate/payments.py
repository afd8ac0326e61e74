"""Payments: on time or late, in parts, bounced, on account, and sometimes known late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import NEVER, Flags, Floats, Ints, dates, money
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import facts, is_told, numbered, told
from features.ledger.simulate.invoices import Invoices
from features.ledger.simulate.names import customer_ids, row_ids
from features.ledger.simulate.setting import Setting

_FRIDAY = 1  # 1970-01-01, day 0, was a Thursday
_WEEK = 7


@dataclass(frozen=True)
class Payments:
    """Hold payments, sorted by customer and day.

    Attributes
    ----------
    customer, invoice : ndarray of int64
        Place of the customer, and of the invoice in the chunk's invoices; of one of the
        invoices where several are paid on account.
    allocated : ndarray of bool
        Whether the payment names its invoice.
    paid, known : ndarray of int64
        Days.
    amount : ndarray of int64
        Minor units; negative for what bounced.
    """

    customer: Ints
    invoice: Ints
    allocated: Flags
    paid: Ints
    known: Ints
    amount: Ints

    def take(self, rows: Ints | Flags) -> Payments:
        """Return some of the payments."""
        return Payments(
            self.customer[rows],
            self.invoice[rows],
            self.allocated[rows],
            self.paid[rows],
            self.known[rows],
            self.amount[rows],
        )


def payments_of(setting: Setting, invoices: Invoices) -> Payments:
    """Return every payment of a chunk's invoices, each still at its invoice."""
    chance = setting.chance(Topic.PAYMENTS)
    intended = _intended(setting, invoices, chance)
    parts = [
        *_instalments(setting, invoices, intended, chance),
        _drips(setting, invoices, intended, chance),
    ]
    invoice = np.concatenate([part[0] for part in parts])
    paid = np.concatenate([part[1] for part in parts])
    amount = np.concatenate([part[2] for part in parts])
    customer = invoices.customer[invoice]
    known = paid + _told_later(setting, paid, invoices.due[invoice], chance)
    allocated = ~setting.population.on_account[customer]
    payments = Payments(customer, invoice, allocated, paid, known, amount)
    return payments.take(np.flatnonzero(amount != 0))


def payment_table(setting: Setting, invoices: Invoices, payments: Payments) -> pa.Table:
    """Return the rows of the table payments."""
    assumed, last = setting.assumed.payment, setting.span.last_day
    chance = setting.chance(Topic.CORRECTIONS)
    rows = _merged(setting, invoices, payments)
    invoice_told = is_told(invoices.issued[rows.invoice], invoices.known[rows.invoice], last)
    rows = rows.take(np.flatnonzero(invoice_told | ~rows.allocated))
    rows = rows.take(np.lexsort((rows.amount, rows.invoice, rows.paid, rows.customer)))
    wrong = chance.happens(assumed.corrected, len(rows.paid)) & (rows.amount > 1000)
    first_amount = np.where(wrong, rows.amount * 9 // 10, rows.amount)
    columns = {
        "payment_id": row_ids(setting, "PAY", rows.customer, numbered(rows.customer)),
        "customer_id": customer_ids(setting, rows.customer),
        "invoice_id": row_ids(
            setting, "INV", rows.customer, invoices.number[rows.invoice], rows.allocated
        ),
        "paid_on": dates(rows.paid),
        "amount": money(first_amount),
    }
    first = facts(columns, rows.customer, rows.paid, rows.known)
    again = np.flatnonzero(wrong)
    found = rows.known[again] + chance.whole(assumed.corrected_days, len(again))
    return told(last, first, first.corrected(again, found, {"amount": money(rows.amount[again])}))


def _intended(setting: Setting, invoices: Invoices, chance: Chance) -> Ints:
    """Return the day that each invoice would be paid, had nothing stopped the customer."""
    assumed, customer, due = setting.assumed.payment, invoices.customer, invoices.due
    rows = len(due)
    early = chance.generator.exponential(assumed.early_days_mean, rows).astype(np.int64)
    days = np.where(
        chance.happens(_lateness(setting, invoices), rows),
        _days_late(setting, invoices, chance),
        -np.minimum(early, assumed.longest_early_days),
    )
    argued = invoices.disputed != NEVER
    after = invoices.disputed + chance.whole(setting.assumed.trading.dispute_delay_days, rows)
    paid = np.where(argued, np.maximum(due + days, after), due + days)
    paid = np.minimum(paid, due + assumed.honest_days)
    credited = invoices.credit > 0
    paid = np.where(credited, np.maximum(paid, invoices.credited + 1), paid)
    paid = _resumed(setting, customer, paid=paid, due=due, chance=chance)
    ahead = np.maximum(
        invoices.issued - chance.whole(assumed.prepaid_days, rows), setting.span.first_day
    )
    paid = np.maximum(paid, invoices.issued)
    return np.where(setting.population.prepays[customer], ahead, paid)


def _lateness(setting: Setting, invoices: Invoices) -> Floats:
    """Return the chance of each invoice to be paid late."""
    assumed, customer = setting.assumed.payment, invoices.customer
    quality, crisis = setting.at(customer, invoices.due)
    log_odds = assumed.late_at_ordinary + setting.population.taste[customer]
    log_odds = log_odds + assumed.late_per_quality * quality + assumed.late_crisis * crisis
    log_odds += assumed.late_habit * setting.population.always_late[customer]
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def _days_late(setting: Setting, invoices: Invoices, chance: Chance) -> Ints:
    """Return how late each invoice is paid if it is late."""
    assumed = setting.assumed.payment
    quality, crisis = setting.at(invoices.customer, invoices.due)
    mean = assumed.days_base + assumed.days_per_badness * np.maximum(-quality, 0.0)
    mean = mean + assumed.days_crisis * crisis
    days = chance.generator.gamma(assumed.days_shape, mean / assumed.days_shape)
    return 1 + days.astype(np.int64)


def _resumed(setting: Setting, customer: Ints, *, paid: Ints, due: Ints, chance: Chance) -> Ints:
    """Move what would be paid during a pause to its end, as a rule not beyond 90 days late."""
    fates = setting.fates
    paused = (paid >= fates.pause_from[customer]) & (paid < fates.pause_to[customer])
    moved = fates.pause_to[customer] + chance.whole((0, 5), len(paid))
    latest = np.maximum(due + setting.assumed.payment.honest_days, paid)
    moved = np.where(fates.works_out[customer], moved, np.minimum(moved, latest))
    return np.where(paused, moved, paid)


Rows = tuple[Ints, Ints, Ints]  # place of the invoice, day, amount


def _instalments(
    setting: Setting, invoices: Invoices, intended: Ints, chance: Chance
) -> list[Rows]:
    """Return full payments, second parts, what bounced and what was paid again."""
    assumed, rows = setting.assumed.payment, len(intended)
    quality, crisis = setting.at(invoices.customer, intended)
    poor = np.exp(assumed.per_quality * quality)
    stop = setting.fates.stop[invoices.customer]
    owed = invoices.owed - chance.lag(assumed.short, (1, 99), rows)
    owed = np.where(setting.population.on_account[invoices.customer], invoices.owed, owed)
    owed = np.maximum(owed, 0)
    splits = chance.happens(assumed.partial * poor + assumed.partial_crisis * crisis, rows)
    first = np.rint(owed * chance.between(assumed.partial_part, rows)).astype(np.int64)
    first = np.where(splits, first, owed)
    rest_day = intended + chance.whole(assumed.partial_days, rows)
    rest_day = np.maximum(np.minimum(rest_day, invoices.due + assumed.honest_days), intended + 1)
    bounces = chance.happens(assumed.bounced * poor + assumed.bounced_crisis * crisis, rows)
    back_day = intended + chance.whole(assumed.bounced_days, rows)
    again_day = intended + chance.whole(assumed.repaid_days, rows)
    pays = intended <= stop
    return [
        _chosen(pays, intended, first),
        _chosen(splits & (rest_day <= stop), rest_day, owed - first),
        _chosen(pays & bounces, back_day, -first),
        _chosen(pays & bounces & (again_day <= stop), again_day, first),
    ]


def _drips(setting: Setting, invoices: Invoices, intended: Ints, chance: Chance) -> Rows:
    """Return the little that some failed customers still pay on what they owe."""
    assumed, customer = setting.assumed.failure, invoices.customer
    rows = len(intended)
    drips = chance.happens(assumed.drips, len(setting.population))[customer]
    drips &= chance.happens(assumed.drip_invoice, rows) & setting.fates.fails[customer]
    part = chance.between(assumed.drip_part, rows)
    day = setting.fates.stop[customer] + chance.whole(assumed.drip_days, rows)
    drips &= (intended > setting.fates.stop[customer]) & (day >= invoices.issued)
    return _chosen(drips, day, np.rint(invoices.owed * part).astype(np.int64))


def _chosen(flags: Flags, day: Ints, amount: Ints) -> Rows:
    place = np.flatnonzero(flags)
    return place, day[place], amount[place]


def _told_later(setting: Setting, paid: Ints, due: Ints, chance: Chance) -> Ints:
    """Return days until a payment is known; nobody looks 90 days late for that alone."""
    assumed, rows = setting.assumed.payment, len(paid)
    kind = chance.generator.random(rows)
    little = chance.whole(assumed.told_late_days, rows)
    long = chance.whole(assumed.told_very_late_days, rows)
    long = np.minimum(long, np.maximum(due + assumed.honest_days - paid, 0))
    very = kind < assumed.told_very_late
    late = ~very & (kind < assumed.told_very_late + assumed.told_late)
    return np.where(very, long, np.where(late, little, 0))


def _merged(setting: Setting, invoices: Invoices, payments: Payments) -> Payments:
    """Pay on account by Fridays: one sum for all that is paid in a week."""
    account = payments.take(np.flatnonzero(~payments.allocated & (payments.amount > 0)))
    if not len(account.paid):
        return payments
    friday = account.paid - (account.paid - _FRIDAY) % _WEEK
    paid = np.where(friday >= invoices.issued[account.invoice], friday, account.paid)
    key = account.customer * NEVER + paid
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    amount = np.zeros(len(first), dtype=np.int64)
    np.add.at(amount, group, account.amount)
    known = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(known, group, account.known)
    merged = Payments(
        account.customer[first],
        account.invoice[first],
        account.allocated[first],
        paid[first],
        known,
        amount,
    )
    rest = payments.take(np.flatnonzero(payments.allocated | (payments.amount < 0)))
    return Payments(
        np.concatenate([rest.customer, merged.customer]),
        np.concatenate([rest.invoice, merged.invoice]),
        np.concatenate([rest.allocated, merged.allocated]),
        np.concatenate([rest.paid, merged.paid]),
        np.concatenate([rest.known, merged.known]),
        np.concatenate([rest.amount, merged.amount]),
    )
