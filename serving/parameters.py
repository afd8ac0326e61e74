"""Read what stands in an address: identifiers, days, cursors; nothing is guessed or echoed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from starlette.requests import Request

from models.explain.words import Text
from serving.errors import NO_PAGE, Fault, Problem, invalid

LONGEST_ID = 128
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
NO_ID = Text(
    f"客户编号须为1至{LONGEST_ID}个字符，不含NUL。",
    f"A customer's id has 1 to {LONGEST_ID} characters and no NUL.",
)
NO_DAY = Text(
    f"日期须写作2025-12-31，介于{FIRST_DAY}与{LAST_DAY}之间。",
    f"Write a day as 2025-12-31, between {FIRST_DAY} and {LAST_DAY}.",
)


def only_known(request: Request, *names: str) -> None:
    """Refuse a parameter that means nothing here, or stands twice.

    Raises
    ------
    Problem
        422.
    """
    given = [name for name, _ in request.query_params.multi_items()]
    faults = []
    if set(given) - {*names, "lang"}:
        known = ", ".join((*names, "lang"))
        faults.append(
            Fault("query", Text(f"只接受参数：{known}。", f"The parameters are: {known}."))
        )
    if len(given) != len(set(given)):
        faults.append(Fault("query", Text("参数重复。", "A parameter stands twice.")))
    if faults:
        raise invalid(*faults)


def is_identifier(given: object) -> bool:
    """Tell whether something can be a customer's id."""
    return (
        isinstance(given, str)
        and 1 <= len(given) <= LONGEST_ID
        and "\x00" not in given
        and not any("\ud800" <= letter <= "\udfff" for letter in given)
    )


def identifier(given: str) -> str:
    """Return an id from the path.

    Raises
    ------
    Problem
        422 if it cannot be one.
    """
    if not is_identifier(given):
        raise invalid(Fault("customer_id", NO_ID))
    return given


def day_of(given: object) -> date | None:
    """Return the day that a text names, None if it names none."""
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def optional_day(request: Request, name: str) -> date | None:
    """Return the day that a parameter names, None where it is absent.

    Raises
    ------
    Problem
        422 if it is there and names no day.
    """
    given = request.query_params.get(name)
    if given is None:
        return None
    day = day_of(given)
    if day is None:
        raise invalid(Fault(name, NO_DAY))
    return day


def number_between(request: Request, name: str, least: int, most: int, *, default: int) -> int:
    """Return the whole number of a parameter.

    Raises
    ------
    Problem
        422 if it is no whole number from ``least`` to ``most``.
    """
    given = request.query_params.get(name, str(default))
    if _NUMBER.fullmatch(given) and least <= int(given) <= most:
        return int(given)
    detail = Text(f"须为{least}至{most}的整数。", f"Give a whole number from {least} to {most}.")
    raise invalid(Fault(name, detail))


def cursor(*parts: Any) -> str:
    """Return where a page ended, as a text that means nothing to a reader."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(given: str, kinds: Sequence[type | tuple[type, ...]]) -> tuple[Any, ...]:
    """Return the parts of a cursor.

    Raises
    ------
    Problem
        404 if it is not one of ours.
    """
    try:
        text = base64.b64decode(given.encode() + b"=" * (-len(given) % 4), b"-_", validate=True)
        parts = json.loads(text.decode())
    except (binascii.Error, ValueError, RecursionError) as error:
        raise no_page() from error
    fits = isinstance(parts, list) and len(parts) == len(kinds)
    if not fits or not all(isinstance(p, k) for p, k in zip(parts, kinds, strict=True)):
        raise no_page()
    return tuple(parts)


def no_page() -> Problem:
    """Return the problem of a cursor that leads nowhere."""
    return Problem(
        NO_PAGE,
        Text(
            "游标无效，请原样使用上一页的next_cursor。",
            "The cursor leads nowhere. Use the next_cursor of the page before as it is.",
        ),
    )
