"""Outside scores of customers: quarterly, delayed, noisy, and now and then corrected."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from features.ledger.simulate.arrays import Flags, Floats, Ints, dates, numbers, same_word
from features.ledger.simulate.chance import Chance, Topic
from features.ledger.simulate.facts import facts, told
from features.ledger.simulate.names import customer_ids
from features.ledger.simulate.setting import Setting

_MONTHS_OF_QUARTER = 3
_RANGE = (1.0, 99.0)


def score_table(setting: Setting) -> pa.Table:
    """Return the customers' rows of the table external_scores."""
    assumed, chance = setting.assumed.outside, setting.chance(Topic.OUTSIDE)
    customer, month = quarterly(setting, chance, setting.population.scored)
    rows = len(customer)
    day = setting.span.workday(month, chance.generator.random(rows))
    score = _scores(setting, customer, month, chance)
    columns = {
        "subject": same_word("customer", rows),
        "subject_id": customer_ids(setting, customer),
        "source": same_word(assumed.score_source, rows),
        "published_on": dates(day),
        "score": numbers(score),
    }
    known = day + chance.lag(assumed.score_told_late, assumed.score_told_late_days, rows)
    first = facts(columns, customer, day, known)
    wrong = np.flatnonzero(chance.happens(assumed.score_corrected, rows))
    step = assumed.score_correction * np.sign(chance.spread(1.0, len(wrong)))
    right = np.clip(score[wrong] + step, *_RANGE)
    found = known[wrong] + chance.whole(assumed.score_corrected_days, len(wrong))
    again = first.corrected(wrong, found, {"score": numbers(right)})
    return told(setting.span.last_day, first, again)


def quarterly(setting: Setting, chance: Chance, who: Flags) -> tuple[Ints, Ints]:
    """Return customer and month of something that comes every quarter, each in its own month."""
    months = np.arange(setting.span.months)
    phase = chance.whole((0, _MONTHS_OF_QUARTER - 1), len(setting.population))
    due = months % _MONTHS_OF_QUARTER == phase[:, None]
    there = months >= setting.population.arrival[:, None]
    customer, month = np.nonzero(due & there & who[:, None])
    return customer.astype(np.int64), month.astype(np.int64)


def _scores(setting: Setting, customer: Ints, month: Ints, chance: Chance) -> Floats:
    assumed = setting.assumed.outside
    seen = np.maximum(month - assumed.score_delay_months, 0)
    score = assumed.score_mean + assumed.score_per_quality * setting.quality[customer, seen]
    score = score + assumed.score_crisis * setting.fates.crisis[customer, seen]
    score += chance.spread(assumed.score_noise, len(customer))
    return np.clip(score, *_RANGE).round(1)
