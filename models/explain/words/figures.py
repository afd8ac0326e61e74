"""Values, points, amounts and counts as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from features.catalogue import FEATURES
from models.explain.words.text import Text

UNKNOWN = Text("未知", "unknown")
_FORMATS = {"share": "{:.1%}", "amount": "{:,.2f}", "ratio": "{:.2f}", "score": "{:.1f}"}
_FLAGS = {0.0: Text("否", "no"), 1.0: Text("是", "yes")}
_SCORE_SOURCES = {
    1.0: Text("客户自身评分", "its own score"),
    2.0: Text("行业评分", "its industry's"),
}
_NUMBER_WORDS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
)
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Noun:
    """What is counted: with its measure word in Chinese and its plural in English.

    Examples
    --------
    >>> invoice = Noun("发票", "张", "invoice", "invoices")
    >>> invoice.counted(3)
    Text(zh='3张发票', en='three invoices')
    """

    zh: str
    measure: str
    one: str
    many: str

    def counted(self, number: int) -> Text:
        """Return so many of it."""
        name = self.one if number == 1 else self.many
        return Text(f"{number}{self.measure}{self.zh}", f"{number_word(number)} {name}")


@cache
def label(feature: str) -> Text:
    """Return the short name of a feature for a person."""
    entry = FEATURES[feature]
    return Text(entry.label_zh, entry.label_en)


def value_text(feature: str, value: float) -> Text:
    """Return a feature's value with its unit.

    Parameters
    ----------
    feature : str
        A feature of the catalogue.
    value : float
        In the catalogue's unit; NaN is unknown.

    Examples
    --------
    >>> value_text("on_time_rate_365d", 0.625).en, value_text("oldest_overdue_days", 1.0).zh
    ('62.5%', '1天')
    """
    if math.isnan(value):
        return UNKNOWN
    unit = FEATURES[feature].unit
    if unit == "flag":
        return _FLAGS[value]
    if unit == "code":
        return _SCORE_SOURCES[value]
    if unit == "days":
        return Text(f"{_number(value)}天", f"{_number(value)} day{'' if value == 1 else 's'}")
    plain = _number(value) if unit == "count" else _FORMATS[unit].format(value)
    plain = plain.replace("-", _MINUS)
    return Text(plain, plain)


def points_text(points: float) -> Text:
    """Return signed points with one place.

    Examples
    --------
    >>> points_text(-14.23).en, points_text(0.04).zh
    ('−14.2 points', '0.0分')
    """
    number = f"{abs(points):.1f}"
    sign = "" if number == "0.0" else _MINUS if points < 0 else "+"
    return Text(f"{sign}{number}分", f"{sign}{number} points")


def number_word(number: int) -> str:
    """Return a count in English: a word up to ten, then figures.

    Examples
    --------
    >>> number_word(3), number_word(1200)
    ('three', '1,200')
    """
    return _NUMBER_WORDS[number] if number < len(_NUMBER_WORDS) else f"{number:,}"


def days_text(days: int) -> Text:
    """Return a number of days.

    Examples
    --------
    >>> days_text(1).en, days_text(41).zh
    ('1 day', '41天')
    """
    return Text(f"{days:,}天", f"{days:,} day{'' if days == 1 else 's'}")


def money(amounts: Sequence[object]) -> str | None:
    """Return the sum of amounts; None where one of them is unstated.

    Examples
    --------
    >>> money([Decimal("82000.00"), Decimal("100000.5")]), money([None])
    ('182,000.50', None)
    """
    known = [amount for amount in amounts if isinstance(amount, Decimal)]
    if not known or len(known) < len(amounts):
        return None
    return f"{abs(sum(known, Decimal(0))):,.2f}"


def _number(value: float) -> str:
    plain = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return plain.replace("-", _MINUS)
