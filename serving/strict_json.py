"""Read JSON strictly: what another reader would take otherwise is refused, and never echoed."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from starlette.requests import Request

from models.explain.words import Text
from serving.errors import TOO_LARGE, UNREADABLE, WRONG_TYPE, Problem

_LARGEST_INTEGER = 2**63 - 1
_LONGEST_NUMBER = 40
_JSON_TYPE = re.compile(r"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)


async def body_of(request: Request, at_most: int) -> bytes:
    """Return the body of a request that says it is JSON.

    Raises
    ------
    Problem
        413 if it is longer than ``at_most`` bytes, 415 if it is not JSON by its type.
    """
    if not _JSON_TYPE.fullmatch(request.headers.get("content-type", "").strip()):
        raise Problem(
            WRONG_TYPE,
            Text("请使用Content-Type: application/json。", "Send Content-Type: application/json."),
        )
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > at_most:
        raise _too_large(at_most)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > at_most:
            raise _too_large(at_most)
        parts.append(part)
    return b"".join(parts)


def read_json(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8.

    Raises
    ------
    Problem
        400 if it is not JSON in UTF-8, if a key stands twice in an object, if a number is NaN,
        infinite or an integer beyond 64 bits, if a text holds NUL or half a surrogate pair,
        or if it nests too deeply.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise _unreadable(Text("内容不是UTF-8编码", "it is not UTF-8")) from error
    except RecursionError as error:
        raise _unreadable(Text("嵌套过深", "it nests too deeply")) from error
    except json.JSONDecodeError as error:
        where = f"第{error.lineno}行第{error.colno}列", f"line {error.lineno}, column {error.colno}"
        raise _unreadable(
            Text(f"JSON语法错误，位于{where[0]}", f"it is not JSON, at {where[1]}")
        ) from error
    if b"\\u" in body:  # only an escape can bring what UTF-8 and JSON refuse in the clear
        _check_texts(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _unreadable(Text("对象中有重复的键", "a key stands twice in an object"))
    return found


def _constant(_: str) -> NoReturn:
    raise _unreadable(Text("数值不能为NaN或无穷大", "a number is NaN or infinite"))


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _unreadable(Text("数值超出范围", "a number is too large"))
    return value


def _integer(text: str) -> int:
    if len(text) <= _LONGEST_NUMBER:
        value = int(text)
        if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            return value
    raise _unreadable(Text("整数超出64位范围", "an integer is beyond 64 bits"))


def _check_texts(value: Any) -> None:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\x00" in one or any("\ud800" <= letter <= "\udfff" for letter in one):
                raise _unreadable(
                    Text("文本含有NUL或不完整的代理对", "a text holds NUL or half a surrogate pair")
                )
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one


def _unreadable(fault: Text) -> Problem:
    told = Text(f"请求内容有误：{fault.zh}。", f"The body cannot be read: {fault.en}.")
    return Problem(UNREADABLE, told)


def _too_large(at_most: int) -> Problem:
    return Problem(
        TOO_LARGE,
        Text(
            f"请求内容最多{at_most}字节，请分批发送。",
            f"A body has at most {at_most} bytes. Send several.",
        ),
    )
