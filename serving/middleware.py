"""What surrounds every request: an id, headers, a log line, figures, and no bare 500."""

from __future__ import annotations

import re
import time
import traceback
import uuid
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.explain.words import Text
from serving.errors import FAILED, Problem
from serving.logs import log
from serving.metrics import Metrics

_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_API_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_PAGE_TYPES = (b"text/html", b"text/css", b"image/")
Tell = Callable[[Request, Problem], Response]
_QUIET = ("/healthz", "/readyz", "/metrics")  # asked every few seconds: not logged


class Surround:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tell: Tell) -> None:
        self._app = app
        self._metrics = metrics
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        scope["request_id"] = _request_id(scope)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, scope["request_id"])
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - a client is told, and the log says where
            log(
                "error", "request_failed", request_id=scope["request_id"],
                fault=type(error).__name__, at=_where(error),
            )  # fmt: skip
            if status:
                raise  # half an answer is out: the connection must break
            problem = Problem(
                FAILED,
                Text(
                    "请将request_id告知管理员，原因见服务日志。",
                    "Tell the administrator the request_id; the server's log says where.",
                ),
            )
            await self._tell(Request(scope), problem)(scope, receive, send_with_headers)
        finally:
            self._record(scope, status, time.perf_counter() - began)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.request(scope["method"], route, status, seconds)
        if scope["path"] not in _QUIET:
            log(
                "info", "request", request_id=scope["request_id"], method=_method(scope),
                route=route, status=status, ms=round(seconds * 1000, 2),
                client=scope.get("client_name"),
            )  # fmt: skip


def _method(scope: Scope) -> str:
    """Return the method if it is one: a client can send any word."""
    known = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")
    return scope["method"] if scope["method"] in known else "other"


def _request_id(scope: Scope) -> str:
    """Return the client's id of the request if it is harmless, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            if _GOOD_ID.fullmatch(given):
                return given
    return uuid.uuid4().hex


def _add_headers(message: Message, request_id: str) -> None:
    """Add what the answer does not say itself, without a search of all headers for each."""
    headers = [header for header in message["headers"] if header[0] != b"x-request-id"]
    said = dict(headers)
    headers.append((b"x-request-id", request_id.encode("latin-1")))
    headers += [header for header in _HEADERS if header[0] not in said]
    if not said.get(b"content-type", b"").startswith(_PAGE_TYPES):
        headers += [header for header in _API_HEADERS if header[0] not in said]
    message["headers"] = headers


def _where(error: BaseException) -> list[str]:
    """Return the lines of code that failed, without any value."""
    return [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)][-6:]
