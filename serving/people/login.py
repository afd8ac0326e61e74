"""Logging in over HTTP: the session's cookie, forged forms, and guessed passwords."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "tradegrade_session"
MOST_FAILURES, WINDOW_SECONDS, MOST_LOGINS = 5, 900.0, 10_000
_AT_ONCE = 2  # passwords hashed at once: each takes 19 MiB for a moment
_PORTS = {"http": ":80", "https": ":443"}
T = TypeVar("T")


class Attempts:
    """Failed attempts by login, in memory: after five in 15 minutes a login must wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: OrderedDict[str, list[float]] = OrderedDict()

    def begin(self, login: str) -> int:
        """Count an attempt before it is looked at; return 0, or the seconds to wait instead.

        Counting first lets nobody try a hundred passwords at once.
        """
        now = self._clock()
        recent = [at for at in self._begun.get(login, []) if now - at < WINDOW_SECONDS]
        if len(recent) >= MOST_FAILURES:
            return max(1, round(recent[0] + WINDOW_SECONDS - now))
        self._begun[login] = [*recent, now]
        self._begun.move_to_end(login)
        while len(self._begun) > MOST_LOGINS:
            self._begun.popitem(last=False)
        return 0

    def succeeded(self, login: str) -> None:
        """Forget the attempts of a login that was let in."""
        self._begun.pop(login, None)


@dataclass
class Door:
    """What one server knows of the people at its door."""

    attempts: Attempts = field(default_factory=Attempts)
    _places: anyio.CapacityLimiter | None = None

    async def hashing(self, work: Callable[[], T]) -> T:
        """Return what work that hashes a password gives, in a thread, two at a time."""
        if self._places is None:
            self._places = anyio.CapacityLimiter(_AT_ONCE)
        return await anyio.to_thread.run_sync(work, limiter=self._places)


def door_of(request: Request) -> Door:
    """Return the door of the application that a request came to."""
    state = request.app.state
    if not hasattr(state, "door"):
        state.door = Door()
    door: Door = state.door
    return door


def begin_cookie(request: Request, response: Response, token: str, hours: float) -> None:
    """Let the browser show the session from now on; scripts and other sites cannot."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=round(hours * 3600),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def end_cookie(response: Response) -> None:
    """Let the browser forget the session."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def form_token(session_token: str) -> str:
    """Return what the forms of a session carry: nobody without the session can make it.

    Examples
    --------
    >>> form_token("a") == form_token("a"), form_token("a") == form_token("b")
    (True, False)
    """
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(session_token: str, given: str) -> bool:
    """Tell whether a form carries the token of its session."""
    return hmac.compare_digest(form_token(session_token).encode(), given.encode())


def is_own_form(request: Request) -> bool:
    """Tell whether a form was sent from a page of this very server."""
    sent_from = request.headers.get("origin") or request.headers.get("referer") or ""
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return bool(origin_of(sent_from)) and origin_of(sent_from) == origin_of(own)


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address; empty if it has none.

    Examples
    --------
    >>> origin_of("https://Shop.example:443/login?x"), origin_of("null"), origin_of("//x")
    ('https://shop.example', '', '')
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(_PORTS[parts.scheme])}"
