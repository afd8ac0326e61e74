"""The list of customers: what is wanted, one page of it, and where it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine

from models.bands import GRADES
from models.explain.words import Text
from serving.errors import NO_PAGE, Fault, Problem, invalid
from serving.grades.book import ORDERS, BookRow, Wanted, book_rows, place_of
from serving.pages.words import _
from serving.parameters import cursor, is_identifier, read_cursor

PAGE_ROWS = 50
LONGEST_TEXT = 128
ORDER_NAMES = {
    "score": _("Lowest score first"),
    "exposure": _("Largest exposure first"),
    "customer_id": _("By customer id"),
}
MOVED_NAMES = {"down": _("Downgraded"), "up": _("Upgraded")}
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Listing:
    """One page of the list.

    Attributes
    ----------
    next_link, first_link : str or None
        Where the list goes on, and where it began; None at the end and on the first page.
    """

    wanted: Wanted
    rows: list[BookRow]
    next_link: str | None
    first_link: str | None


def wanted_of(given: Mapping[str, str], floors: Mapping[str, float]) -> Wanted:
    """Return what a reader asks for; a choice that does not exist is no choice.

    Parameters
    ----------
    given : mapping of str to str
        The parameters of the address.
    floors : mapping of str to float
        Of the grades, by which rules and model are compared.

    Raises
    ------
    Problem
        422 if the text to look for is too long or holds a NUL.
    """
    text = given.get("q", "").strip()
    if len(text) > LONGEST_TEXT or "\x00" in text:
        detail = Text(
            f"搜索内容最长{LONGEST_TEXT}个字符。", f"Search for {LONGEST_TEXT} characters at most."
        )
        raise invalid(Fault("q", detail))
    grade, moved, order = (given.get(name, "") for name in ("grade", "moved", "order"))
    return Wanted(
        text=text,
        grade=grade if grade in GRADES else None,
        moved=moved if moved in MOVED_NAMES else None,
        order=order if order in ORDERS else ORDERS[0],
        apart=floors if given.get("apart") else None,
    )


def listing(engine: Engine, wanted: Wanted, given_cursor: str | None) -> Listing:
    """Return a page of the list.

    Parameters
    ----------
    engine : Engine
        The store.
    wanted : Wanted
        Which customers, in what order.
    given_cursor : str or None
        Where the page before ended.

    Raises
    ------
    Problem
        404 if the cursor is broken, or of a list in another order.
    """
    after = None if not given_cursor else _place(given_cursor, wanted.order)
    found = book_rows(engine, wanted, at_most=PAGE_ROWS + 1, after=after)
    rows = found[:PAGE_ROWS]
    on = None
    if len(found) > PAGE_ROWS:
        on = link(wanted, cursor(wanted.order, *place_of(rows[-1], wanted.order)))
    return Listing(wanted, rows, on, None if after is None else link(wanted))


def link(wanted: Wanted, at: str | None = None) -> str:
    """Return the address of a list; only what differs from the usual is named.

    Examples
    --------
    >>> link(Wanted(grade="D", order="exposure")), link(Wanted())
    ('/customers?grade=D&order=exposure', '/customers')
    """
    usual = {"order": ORDERS[0]}
    asked = {
        "q": wanted.text,
        "grade": wanted.grade,
        "moved": wanted.moved,
        "apart": "1" if wanted.apart else None,
        "order": wanted.order,
        "cursor": at,
    }
    kept = {name: value for name, value in asked.items() if value and usual.get(name) != value}
    return "/customers" + (f"?{urlencode(kept)}" if kept else "")


def _place(given: str, order: str) -> tuple[Any, str]:
    kinds: dict[str, type | tuple[type, ...]] = {
        "score": (int, float),
        "exposure": int,
        "customer_id": str,
    }
    try:
        of, value, customer_id = read_cursor(given, (str, kinds[order], str))
    except Problem as error:
        raise _no_page() from error
    fits = is_identifier(value) if order == "customer_id" else abs(value) <= _LARGEST
    if of != order or not fits or not is_identifier(customer_id):
        raise _no_page()
    return value, customer_id


def _no_page() -> Problem:
    return Problem(
        NO_PAGE,
        Text(
            "这个翻页地址已失效，请从客户列表第一页重新开始。",
            "This address of a page in the list leads nowhere. Begin again at the first page.",
        ),
    )
