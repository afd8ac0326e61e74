"""A span of month-ends as a command is given it."""

from __future__ import annotations

from datetime import date

from features.errors import UsageError
from training.windows import month_ends


def month_ends_between(first: date | None, last: date | None) -> tuple[date, ...] | None:
    """Return the month-ends of ``--from`` and ``--to``; None where neither was given.

    Raises
    ------
    UsageError
        If only one was given, the later first, or no month ends between.

    Examples
    --------
    >>> [str(day) for day in month_ends_between(date(2025, 1, 15), date(2025, 3, 15))]
    ['2025-01-31', '2025-02-28']
    """
    if first is None and last is None:
        return None
    if first is None or last is None or first > last:
        message = "Give --from and --to together, the earlier first."
        raise UsageError(message)
    days = month_ends(first, last)
    if not days:
        message = f"No month ends between {first} and {last}. Widen --from and --to."
        raise UsageError(message)
    return days
