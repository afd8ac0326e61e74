"""The pages' sentences, numbers, money and days, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from models.explain.words import LANGUAGES

CATALOGUE = "locale/zh/LC_MESSAGES/pages.po"
_LOCALES = {"zh": "zh_CN", "en": "en"}
_HTML = {"zh": "zh-CN", "en": "en"}


def _(text: str) -> str:
    """Return a sentence as it is, marked for the catalogue of translations."""
    return text


_UNKNOWN = _("unknown")


@dataclass(frozen=True)
class Words:
    """How one language says things.

    Attributes
    ----------
    language : str
        ``zh`` or ``en``.
    sentences : mapping of str to tuple of str
        Translations by English sentence, one per plural form; what is absent stays English.
    """

    language: str
    sentences: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def html_language(self) -> str:
        """The language as HTML and HTTP name it."""
        return _HTML[self.language]

    @property
    def locale(self) -> str:
        """The language as Babel names it."""
        return _LOCALES[self.language]

    def gettext(self, sentence: str) -> str:
        """Return the translation of an English sentence."""
        return self.sentences.get(sentence, (sentence,))[0]

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the translation of a sentence that counts; Chinese has one form."""
        return self.sentences.get(one, (one if number == 1 else many,))[0]

    def money(self, amount: Decimal | str | None, currency: str | None) -> str:
        """Return an amount with its currency, to two places; None is unknown.

        Examples
        --------
        >>> Words("zh").money("1234567.5", "CNY"), Words("en").money(Decimal("-2"), "CNY")
        ('¥1,234,567.50', '−CN¥2.00')
        """
        if amount is None:
            return self.gettext(_UNKNOWN)
        value = Decimal(amount)
        if currency is None:
            return _signed(format_decimal(value, "#,##0.00", locale=self.locale))
        return _signed(format_currency(value, currency, locale=self.locale))

    def number(self, value: float, places: int = 0) -> str:
        """Return a number with grouped digits."""
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return _signed(format_decimal(value, pattern, locale=self.locale))

    def points(self, value: float | Decimal) -> str:
        """Return signed points to two places.

        Examples
        --------
        >>> Words("en").points(-1.234), Words("en").points(0), Words("en").points(2)
        ('−1.23', '0.00', '+2.00')
        """
        text = format_decimal(value, "+0.00;-0.00", locale=self.locale)
        return text[1:] if text[1:] == "0.00" else _signed(text)

    def share(self, value: float, places: int = 1) -> str:
        """Return a share of 1 in per cent.

        Examples
        --------
        >>> Words("en").share(0.00534, 2), Words("zh").share(1)
        ('0.53%', '100.0%')
        """
        pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
        return _signed(format_percent(value, pattern, locale=self.locale))

    def day(self, day: date | str | None) -> str:
        """Return a day, given as such or as ISO text; None is unknown.

        Examples
        --------
        >>> Words("zh").day("2025-12-31"), Words("en").day(date(2025, 12, 31))
        ('2025年12月31日', 'Dec 31, 2025')
        """
        if day is None:
            return self.gettext(_UNKNOWN)
        known = date.fromisoformat(day) if isinstance(day, str) else day
        return format_date(known, "medium", locale=self.locale)


@cache
def words_of(language: str) -> Words:
    """Return how ``zh`` or ``en`` says things; the catalogue is read once."""
    return Words(language, _translations() if language == "zh" else {})


def ready_words() -> None:
    """Read what every language needs: the catalogue, and Babel's data of its locale.

    Babel keeps those data as pickles in its own package. They are read here, before the
    server refuses to load any; nothing of Babel's is read later.
    """
    for language in LANGUAGES:
        words = words_of(language)
        words.money(Decimal(1), "CNY")
        words.day(date(2000, 1, 1))
        words.share(0.5)


def catalogue() -> Catalog:
    """Return the catalogue of Chinese translations."""
    with (resources.files("serving.pages") / CATALOGUE).open("rb") as file:
        return read_po(file, locale="zh_CN")


def _translations() -> dict[str, tuple[str, ...]]:
    found = {}
    for message in catalogue():
        one = message.id if isinstance(message.id, str) else message.id[0]
        told = message.string if isinstance(message.string, tuple) else (message.string,)
        if one and all(told):
            found[one] = tuple(map(str, told))
    return found


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
