"""Orders: how much each customer buys, month by month, and what becomes of an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import (
    NEVER,
    Flags,
    Floats,
    Ints,
    dates,
    money,
    same_word,
    words,
)
from features.ledger.simulate.assumptions import CURRENCY
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import facts, numbered, told
from features.ledger.simulate.names import customer_ids, row_ids
from features.ledger.simulate.setting import Setting

STATUSES = ("open", "fulfilled", "cancelled", "returned")
_OPEN, _FULFILLED, _CANCELLED, _RETURNED = range(4)
_MONTHS_OF_YEAR = 12


@dataclass(frozen=True)
class Orders:
    """Hold the orders of a chunk, sorted by customer and day.

    Attributes
    ----------
    customer, number : ndarray of int64
        Place of the customer, and running number of its order.
    ordered, issued, closed : ndarray of int64
        Days of the order, of its invoice, and of its end; a cancelled one has no invoice.
    amount : ndarray of int64
        Minor units.
    status : ndarray of int64
        Place in STATUSES that the order ends in.
    on_file : ndarray of bool
        Whether the order itself is recorded; else only its invoice is.
    told_by_correction : ndarray of bool
        Whether the end is told by a correction row, not by ``closed_on`` of the first row.
    """

    customer: Ints
    number: Ints
    ordered: Ints
    issued: Ints
    closed: Ints
    amount: Ints
    status: Ints
    on_file: Flags
    told_by_correction: Flags

    @property
    def is_invoiced(self) -> Flags:
        """Tell which orders are invoiced."""
        return np.asarray(self.status != _CANCELLED)

    @property
    def is_returned(self) -> Flags:
        """Tell which orders come back, at least in part."""
        return np.asarray(self.status == _RETURNED)


def orders_of(setting: Setting) -> Orders:
    """Return the orders of a chunk."""
    chance, assumed = setting.chance(Topic.ORDERS), setting.assumed.trading
    customer, ordered = _ordered(setting, chance)
    number = numbered(customer)
    rows = len(customer)
    _, crisis = setting.at(customer, ordered)
    lead = chance.generator.exponential(assumed.lead_days_mean, rows).astype(np.int64) + 1
    issued = ordered + np.minimum(lead, assumed.longest_lead_days)
    cancelled = chance.happens(assumed.cancelled + assumed.cancelled_crisis * crisis, rows)
    returned = chance.happens(assumed.returned + assumed.returned_crisis * crisis, rows)
    cancelled &= number > 1  # who becomes a customer gets its first order
    ends = np.where(cancelled, _CANCELLED, np.where(returned, _RETURNED, _FULFILLED))
    closed = np.where(
        cancelled,
        ordered + chance.whole(assumed.cancelled_days, rows),
        issued + np.where(returned, chance.whole(assumed.returned_days, rows), 0),
    )
    return Orders(
        customer=customer,
        number=number,
        ordered=ordered,
        issued=issued,
        closed=closed,
        amount=_amounts(setting, customer, chance),
        status=ends,
        on_file=~chance.happens(assumed.without_order, rows) | cancelled,
        told_by_correction=(ends > _FULFILLED) & chance.happens(assumed.status_corrected, rows),
    )


def order_table(setting: Setting, orders: Orders) -> pa.Table:
    """Return the rows of the table orders."""
    kept = np.flatnonzero(orders.on_file)
    last = setting.span.last_day
    ended = (orders.closed[kept] <= last) & ~orders.told_by_correction[kept]
    status = np.where(ended, orders.status[kept], _OPEN)
    customer, ordered = orders.customer[kept], orders.ordered[kept]
    columns = {
        "order_id": row_ids(setting, "ORD", customer, orders.number[kept]),
        "customer_id": customer_ids(setting, customer),
        "ordered_on": dates(ordered),
        "amount": money(orders.amount[kept]),
        "status": words(status, STATUSES),
        "closed_on": dates(np.where(ended, orders.closed[kept], NEVER)),
        "currency": same_word(CURRENCY, len(kept)),
    }
    first = facts(columns, customer, ordered, ordered)
    again = np.flatnonzero(orders.told_by_correction[kept])
    closed = orders.closed[kept][again]
    changes = {
        "status": words(orders.status[kept][again], STATUSES),
        "closed_on": dates(closed),
    }
    return told(last, first, first.corrected(again, closed, changes))


def _ordered(setting: Setting, chance: Chance) -> tuple[Ints, Ints]:
    """Return customer and day of every order, sorted."""
    counts = chance.generator.poisson(_volume(setting, chance))
    rows = np.arange(len(counts))
    arrival = setting.population.arrival
    counts[rows, arrival] = np.maximum(counts[rows, arrival], 1)
    customer = np.repeat(rows, counts.sum(axis=1))
    month = np.repeat(np.tile(np.arange(counts.shape[1]), len(counts)), counts.ravel())
    day = setting.span.workday(month, chance.generator.random(len(month)))
    order = np.lexsort((day, customer))
    customer, day = customer[order], day[order]
    shipped = day <= setting.fates.shipped_until[customer]
    return customer[shipped], day[shipped]


def _volume(setting: Setting, chance: Chance) -> Floats:
    """Return the expected orders of every customer and month."""
    assumed, population, fates = setting.assumed.trading, setting.population, setting.fates
    months = np.arange(setting.span.months)
    years = (months - setting.span.months / 2) / _MONTHS_OF_YEAR
    trend = assumed.per_quality * setting.quality + population.growth[:, None] * years
    effect = np.where(fates.bust_out, assumed.bust_out_gain, -assumed.crisis_loss)
    volume = population.monthly_invoices[:, None] * setting.world.season[population.industry]
    volume = volume * np.exp(trend) * (1.0 + effect[:, None] * fates.crisis)
    volume *= chance.generator.gamma(assumed.month_shape, 1.0 / assumed.month_shape, volume.shape)
    active = (months >= population.arrival[:, None]) & (months < population.departure[:, None])
    return np.where(active, volume, 0.0)


def _amounts(setting: Setting, customer: Ints, chance: Chance) -> Ints:
    """Return the amount of each order in minor units: most alike, now and then a project."""
    assumed = setting.assumed.trading
    amount = setting.population.typical_amount[customer]
    amount = amount * np.exp(chance.spread(assumed.invoice_spread, len(customer)))
    project = chance.happens(assumed.project, len(customer))
    amount = amount * np.where(project, chance.between(assumed.project_times, len(customer)), 1.0)
    return np.rint(np.clip(amount, *assumed.amount_range) * 100).astype(np.int64)
