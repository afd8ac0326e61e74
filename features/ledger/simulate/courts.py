"""Courts: suits, what follows them, and whether anybody looked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import NEVER, Flags, Ints, dates, money, words
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import facts, numbered, told
from features.ledger.simulate.names import customer_ids, row_ids
from features.ledger.simulate.setting import Setting

KINDS = ("lawsuit", "judgment", "enforcement", "dishonest", "bankruptcy")
_LAWSUIT, _JUDGMENT, _ENFORCEMENT, _DISHONEST, _BANKRUPTCY = range(5)
_SOON = 5


@dataclass(frozen=True)
class Events:
    """Hold legal events: whose, when, of what kind, and whether a failure brought them."""

    customer: Ints
    filed: Ints
    kind: Ints
    of_failure: Flags


def legal_table(setting: Setting) -> pa.Table:
    """Return the rows of the table legal_events."""
    assumed, chance = setting.assumed.court, setting.chance(Topic.COURTS)
    events = _seen(setting, _joined(*_suits(setting, chance), *_of_failures(setting, chance)))
    customer, rows = events.customer, len(events.customer)
    closed = events.filed + chance.whole(assumed.closed_days, rows)
    stays = events.of_failure & chance.happens(assumed.failed_never_closed, rows)
    closed = np.where(stays | (closed > setting.span.last_day), NEVER, closed)
    amount = setting.population.monthly_sales[customer] * assumed.amount_months * 100
    amount = amount * np.exp(chance.spread(assumed.amount_spread, rows))
    stated = ~chance.happens(assumed.without_amount, rows) & (events.kind != _DISHONEST)
    columns = {
        "event_id": row_ids(setting, "LEG", customer, numbered(customer)),
        "customer_id": customer_ids(setting, customer),
        "filed_on": dates(events.filed),
        "closed_on": dates(closed),
        "kind": words(events.kind, KINDS),
        "amount": money(np.rint(amount).astype(np.int64), stated),
        "source": words(chance.whole((0, len(assumed.sources) - 1), rows), assumed.sources),
    }
    known = events.filed + chance.whole(assumed.told_days, rows)
    return told(setting.span.last_day, facts(columns, customer, events.filed, known))


def coverage_table(setting: Setting) -> pa.Table:
    """Return the rows of the table coverage: who was looked for, where and when."""
    assumed, chance = setting.assumed.court, setting.chance(Topic.COVERAGE)
    population, months = setting.population, np.arange(setting.span.months)
    rows = len(population)
    found = []
    for source in range(len(assumed.sources)):
        every = np.array(assumed.search_months)[
            chance.whole((0, len(assumed.search_months) - 1), rows)
        ]
        since = months - population.arrival[:, None]
        searched = (since >= 0) & (since % every[:, None] == 0)
        uses = chance.happens(assumed.second_source if source else 1.0, rows)
        customer, month = np.nonzero(searched & (uses & population.looked_at)[:, None])
        day = setting.span.workday(month, chance.generator.random(len(month)))
        found.append((customer, np.full(len(customer), source), day))
    customer, source_of, day = (np.concatenate(part) for part in zip(*found, strict=True))
    columns = {
        "customer_id": customer_ids(setting, customer),
        "source": words(source_of, assumed.sources),
        "searched_on": dates(day),
    }
    return told(setting.span.last_day, facts(columns, customer, day, day))


def _suits(setting: Setting, chance: Chance) -> list[Events]:
    """Return suits by quality and crisis, and the judgments, enforcements, listings after them."""
    assumed = setting.assumed.court
    customer, month = setting.customer_months()
    quality = setting.quality[customer, month]
    crisis = setting.fates.crisis[customer, month]
    invoices = np.minimum(setting.population.monthly_invoices[customer], assumed.most_nuisance)
    rate = assumed.suits * np.exp(
        assumed.suits_per_quality * quality + assumed.suits_crisis * crisis
    )
    counts = chance.generator.poisson(rate + assumed.nuisance * invoices)
    customer, month = np.repeat(customer, counts), np.repeat(month, counts)
    filed = setting.span.day(month, chance.generator.random(len(month)))
    events = [_events(customer, filed, _LAWSUIT)]
    for kind, share, days in (
        (_JUDGMENT, assumed.judged, assumed.judged_days),
        (_ENFORCEMENT, assumed.enforced, assumed.enforced_days),
        (_DISHONEST, assumed.listed, assumed.listed_days),
    ):
        goes_on = chance.happens(share, len(customer))
        customer = customer[goes_on]
        filed = filed[goes_on] + chance.whole(days, len(customer))
        events.append(_events(customer, filed, kind))
    return events


def _of_failures(setting: Setting, chance: Chance) -> list[Events]:
    """Return what other creditors and the courts do around a failure and after it."""
    assumed, fates = setting.assumed.court, setting.fates
    failed = np.flatnonzero(fates.fails)
    sued = np.repeat(failed, chance.generator.poisson(assumed.after_failure_suits, len(failed)))
    day = fates.stop[sued] + chance.whole(assumed.after_failure_days, len(sued))
    day = np.where(fates.sudden[sued], np.maximum(day, fates.stop[sued] + _SOON), day)
    events = [_events(sued, np.maximum(day, setting.span.first_day), _LAWSUIT, of_failure=True)]
    for kind, share, days in (
        (_ENFORCEMENT, assumed.failed_enforced, assumed.failed_enforced_days),
        (_DISHONEST, assumed.failed_listed, assumed.failed_listed_days),
        (_BANKRUPTCY, assumed.failed_bankrupt, assumed.failed_bankrupt_days),
    ):
        who = failed[chance.happens(share, len(failed))]
        when = fates.stop[who] + chance.whole(days, len(who))
        events.append(_events(who, when, kind, of_failure=True))
    return events


def _events(customer: Ints, filed: Ints, kind: int, *, of_failure: bool = False) -> Events:
    rows = len(customer)
    return Events(customer, filed, np.full(rows, kind), np.full(rows, of_failure))


def _joined(*parts: Events) -> Events:
    customer = np.concatenate([part.customer for part in parts])
    filed = np.concatenate([part.filed for part in parts])
    kind = np.concatenate([part.kind for part in parts])
    of_failure = np.concatenate([part.of_failure for part in parts])
    order = np.lexsort((kind, filed, customer))
    return Events(customer[order], filed[order], kind[order], of_failure[order])


def _seen(setting: Setting, events: Events) -> Events:
    """Return what the seller hears of: where nobody looks, only what its own failures bring."""
    failed = events.of_failure & (events.filed > setting.fates.stop[events.customer])
    seen = setting.population.looked_at[events.customer] | failed
    return Events(
        events.customer[seen], events.filed[seen], events.kind[seen], events.of_failure[seen]
    )
