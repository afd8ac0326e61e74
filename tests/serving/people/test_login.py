"""Guessed passwords are slowed, forged forms are seen."""

import pytest
from starlette.requests import Request

from serving.people.login import (
    MOST_FAILURES,
    MOST_LOGINS,
    WINDOW_SECONDS,
    Attempts,
    form_token,
    is_form_token,
    is_own_form,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_login_waits_until_its_first_failure_is_old() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(MOST_FAILURES):
        assert attempts.begin("a") == 0
        clock.now += 10
    assert attempts.begin("a") == WINDOW_SECONDS - 50
    assert attempts.begin("b") == 0
    clock.now += WINDOW_SECONDS - 50
    assert attempts.begin("a") == 0
    assert attempts.begin("a") == 10


def test_success_forgets_the_failures() -> None:
    attempts = Attempts(Clock())
    for _ in range(3 * MOST_FAILURES):
        assert attempts.begin("a") == 0
        attempts.succeeded("a")


def test_the_memory_of_failures_is_bounded() -> None:
    attempts = Attempts(Clock())
    for number in range(MOST_LOGINS + 10):
        attempts.begin(str(number))
    assert len(attempts._begun) == MOST_LOGINS


def test_a_form_token_belongs_to_one_session() -> None:
    assert is_form_token("one", form_token("one"))
    assert not is_form_token("two", form_token("one"))
    assert not is_form_token("one", "")


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"host": "shop.example", "origin": "http://shop.example"}, True),
        ({"host": "shop.example", "origin": "http://SHOP.example:80"}, True),
        ({"host": "shop.example:8000", "origin": "http://shop.example:8000"}, True),
        ({"host": "shop.example:8000", "origin": "http://shop.example"}, False),
        ({"host": "shop.example", "referer": "http://shop.example/login?x"}, True),
        ({"host": "shop.example", "referer": "http://shop.example.evil/login"}, False),
        ({"host": "shop.example"}, False),
        ({"host": "", "origin": "http://"}, False),
        ({"origin": "null"}, False),
    ],
)
def test_a_form_from_elsewhere_is_seen(headers: dict[str, str], own: bool) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "scheme": "http", "method": "POST", "path": "/login",
             "query_string": b"", "headers": raw, "server": ("shop.example", 80)}  # fmt: skip
    assert is_own_form(Request(scope)) is own
