"""Every sentence of the pages has its Chinese, and numbers are told as each language does."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

import serving.pages
from features.catalogue import FAMILIES as CATALOGUE
from models.adjustments import KINDS
from models.rules import INDICATORS as RULES
from serving.errors import KINDS as PROBLEMS
from serving.pages import codes
from serving.pages.words import catalogue, words_of

FOLDER = Path(serving.pages.__file__).parent
TEMPLATE = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}
Message = str | tuple[str, ...]


def messages() -> Iterator[tuple[str, Message]]:
    """Yield every sentence that is marked, with the file that it stands in."""
    plural = (1, 2)
    for path in sorted(FOLDER.rglob("*.html")):
        marks = {"gettext": None, "ngettext": plural, "_": None}
        found = extract_from_file(
            "jinja2.ext:babel_extract", path, keywords=marks, options=TEMPLATE
        )
        yield from ((path.name, message) for _, message, _, _ in found)
    for path in sorted(FOLDER.rglob("*.py")):
        found = extract_from_file("python", path, keywords={"_": None, "ngettext": plural})
        yield from ((path.name, message) for _, message, _, _ in found)


WANTED: dict[Message, str] = {message: name for name, message in messages()}


@pytest.mark.parametrize("message", sorted(WANTED, key=str), ids=str)
def test_every_sentence_has_a_chinese_translation(message: Message) -> None:
    one = message if isinstance(message, str) else message[0]
    found = catalogue().get(one)
    assert found is not None, f"{WANTED[message]}: {one!r} stands in no catalogue"
    assert not found.fuzzy
    told = found.string if isinstance(found.string, str) else found.string[0]
    assert told.strip(), f"{one!r} has no translation"
    names = {"%(" + part.split(")")[0] + ")" for part in one.split("%(")[1:]}
    assert all(name in told for name in names), f"{one!r} lost a value in {told!r}"


def test_the_catalogue_holds_nothing_stale() -> None:
    there = {message.id for message in catalogue() if message.id}
    assert there - set(WANTED) == set()
    assert not list(catalogue().obsolete)


def test_every_code_has_a_name() -> None:
    assert set(codes.INDICATORS) == {indicator.name for indicator in RULES}
    assert set(codes.FAMILIES) == {family.name for family in CATALOGUE}
    assert set(codes.ADJUSTMENT_KINDS) == set(KINDS)
    assert len(PROBLEMS) > 10


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert codes.named(codes.APPROVALS, "board-of-directors", words_of("zh")) == (
        "board-of-directors"
    )
    assert codes.named(codes.APPROVALS, "credit-manager", words_of("zh")) == "信用经理审批"


def test_numbers_are_told_as_each_language_does() -> None:
    zh, en = words_of("zh"), words_of("en")
    assert zh.money(Decimal("1234567.5"), "CNY") == "¥1,234,567.50"
    assert en.money(Decimal("1234567.5"), "CNY") == "CN¥1,234,567.50"
    assert en.money("12", None) == "12.00"
    assert (zh.money(None, "CNY"), en.money(None, "CNY")) == ("未知", "unknown")
    assert zh.day("2025-12-31") == "2025年12月31日"
    assert en.ngettext("%(num)s day", "%(num)s days", 1) == "%(num)s day"
    assert zh.ngettext("%(num)s day", "%(num)s days", 2) == "%(num)s天"
