"""Lead time: how long before a default a signal warned, against another signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.matrix import Days, Floats
from training.statistics.ranking import Flags


@dataclass(frozen=True)
class Signal:
    """How early a signal warned of defaults.

    Attributes
    ----------
    warned : int
        Defaults before which it warned at all.
    median_days, lower_days, upper_days : float or None
        From the first warning to the default: median and quartiles of those it warned of.
    alarm_share : float
        Of all looks at customers that did not default, those at which it warned: a signal that
        always warns is always early.
    """

    warned: int
    median_days: float | None
    lower_days: float | None
    upper_days: float | None
    alarm_share: float


@dataclass(frozen=True)
class LeadTime:
    """Two signals before the same defaults, seen on the same days.

    Attributes
    ----------
    defaults : int
        Defaults of customers that were looked at before.
    grade, overdue : Signal
        A grade below B; an oldest overdue above the threshold; both seen on the looks.
    overdue_daily : Signal
        The same overdue watched every day: from the day on which it crossed the threshold, as
        its age on the next look tells, but not before the customer's first look.
    grade_first, overdue_first, together : int
        Which warned first; a default that only one warned of counts as that one's.
    """

    defaults: int
    grade: Signal
    overdue: Signal
    overdue_daily: Signal
    grade_first: int
    overdue_first: int
    together: int


def lead_time(
    customer_ids: Sequence[str],
    days: Days,
    by_grade: Flags,
    overdue_days: Floats,
    default_on: Mapping[str, date],
    *,
    threshold: int,
) -> LeadTime:
    """Return how early a low grade and a long overdue warned of each default.

    Both are seen on the same looks, so neither has finer eyes. Looks on or after the day of
    the default do not count.

    Parameters
    ----------
    customer_ids : sequence of str, length n
        Customer of each look.
    days : ndarray of datetime64[D], shape (n,)
        Day of each look.
    by_grade : ndarray of bool, shape (n,)
        Whether the grade warns.
    overdue_days : ndarray of float64, shape (n,)
        Age of the oldest overdue; NaN, where it is unknown, warns of nothing.
    default_on : mapping of str to date
        First day of default of those who default; others are survivors.
    threshold : int
        Days that an overdue must exceed to warn.
    """
    ids = np.asarray(customer_ids)
    age = np.nan_to_num(overdue_days)
    by_overdue = age > threshold
    ends = np.array([default_on.get(c, date.max) for c in customer_ids], dtype="datetime64[D]")
    fails = np.array([c in default_on for c in customer_ids], dtype=bool)
    before = fails & (days < ends)
    looked = sorted(set(ids[before].tolist()))
    leads = [
        _first_warnings(ids, days, before & warns, default_on) for warns in (by_grade, by_overdue)
    ]
    first_look = _first_warnings(ids, days, before, default_on)
    crossed = days - np.maximum(age - threshold - 1, 0).astype("timedelta64[D]")
    daily = {
        customer: min(lead, first_look[customer])
        for customer, lead in _first_warnings(ids, crossed, before & by_overdue, default_on).items()
    }
    pairs = [(leads[0].get(c, -1), leads[1].get(c, -1)) for c in looked]
    alarms = [float(warns[~fails].mean()) if (~fails).any() else 0.0
              for warns in (by_grade, by_overdue)]  # fmt: skip
    return LeadTime(
        defaults=len(looked),
        grade=_signal(list(leads[0].values()), alarms[0]),
        overdue=_signal(list(leads[1].values()), alarms[1]),
        overdue_daily=_signal(list(daily.values()), alarms[1]),
        grade_first=sum(one > other for one, other in pairs),
        overdue_first=sum(one < other for one, other in pairs),
        together=sum(one == other >= 0 for one, other in pairs),
    )


def _first_warnings(
    ids: NDArray[np.str_],
    days: Days,
    chosen: Flags,
    default_on: Mapping[str, date],
) -> dict[str, int]:
    """Return the days from the first warning to the default, by customer."""
    first: dict[str, date] = {}
    for customer, day in zip(ids[chosen].tolist(), days[chosen].tolist(), strict=True):
        first[customer] = min(day, first.get(customer, day))
    return {customer: (default_on[customer] - day).days for customer, day in first.items()}


def _signal(leads: list[int], alarm_share: float) -> Signal:
    if not leads:
        return Signal(0, None, None, None, alarm_share)
    lower, median, upper = (float(v) for v in np.quantile(leads, [0.25, 0.5, 0.75]))
    return Signal(len(leads), median, lower, upper, alarm_share)
