"""What goes wrong over HTTP, as `application/problem+json` in Chinese or English (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from models.explain.words import Text
from serving.language import language_of

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Fault:
    """Where in the input something is wrong, without the input itself.

    Attributes
    ----------
    pointer : str
        JSON pointer into the body, or the name of a parameter.
    detail : Text
        What is wrong and how to mend it.
    """

    pointer: str
    detail: Text


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its code, its HTTP status and its title."""

    code: str
    status: int
    title: Text


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Something that a client is told instead of an answer."""

    kind: Kind
    detail: Text
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


UNREADABLE = Kind("unreadable-body", 400, Text("请求内容无法读取", "The body cannot be read"))
NOT_LOGGED_IN = Kind("no-key", 401, Text("缺少有效的密钥", "No valid API key"))
NOT_ALLOWED = Kind("scope-missing", 403, Text("密钥权限不足", "The key may not do this"))
NOT_FOUND = Kind("not-found", 404, Text("未找到", "Not found"))
NO_GRADE = Kind("no-grade", 404, Text("该客户没有评级", "The customer has no grade"))
NO_PAGE = Kind("no-page", 404, Text("没有这一页", "There is no such page"))
NO_CUSTOMER = Kind("no-customer", 404, Text("账套中没有该客户", "The ledger has no such customer"))
NO_SNAPSHOT = Kind("no-snapshot", 404, Text("没有该客户的数据", "No snapshot of the customer"))
WRONG_METHOD = Kind("method-not-allowed", 405, Text("不支持该方法", "Method not allowed"))
BACKWARD = Kind("days-backward", 409, Text("日期先后颠倒", "The days run backward"))
TOO_FAR = Kind("day-too-far", 409, Text("日期过远", "The day is too far ahead"))
NO_LEDGER = Kind("no-ledger", 409, Text("服务没有账套", "The server has no ledger"))
NO_REPLAY = Kind("cannot-replay", 409, Text("无法重算该评级", "The grade cannot be replayed"))
TOO_LARGE = Kind("body-too-large", 413, Text("请求内容过大", "The body is too large"))
WRONG_TYPE = Kind("not-json", 415, Text("请求内容须为JSON", "The body must be JSON"))
INVALID = Kind("invalid-input", 422, Text("请求参数无效", "The input is not valid"))
TOO_MANY = Kind("too-many-attempts", 429, Text("尝试次数过多", "Too many attempts"))
FAILED = Kind("internal-error", 500, Text("服务内部错误", "The server failed"))
NOT_READY = Kind("not-ready", 503, Text("服务尚未就绪", "Not ready"))
KINDS: tuple[Kind, ...] = tuple(value for value in list(vars().values()) if isinstance(value, Kind))


def invalid(*faults: Fault) -> Problem:
    """Return the problem of a body or parameters that break a rule."""
    return Problem(
        INVALID,
        Text("请按errors中的说明修改后重试。", "Mend what `errors` lists and send it again."),
        faults,
    )


def not_ready(detail: Text, *, seconds: int = 1) -> Problem:
    """Return the problem of a server that cannot answer yet."""
    return Problem(NOT_READY, detail, headers={"Retry-After": str(seconds)})


def problem_document(problem: Problem, language: str, request_id: str) -> dict[str, Any]:
    """Return the fields of a problem in ``zh`` or ``en``."""
    kind = problem.kind
    document: dict[str, Any] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title.of(language),
        "status": kind.status,
        "detail": problem.detail.of(language),
        "code": kind.code,
        "request_id": request_id,
    }
    if problem.faults:
        document["errors"] = [
            {"pointer": fault.pointer, "detail": fault.detail.of(language)}
            for fault in problem.faults
        ]
    return document


def problem_response(request: Request, problem: Problem) -> Response:
    """Return a problem in the language that the request asks for."""
    language = language_of(request)
    document = problem_document(problem, language, request.scope.get("request_id", ""))
    return Response(
        json.dumps(document, ensure_ascii=False),
        status_code=problem.kind.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Vary": "Accept-Language", **problem.headers},
    )
