"""Logging in, the first account, forged forms, guessed passwords, and garbage."""

import re

import pytest
from starlette.testclient import TestClient

from serving.people.login import COOKIE, MOST_FAILURES
from serving.people.store import person_of
from tests.serving.pages.conftest import LOGIN, ORIGIN, PASSWORD

RIGHT = {"login": LOGIN, "password": PASSWORD}
FORM = "application/x-www-form-urlencoded"


def test_who_is_not_logged_in_is_sent_to_the_login_and_back(door: TestClient) -> None:
    found = door.get("/customers?q=a%20b&grade=D")
    assert found.status_code == 303
    assert found.headers["location"].startswith("/login?next=%2Fcustomers%3Fq%3Da")
    form = door.get(found.headers["location"]).text
    wanted = re.search(r'name="next" value="([^"]*)"', form)
    assert wanted is not None
    back = door.post("/login", data=RIGHT | {"next": wanted[1].replace("&amp;", "&")})
    assert back.status_code == 303
    assert back.headers["location"] == "/customers?q=a+b&grade=D"
    assert door.get("/customers").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(door: TestClient) -> None:
    cookie = door.post("/login", data=RIGHT).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    door.base_url = "https://testserver"
    over_tls = door.post("/login", data=RIGHT, headers={"Origin": "https://testserver"})
    assert "Secure" in over_tls.headers["set-cookie"]


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "", "customers", "/" + "x" * 1024],
)  # fmt: skip
def test_nobody_is_led_elsewhere(door: TestClient, elsewhere: str) -> None:
    for found in (
        door.get("/language", params={"lang": "zh", "next": elsewhere}),
        door.post("/login", data=RIGHT | {"next": elsewhere[:1024]}),
    ):
        assert found.status_code == 303
        assert re.fullmatch(r"/(x*)?", found.headers["location"])


def test_a_wrong_password_and_a_wrong_login_are_told_alike(door: TestClient) -> None:
    answers = [
        door.post("/login", data={"login": login, "password": "wrong password"})
        for login in (LOGIN, "nobody-here")
    ]
    assert [found.status_code for found in answers] == [401, 401]
    texts = [found.text.replace(LOGIN, "x").replace("nobody-here", "x") for found in answers]
    assert texts[0] == texts[1]
    assert "Login or password is wrong." in texts[0]


def test_after_five_failures_a_login_must_wait(door: TestClient) -> None:
    for _ in range(MOST_FAILURES):
        assert door.post("/login", data=RIGHT | {"password": "wrong"}).status_code == 401
    found = door.post("/login", data=RIGHT)
    assert found.status_code == 429
    assert 0 < int(found.headers["retry-after"]) <= 900
    assert "<h1>Too many attempts</h1>" in found.text
    unknown = door.post("/login", data={"login": "somebody", "password": "x"})
    assert unknown.status_code == 401  # others are not held up


def test_a_session_ends(door: TestClient) -> None:
    door.post("/login", data=RIGHT)
    token = re.search(r'name="form_token" value="([0-9a-f]{64})"', door.get("/").text)
    assert token is not None
    session = door.cookies[COOKIE]
    found = door.post("/logout", data={"form_token": token[1]})
    assert (found.status_code, found.headers["location"]) == (303, "/login")
    assert COOKIE not in door.cookies
    door.cookies.set(COOKIE, session)
    assert door.get("/").status_code == 303


def test_logging_out_needs_the_session_s_token(door: TestClient) -> None:
    door.post("/login", data=RIGHT)
    for given in ({"form_token": ""}, {"form_token": "0" * 64}, {"form_token": "ü"}):
        assert door.post("/logout", data=given).status_code == 403
    assert door.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""},
     {"Origin": "", "Referer": "http://evil.example/login"},
     {"Origin": "http://testserver.evil.example"}, {"Origin": "http://testserver:81"},
     {"Origin": "https://testserver"}, {"Origin": "http://[::1"}],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/login", "/setup", "/logout"])
def test_forms_from_elsewhere_are_refused(
    door: TestClient, path: str, headers: dict[str, str]
) -> None:
    assert door.post(path, data=RIGHT, headers=headers).status_code == 403


def test_the_referer_serves_where_there_is_no_origin(door: TestClient) -> None:
    headers = {"Origin": "", "Referer": f"{ORIGIN}/login"}
    assert door.post("/login", data=RIGHT, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "body",
    [b"", b"login", b"login=a&login=b&password=c", b"login=%00&password=x", b"login=%ED%A0%80",
     b"login=%FF&password=x", "login=ü".encode(), b"login=" + b"a" * 1025, b"a=" + b"x" * 20_000,
     b"&".join(b"f%d=1" % number for number in range(40)), b"\x00\xff", b"{}"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/login", "/setup", "/logout"])
def test_garbage_is_the_sender_s_fault(door: TestClient, path: str, body: bytes) -> None:
    found = door.post(path, content=body, headers={"Content-Type": FORM})
    assert 400 <= found.status_code < 500 or (path == "/logout" and found.status_code == 303)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", ""])
def test_only_plain_forms_are_read(door: TestClient, kind: str) -> None:
    found = door.post("/login", content=b"login=a&password=b", headers={"Content-Type": kind})
    assert found.status_code == 422


def test_who_may_not_see_grades_is_told_so(door: TestClient) -> None:
    door.post("/login", data={"login": "sender", "password": PASSWORD})
    for path in ("/", "/customers", "/customers/C0000001"):
        found = door.get(path)
        assert found.status_code == 403
        assert "grades:read" in found.text
        assert "Log out" in found.text


FIRST = {"code": "the-code", "login": "Head", "password": PASSWORD, "again": PASSWORD}


def test_the_first_account_may_do_everything(new_door: TestClient) -> None:
    assert "first account" in new_door.get("/setup?code=the-code").text
    found = new_door.post("/setup", data=FIRST)
    assert (found.status_code, found.headers["location"]) == (303, "/")
    engine = new_door.app.state.service.engine
    person = person_of(engine, "head", PASSWORD)
    assert person is not None
    assert person.scopes == ("admin",)
    assert "tradegrade grade" in new_door.get("/").text  # logged in; no book yet
    assert new_door.app.state.setup_code is None
    assert new_door.get("/setup?code=the-code").status_code == 404
    assert new_door.post("/setup", data=FIRST | {"login": "second"}).status_code == 404


def test_the_code_must_be_right(new_door: TestClient) -> None:
    for code in ("", "the-cod", "the-code ", "ü"):
        assert new_door.get("/setup", params={"code": code}).status_code == 403
        assert new_door.post("/setup", data=FIRST | {"code": code}).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"password": "short", "again": "short"}, "10 to 1,024 characters"),
     ({"again": "another password"}, "passwords differ"),
     ({"login": "no spaces here"}, "A login has 1 to 64"), ({"login": ""}, "A login has"),
     ({"login": "x" * 65}, "A login has")],
)  # fmt: skip
def test_a_bad_first_account_can_be_mended(
    new_door: TestClient, wrong: dict[str, str], told: str
) -> None:
    found = new_door.post("/setup", data=FIRST | wrong)
    assert found.status_code == 422
    assert told in found.text
    assert new_door.post("/setup", data=FIRST).status_code == 303


def test_there_is_no_setup_without_a_code(door: TestClient) -> None:
    assert door.get("/setup").status_code == 404
    assert door.post("/setup", data=FIRST).status_code == 404


def test_the_login_says_when_nobody_has_an_account(new_door: TestClient) -> None:
    assert "Nobody has an account yet" in new_door.get("/login").text
