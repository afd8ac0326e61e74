"""Read the forms that pages post: small, plain and in UTF-8; anything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from models.explain.words import Text
from serving.errors import INVALID, TOO_LARGE, Kind, Problem
from serving.people.login import is_own_form

LONGEST_FIELD = 1024
_LARGEST_BODY = 16_384
_MOST_FIELDS = 16
_TYPE = "application/x-www-form-urlencoded"
NOT_OURS = Kind("form-from-elsewhere", 403, Text("表单来源不符", "The form is not from here"))


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a posted form.

    Raises
    ------
    Problem
        403 if another site sent it, 413 if it is too long, 422 if it cannot be read.
    """
    if not is_own_form(request):
        raise not_ours()
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _TYPE:
        raise _unreadable()
    return _fields(await _body(request))


def not_ours() -> Problem:
    """Return the problem of a form that another site, or an old page, sent."""
    return Problem(
        NOT_OURS,
        Text(
            "请从本站页面重新提交；若经代理访问，代理须保留Host并设置X-Forwarded-Proto。",
            "Send it again from a page of this server. A proxy in between must keep Host and set "
            "X-Forwarded-Proto.",
        ),
    )


def local_path(given: str | None) -> str:
    r"""Return where a person wanted to go if it is a page of this server, else the first page.

    Examples
    --------
    >>> local_path("/customers?q=a"), local_path("//evil.example"), local_path("/\\evil.example")
    ('/customers?q=a', '/', '/')
    """
    path = given or "/"
    is_plain = path.isprintable() and "\\" not in path and len(path) <= LONGEST_FIELD
    return path if is_plain and path.startswith("/") and not path.startswith("//") else "/"


def address_without(request: Request, *names: str) -> str:
    """Return the path and query of a request but for some parameters."""
    kept = [(name, value) for name, value in request.query_params.multi_items()
            if name not in names]  # fmt: skip
    path = request.scope.get("raw_path", b"").decode("ascii", "ignore").split("?")[0]
    return (path or request.url.path) + (f"?{urlencode(kept)}" if kept else "")


async def _body(request: Request) -> bytes:
    found = b""
    async for chunk in request.stream():
        found += chunk
        if len(found) > _LARGEST_BODY:
            detail = Text("表单内容过长。", "The form is too long.")
            raise Problem(TOO_LARGE, detail, headers={"Connection": "close"})
    return found


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:  # no UTF-8, no form, too many fields
        raise _unreadable() from error
    if len({name for name, _ in pairs}) != len(pairs):
        raise _unreadable()
    if any("\x00" in value or len(value) > LONGEST_FIELD for _, value in pairs):
        raise _unreadable()
    return dict(pairs)


def _unreadable() -> Problem:
    return Problem(
        INVALID,
        Text(
            f"表单无法读取：每项最长{LONGEST_FIELD}个字符，须为UTF-8，不含NUL。",
            f"The form cannot be read: a field has at most {LONGEST_FIELD} characters of UTF-8 "
            "and no NUL.",
        ),
    )
