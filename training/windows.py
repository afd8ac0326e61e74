"""As-of dates, and how rows are split: by time, or by a hash of the customer."""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from training.config import Windows

FIT, CALIBRATE, TEST = 0, 1, 2
Parts = NDArray[np.int8]
_HASH_SPACE = 2**64


@dataclass(frozen=True)
class TimeWindows:
    """The as-of dates of each window; labels of one are known before the next begins."""

    fit: tuple[date, ...]
    calibrate: tuple[date, ...]
    test: tuple[date, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """Every as-of date used, in order."""
        return self.fit + self.calibrate + self.test

    def part(self, day: date) -> int:
        """Return the window of an as-of date: FIT, CALIBRATE or TEST."""
        return FIT if day in self.fit else CALIBRATE if day in self.calibrate else TEST


def month_ends(first: date, last: date) -> tuple[date, ...]:
    """Return the last day of every month that lies in [first, last].

    Examples
    --------
    >>> [str(day) for day in month_ends(date(2024, 1, 31), date(2024, 3, 30))]
    ['2024-01-31', '2024-02-29']
    """
    found = []
    year, month = first.year, first.month
    while date(year, month, 1) <= last:
        day = date(year, month, calendar.monthrange(year, month)[1])
        if first <= day <= last:
            found.append(day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return tuple(found)


def covered_month_ends(
    first_day: date, last_day: date, *, horizon_days: int, windows: Windows
) -> tuple[date, ...]:
    """Return the month-ends with enough history whose labels the ledger knows.

    Parameters
    ----------
    first_day, last_day : date
        The ledger's first invoice and last event.
    horizon_days : int
        Days of the horizon.
    windows : Windows
        Start and reporting lag.
    """
    return month_ends(
        first_day + timedelta(days=windows.start_after_days),
        last_day - timedelta(days=horizon_days + windows.reporting_lag_days),
    )


def time_windows(
    days: Sequence[date], *, horizon_days: int, windows: Windows
) -> TimeWindows | None:
    """Return as-of dates for fit, calibration and test, or None where there are too few.

    The last label of a window, reporting lag included, is known before the next window's
    first as-of date; the dates in between are left out.

    Parameters
    ----------
    days : sequence of date
        As-of dates, in order.
    horizon_days : int
        Days of the horizon.
    windows : Windows
        Shares and reporting lag.
    """
    gap = timedelta(days=horizon_days + windows.reporting_lag_days)
    test_share = 1 - windows.fit_share - windows.calibrate_share
    best: TimeWindows | None = None
    for test in range(1, len(days)):
        calibrate = max(1, round(test * windows.calibrate_share / test_share))
        found = _windows_of(days, test=test, calibrate=calibrate, gap=gap)
        if found is None:
            break
        best = found
        if test >= test_share * len(found.days):
            break
    return best


def customer_parts(customer_ids: Sequence[str], windows: Windows) -> Parts:
    """Return FIT, CALIBRATE or TEST per row by a hash of the customer, never by the seed.

    Examples
    --------
    >>> from training.config import load_config
    >>> customer_parts(["c1", "c1", "c2"], load_config().windows).tolist()
    [0, 0, 1]
    """
    place = places(customer_ids, "split")
    edges = [windows.fit_share, windows.fit_share + windows.calibrate_share]
    return np.searchsorted(edges, place, side="right").astype(np.int8)


def customer_folds(customer_ids: Sequence[str], folds: int) -> NDArray[np.int64]:
    """Return the fold, 0 to folds − 1, of each row by a hash of the customer."""
    return (places(customer_ids, "fold") * folds).astype(np.int64)


def places(keys: Iterable[str], salt: str) -> Floats:
    """Return a number in [0, 1) for each key, by a hash that no seed changes, shape (n,).

    Parameters
    ----------
    keys : iterable of str
        Such as customers; equal keys have equal numbers.
    salt : str
        What the numbers are for: those of two salts have nothing to do with each other.
    """
    return np.array([_unit_hash(salt, key) for key in keys], dtype=np.float64)


def _windows_of(
    days: Sequence[date], *, test: int, calibrate: int, gap: timedelta
) -> TimeWindows | None:
    test_days = tuple(days[-test:])
    before = [day for day in days if day + gap < test_days[0]]
    calibrate_days = tuple(before[-calibrate:])
    if not calibrate_days:
        return None
    fit_days = tuple(day for day in before if day + gap < calibrate_days[0])
    return TimeWindows(fit_days, calibrate_days, test_days) if fit_days else None


def _unit_hash(salt: str, key: str) -> float:
    digest = hashlib.sha256(f"{salt}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _HASH_SPACE
