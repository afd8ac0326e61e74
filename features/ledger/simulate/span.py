"""The span of a ledger: its months, their working days, and what month a day is in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.ledger.simulate.arrays import Floats, Ints
from features.ledger.simulate.assumptions import LAST_DAY

_MOST_WORKDAYS = 23


@dataclass(frozen=True)
class Span:
    """Hold the months of a ledger; days are numbers since 1970-01-01.

    Attributes
    ----------
    months : int
        How many months the ledger spans; the last ends with its last day.
    starts : ndarray of int64, shape (months + 1,)
        First day of each month, and the day after the last.
    workdays : ndarray of int64, shape (months, 23)
        The days from Monday to Friday of each month, from the first on.
    workday_count : ndarray of int64, shape (months,)
        How many there are.
    """

    months: int
    starts: Ints
    workdays: Ints
    workday_count: Ints

    @property
    def first_day(self) -> int:
        """Return the first day of the ledger."""
        return int(self.starts[0])

    @property
    def last_day(self) -> int:
        """Return the last day of the ledger: no fact happens or is known after it."""
        return int(self.starts[-1]) - 1

    @property
    def month_of_year(self) -> Ints:
        """Return 1 to 12 for each month of the span."""
        months = self.starts[:-1].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return months % 12 + 1

    def month(self, days: Ints) -> Ints:
        """Return the month that days lie in; a day outside counts to the nearest month."""
        return np.clip(np.searchsorted(self.starts, days, side="right") - 1, 0, self.months - 1)

    def workday(self, month: Ints, chance: Floats) -> Ints:
        """Return a working day of each month, by a chance in [0, 1)."""
        place = (chance * self.workday_count[month]).astype(np.int64)
        return self.workdays[month, place]

    def day(self, month: Ints, chance: Floats) -> Ints:
        """Return any day of each month, by a chance in [0, 1)."""
        length = self.starts[month + 1] - self.starts[month]
        return self.starts[month] + (chance * length).astype(np.int64)


def span_of(months: int) -> Span:
    """Return the span of this many months up to the last day of every ledger.

    Examples
    --------
    >>> str(np.datetime64(span_of(36).first_day, "D"))
    '2023-01-01'
    """
    last = np.datetime64(LAST_DAY, "M") + 1
    starts = np.arange(last - months, last + 1).astype("datetime64[D]").astype(np.int64)
    workdays = np.zeros((months, _MOST_WORKDAYS), dtype=np.int64)
    counts = np.zeros(months, dtype=np.int64)
    for month in range(months):
        days = np.arange(starts[month], starts[month + 1])
        chosen = days[np.is_busday(days.astype("datetime64[D]"))]
        workdays[month, : len(chosen)] = chosen
        counts[month] = len(chosen)
    return Span(months, starts, workdays, counts)
