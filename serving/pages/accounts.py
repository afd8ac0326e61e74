"""Logging in and out, and the first account of all."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from features.errors import UsageError
from models.explain.words import Text
from serving.errors import NOT_FOUND, TOO_MANY, Kind, Problem
from serving.pages.drawing import page
from serving.pages.forms import local_path, not_ours, read_form
from serving.pages.visitors import visitor_of
from serving.pages.words import _
from serving.people.login import COOKIE, begin_cookie, door_of, end_cookie, is_form_token
from serving.people.store import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    anybody,
    begin_session,
    create_person,
    end_session,
    person_of,
)
from serving.service import service_of

Form = Annotated[Mapping[str, str], Depends(read_form)]
WRONG_CODE = Kind("wrong-setup-code", 403, Text("链接无效", "The link is not valid"))
WRONG = _("Login or password is wrong.")
_BAD_LOGIN = _("A login has 1 to 64 small letters, digits, dots, dashes, underscores or @.")
_BAD_PASSWORD = _("A password has 10 to 1,024 characters.")
LONGEST_LOGIN = 64
_NOT_TWICE = _("The two passwords differ.")
router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_page(request: Request) -> Response:
    """Show the form, or go on where somebody is logged in already."""
    wanted = local_path(request.query_params.get("next"))
    if visitor_of(request) is not None:
        return RedirectResponse(wanted, status_code=303)
    nobody = not anybody(service_of(request).engine)
    return page(request, "login.html", wanted=wanted, login="", fault=None, nobody=nobody)


@router.post("/login")
async def login(request: Request, form: Form) -> Response:
    """Begin a session; the answer is the same whether the login exists or not."""
    given, wanted = _login_in(form), local_path(form.get("next"))
    attempts = door_of(request).attempts
    wait = attempts.begin(given)
    if wait:
        raise _too_many(wait)
    token = await door_of(request).hashing(_session(request, given, form.get("password", "")))
    if token is None:
        return page(
            request, "login.html", status=401, headers={"WWW-Authenticate": "Cookie"},
            wanted=wanted, login=given, fault=WRONG, nobody=False,
        )  # fmt: skip
    attempts.succeeded(given)
    return _logged_in(request, token, wanted)


@router.post("/logout")
def logout(request: Request, form: Form) -> Response:
    """End the session."""
    token = request.cookies.get(COOKIE, "")
    if visitor_of(request) is not None:
        if not is_form_token(token, form.get("form_token", "")):
            raise not_ours()
        end_session(service_of(request).engine, token)
    gone = RedirectResponse("/login", status_code=303)
    end_cookie(gone)
    return gone


@router.get("/setup")
def setup_page(request: Request) -> Response:
    """Show the form of the first account to who has the link."""
    code = request.query_params.get("code", "")
    _check_code(request, code)
    return page(request, "setup.html", code=code, login="", fault=None)


@router.post("/setup")
async def setup(request: Request, form: Form) -> Response:
    """Make the first account, which may do everything, and log it in."""
    code, given = form.get("code", ""), _login_in(form)
    _check_code(request, code)
    fault = _fault_of(form)
    if fault is None:
        token = await _first_account(request, given, form["password"])
        if token is not None:
            return _logged_in(request, token, "/")
        fault = _BAD_LOGIN
    return page(request, "setup.html", status=422, code=code, login=given, fault=fault)


async def _first_account(request: Request, given: str, password: str) -> str | None:
    """Make the account unless another request just does; the code works once."""
    state = request.app.state
    code, state.setup_code, token = state.setup_code, None, None
    try:
        token = await door_of(request).hashing(_first_session(request, given, password))
    finally:
        if token is None:
            state.setup_code = code
    return token


def _session(request: Request, given: str, password: str) -> Callable[[], str | None]:
    service = service_of(request)

    def begin() -> str | None:
        person = person_of(service.engine, given, password)
        if person is None:
            return None
        _end_old(request)
        return begin_session(service.engine, person.login, _lasting(request))

    return begin


def _first_session(request: Request, given: str, password: str) -> Callable[[], str | None]:
    engine = service_of(request).engine

    def begin() -> str | None:
        try:
            person = create_person(engine, given, password, ["admin"])
        except UsageError:
            return None
        return begin_session(engine, person.login, _lasting(request))

    return begin


def _end_old(request: Request) -> None:
    if request.cookies.get(COOKIE):
        end_session(service_of(request).engine, request.cookies[COOKIE])


def _lasting(request: Request) -> timedelta:
    return timedelta(hours=service_of(request).settings.session_hours)


def _logged_in(request: Request, token: str, wanted: str) -> Response:
    response = RedirectResponse(wanted, status_code=303)
    begin_cookie(request, response, token, service_of(request).settings.session_hours)
    return response


def _check_code(request: Request, given: str) -> None:
    code: str | None = request.app.state.setup_code
    if code is None or anybody(service_of(request).engine):
        detail = Text("已有账号，请直接登录。", "There is an account already. Log in.")
        raise Problem(NOT_FOUND, detail)
    if not hmac.compare_digest(given.encode(), code.encode()):
        detail = Text(
            "请使用`tradegrade serve`启动时显示的完整链接。",
            "Use the whole link that `tradegrade serve` showed when it began.",
        )
        raise Problem(WRONG_CODE, detail)


def _login_in(form: Mapping[str, str]) -> str:
    return form.get("login", "").strip().lower()[: LONGEST_LOGIN + 1]  # longer is nobody's


def _fault_of(form: Mapping[str, str]) -> str | None:
    password = form.get("password", "")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return _BAD_PASSWORD
    return None if password == form.get("again") else _NOT_TWICE


def _too_many(seconds: int) -> Problem:
    minutes = -(-seconds // 60)
    return Problem(
        TOO_MANY,
        Text(
            f"该账号登录失败次数过多，请{minutes}分钟后再试。",
            f"Too many failed attempts with this login. Try again in {minutes} "
            f"minute{'' if minutes == 1 else 's'}.",
        ),
        headers={"Retry-After": str(seconds)},
    )
