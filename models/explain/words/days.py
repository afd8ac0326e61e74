"""When something happened: a day, a month, or between two days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from models.explain.words.text import EMPTY, Text

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """The two days of a change: what is told happened after the first, by the last."""

    first: date
    last: date

    def holds(self, day: object) -> bool:
        """Tell whether a day lies after the first and not after the last."""
        return isinstance(day, date) and self.first < day <= self.last


def period(days: Iterable[date], span: Span) -> Text:
    """Return when things happened, as it stands in a sentence.

    Parameters
    ----------
    days : iterable of date
        Of each thing. Without any nothing is said.
    span : Span
        A month in the year of its last day is told without the year.

    Examples
    --------
    >>> span = Span(date(2025, 9, 30), date(2025, 10, 31))
    >>> period([date(2025, 10, 3), date(2025, 10, 8)], span)
    Text(zh='10月', en='in October')
    >>> period([date(2025, 10, 3)], span).en
    'on 2025-10-03'
    >>> period([date(2024, 12, 3), date(2025, 1, 9)], span).en
    'between 2024-12-03 and 2025-01-09'
    """
    found = sorted(days)
    if not found:
        return EMPTY
    first, last = found[0], found[-1]
    if first == last:
        return Text(f"{first}", f"on {first}")
    if (first.year, first.month) == (last.year, last.month):
        name = _MONTHS[first.month - 1]
        if first.year == span.last.year:
            return Text(f"{first.month}月", f"in {name}")
        return Text(f"{first.year}年{first.month}月", f"in {name} {first.year}")
    return Text(f"{first}至{last}", f"between {first} and {last}")
