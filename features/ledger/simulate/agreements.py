"""Agreements: guarantees that stand behind a customer, and framework contracts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import NEVER, dates, money, words
from features.ledger.simulate.chance import Topic
from features.ledger.simulate.facts import facts, numbered, told
from features.ledger.simulate.names import customer_ids, row_ids
from features.ledger.simulate.setting import Setting

_DAYS_OF_YEAR = 365


def guarantee_table(setting: Setting) -> pa.Table:
    """Return the rows of the table guarantees: sooner for the poorer half."""
    assumed, chance = setting.assumed.agreement, setting.chance(Topic.GUARANTEES)
    population = setting.population
    poor = setting.quality[:, 0] < 0.0
    share = np.where(poor, assumed.guaranteed + assumed.guaranteed_poor, assumed.guaranteed)
    gives = chance.happens(share, len(population))
    customer = np.flatnonzero(gives)
    rows = len(customer)
    months = setting.span.months - population.arrival[customer]
    month = population.arrival[customer] + (chance.generator.random(rows) * months).astype(np.int64)
    start = setting.span.workday(month, chance.generator.random(rows))
    end = start + chance.whole(assumed.guarantee_days, rows)
    part = chance.between(assumed.guarantee_months, rows) * population.monthly_sales[customer]
    open_ended = chance.happens(assumed.guarantee_open_ended, rows)
    kind = chance.whole((0, len(assumed.guarantee_kinds) - 1), rows)
    columns = {
        "guarantee_id": row_ids(setting, "GUA", customer, numbered(customer)),
        "customer_id": customer_ids(setting, customer),
        "amount": money(np.rint(part).astype(np.int64) * 100),
        "valid_from": dates(start),
        "valid_to": dates(np.where(open_ended, NEVER, end)),
        "kind": words(kind, assumed.guarantee_kinds),
    }
    known = start + chance.lag(assumed.guarantee_told_late, assumed.guarantee_told_days, rows)
    return told(setting.span.last_day, facts(columns, customer, start, known))


def contract_table(setting: Setting) -> pa.Table:
    """Return the rows of the table contracts: a year each, renewed as long as all is well."""
    assumed, chance = setting.assumed.agreement, setting.chance(Topic.CONTRACTS)
    population, span = setting.population, setting.span
    rows = len(population)
    lives = chance.happens(assumed.contracted, rows)
    signed = np.where(population.arrival > 0, population.since, span.first_day)
    signed = signed + np.where(
        population.arrival > 0, 0, -chance.whole((0, _DAYS_OF_YEAR - 1), rows)
    )
    signed = np.maximum(signed, population.since)
    leaves = np.append(span.starts, NEVER)[population.departure]
    template = chance.one_of(assumed.template_shares, rows)
    found = []
    while (lives & (signed <= span.last_day)).any():
        lives = lives & (signed < setting.fates.stop) & (signed < leaves)
        customer = np.flatnonzero(lives)
        found.append((customer, signed[customer], template[customer]))
        lives &= chance.happens(assumed.renewed, rows)
        signed = signed + _DAYS_OF_YEAR
    customer, day, chosen = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((day, customer))
    customer, day, chosen = customer[order], day[order], chosen[order]
    columns = {
        "contract_id": row_ids(setting, "CON", customer, numbered(customer)),
        "customer_id": customer_ids(setting, customer),
        "signed_on": dates(day),
        "expires_on": dates(day + _DAYS_OF_YEAR - 1),
        "template": words(chosen, assumed.templates),
    }
    return told(span.last_day, facts(columns, customer, day, day))
