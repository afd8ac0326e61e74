"""The customers table: made-up names, and credit limits that correction rows change."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import Flags, Floats, Ints, dates, identifiers, money, words
from features.ledger.simulate.assumptions import REGIONS
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import facts, told
from features.ledger.simulate.names import CUSTOMER_DIGITS, customer_ids
from features.ledger.simulate.setting import Setting
from features.ledger.simulate.uscc import usccs
from features.ledger.simulate.world import INDUSTRY_NAMES

_DAYS_OF_YEAR = 365
_DAYS_OF_MONTH = 30
_MONTHS_OF_YEAR = 12
_THOUSAND = 100_000  # minor units
_GROUP_DIGITS = (4, 4)


def customer_table(setting: Setting) -> pa.Table:
    """Return the rows of the table customers."""
    population, chance = setting.population, setting.chance(Topic.LIMITS)
    limit = _first_limits(setting, chance)
    has_limit = ~chance.happens(setting.assumed.population.without_limit, len(population))
    first = facts(
        _columns(setting, limit, has_limit),
        np.arange(len(population)),
        population.since,
        population.since,
    )
    parts = [first]
    for year in range(-(-setting.span.months // _MONTHS_OF_YEAR)):
        places, day = _reviewed(setting, year, has_limit=has_limit, chance=chance)
        bounds = setting.assumed.population.limit_change_range
        limit[places] = _rounded(limit[places] * chance.between(bounds, len(places)))
        parts.append(first.corrected(places, day, {"credit_limit": money(limit[places])}))
    return told(setting.span.last_day, *parts)


def _columns(setting: Setting, limit: Ints, has_limit: Flags) -> dict[str, pa.Array]:
    population = setting.population
    rows = np.arange(len(population))
    chunk = np.full(len(population), setting.chunk)
    desks = tuple(f"Desk {desk + 1:02d}" for desk in range(setting.assumed.population.desks))
    return {
        "customer_id": customer_ids(setting, rows),
        "group_id": identifiers(
            "G",
            (chunk, _GROUP_DIGITS[0]),
            (population.group, _GROUP_DIGITS[1]),
            known=population.group > 0,
        ),
        "name": identifiers("Customer ", (population.number, CUSTOMER_DIGITS)),
        "uscc": usccs(population.number),
        "industry": words(population.industry, INDUSTRY_NAMES),
        "region": words(population.region, REGIONS),
        "owner": words(population.desk, desks),
        "registered_on": dates(population.registered),
        "customer_since": dates(population.since),
        "credit_limit": money(limit, has_limit),
    }


def _first_limits(setting: Setting, chance: Chance) -> Ints:
    """Return limits in minor units: some months of sales, in whole thousands."""
    population, assumed = setting.population, setting.assumed.population
    months = population.terms / _DAYS_OF_MONTH + assumed.limit_months
    guess = np.exp(chance.spread(assumed.limit_spread, len(population)))
    return _rounded(population.monthly_sales * months * guess * 100)


def _rounded(minor: Floats) -> Ints:
    return np.maximum(np.rint(minor / _THOUSAND), 1.0).astype(np.int64) * _THOUSAND


def _reviewed(
    setting: Setting, year: int, *, has_limit: Flags, chance: Chance
) -> tuple[Ints, Ints]:
    """Return whose limit is changed in a year, and on what day."""
    rows = len(has_limit)
    start = setting.span.first_day + year * _DAYS_OF_YEAR
    day = start + chance.whole((0, _DAYS_OF_YEAR - 1), rows)
    changes = chance.happens(setting.assumed.population.limit_change_yearly, rows)
    changes &= has_limit & (day > setting.population.since) & (day < setting.fates.stop)
    return np.flatnonzero(changes), day[changes]
