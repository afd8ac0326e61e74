"""The same words in Chinese and in English, and how clauses become a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Text:
    """The same sentence in Chinese and in English."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """Return the sentence in ``zh`` or ``en``."""
        return {"zh": self.zh, "en": self.en}[language]


EMPTY = Text("", "")


def joined(clauses: Iterable[Text], *, zh: str = "，") -> Text:
    """Return clauses as one: by a comma in Chinese, by a semicolon in English.

    Examples
    --------
    >>> joined([Text("甲", "one"), Text("乙", "two")])
    Text(zh='甲，乙', en='one; two')
    """
    told = [clause for clause in clauses if clause.zh or clause.en]
    return Text(zh.join(clause.zh for clause in told), "; ".join(clause.en for clause in told))


def within_brackets(clauses: Iterable[Text]) -> Text:
    """Return clauses as an aside in brackets; nothing where there are none.

    Examples
    --------
    >>> within_brackets([Text("甲", "one")]).en, within_brackets([]).en
    (' (one)', '')
    """
    told = joined(clauses)
    return EMPTY if told == EMPTY else Text(f"（{told.zh}）", f" ({told.en})")


def sentence_case(text: Text) -> Text:
    """Return a text that begins with a capital where its language has them.

    Examples
    --------
    >>> sentence_case(Text("三张", "three invoices")).en
    'Three invoices'
    """
    return Text(text.zh, text.en[:1].upper() + text.en[1:])
