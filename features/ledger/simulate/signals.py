"""Signals: news, complaints, changes, reviews and statements."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import Floats, Ints, dates, numbers, words
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import facts, numbered, told
from features.ledger.simulate.names import customer_ids, row_ids
from features.ledger.simulate.scores import quarterly
from features.ledger.simulate.setting import Setting

KINDS = (
    "negative_news",
    "complaint",
    "return",
    "contract_breach",
    "contact_change",
    "address_change",
    "supplier_review",
    "financial_statement",
)
_VALUES = {"negative_news": (1, 5), "return": (1, 50)}  # severity; pieces that came back
_STATEMENT_MONTH = 5

Rows = tuple[Ints, Ints, Floats, Ints]  # customer, month, value, least days until known


def signal_table(setting: Setting) -> pa.Table:
    """Return the rows of the table signals."""
    assumed, chance = setting.assumed.outside, setting.chance(Topic.SIGNALS)
    by_kind = {kind: _counted(setting, chance, kind) for kind, _, _, _ in assumed.rates}
    by_kind["supplier_review"] = _reviews(setting, chance)
    by_kind["financial_statement"] = _statements(setting, chance)
    customer, month, value, until = (
        np.concatenate(part) for part in zip(*(by_kind[k] for k in KINDS), strict=True)
    )
    kind = np.repeat(np.arange(len(KINDS)), [len(by_kind[k][0]) for k in KINDS])
    rows = len(customer)
    day = setting.span.day(month, chance.generator.random(rows))
    known = day + np.maximum(chance.lag(assumed.told_late, assumed.told_late_days, rows), until)
    order = np.lexsort((kind, day, customer))
    customer, day, known = customer[order], day[order], known[order]
    columns = {
        "signal_id": row_ids(setting, "SIG", customer, numbered(customer)),
        "customer_id": customer_ids(setting, customer),
        "observed_on": dates(day),
        "kind": words(kind[order], KINDS),
        "value": numbers(value[order]),
    }
    return told(setting.span.last_day, facts(columns, customer, day, known))


def _counted(setting: Setting, chance: Chance, kind: str) -> Rows:
    """Return signals that come at a rate by quality and crisis."""
    rates = {name: (rate, good, bad) for name, rate, good, bad in setting.assumed.outside.rates}
    ordinary, per_quality, in_crisis = rates[kind]
    customer, month = setting.customer_months()
    quality, crisis = setting.quality[customer, month], setting.fates.crisis[customer, month]
    rate = ordinary * np.exp(per_quality * quality + in_crisis * crisis)
    counts = chance.generator.poisson(rate)
    customer, month = np.repeat(customer, counts), np.repeat(month, counts)
    rows = len(customer)
    value = np.full(rows, np.nan)
    if kind in _VALUES:
        value = chance.whole(_VALUES[kind], rows).astype(np.float64)
    return customer, month, value, np.zeros(rows, dtype=np.int64)


def _reviews(setting: Setting, chance: Chance) -> Rows:
    """Return quarterly reviews from 0 to 100."""
    assumed = setting.assumed.outside
    customer, month = quarterly(setting, chance, setting.population.reviewed)
    value = assumed.review_mean + assumed.review_per_quality * setting.quality[customer, month]
    value = value + assumed.review_crisis * setting.fates.crisis[customer, month]
    value += chance.spread(assumed.review_noise, len(customer))
    return customer, month, np.clip(value, 0.0, 100.0).round(), np.zeros_like(month)


def _statements(setting: Setting, chance: Chance) -> Rows:
    """Return yearly statements with the current ratio as their value."""
    assumed = setting.assumed.outside
    customer, month = setting.customer_months()
    filed = setting.span.month_of_year[month] == _STATEMENT_MONTH
    filed &= setting.population.files_statements[customer]
    customer, month = customer[filed], month[filed]
    quality = setting.quality[customer, month]
    value = assumed.statement_mean + assumed.statement_per_quality * quality
    value += chance.spread(assumed.statement_noise, len(customer))
    until = chance.whole(assumed.statement_told_days, len(customer))
    return customer, month, np.clip(value, *assumed.statement_range).round(2), until
