"""Send a server what no honest client sends: it answers 4xx, never 5xx, and echoes nothing.

Each request is a good one with something wrong in it, drawn from a seed: the bytes of the body,
a value, a key, the nesting, the address, a parameter, a header, a form. Every text that is sent
carries a mark; an error that holds the mark echoed its input.
"""

from __future__ import annotations

import copy
import http.client
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

MARK = "zqxjmark"
PATIENCE = 30
Note = Callable[[str], None]
_STRANGE_TEXTS = (
    "", MARK, f"{MARK}\x00", "\ud800", "NaN", f"{MARK}'; DROP TABLE grades; --", "../../etc/passwd",
    "%00",
    f"<script>{MARK}</script>", "{{7*7}}", "客户" * 200, MARK * 2000, "\u202e" + MARK, "1e999",
    f"{MARK}\r\nX-Evil: 1", "🙂" * 64, " ", "null", "-0", "０１２",
)  # fmt: skip
_STRANGE_NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9223372036854775808", str(2**70), "1" * 400,
    "1e308", "-0", "1e-400", "0.1e1e1", "0x10", "01", "+1", ".5", "1.", "1_000", "1e14", "-1e300",
    "٣", "--1", "1e+", "true", '"1"', "[1]", "{}",
)  # fmt: skip
_PATHS = ("/v1/customers/{}/grade", "/v1/customers/{}/grades", "/v1/customers/{}/explanation")
_PARAMETERS = ("as_of", "limit", "cursor", "lang", MARK, "as_of[]", "q", "grade", "moved", "order")
_HEADERS = (
    "Authorization", "Accept-Language", "X-Request-ID", "Cookie", "Accept", "Content-Length",
    "Content-Type", "Origin", "Host", "X-Forwarded-Proto",
)  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW", "get")


@dataclass(frozen=True)
class Request:
    """What is sent, as it goes over the wire."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass
class Answered:
    """What came of the requests.

    Attributes
    ----------
    statuses : Counter of int
        Answers by status; 0 is a connection that was closed without one.
    faults : list of str
        5xx answers and echoes, in sentences with what was sent.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """Return what came of it."""
        told = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return [f"{self.statuses.total()} malformed requests, by status {told}"]


def send_malformed(
    port: int, key: str, body: dict[str, Any], *, number: int, seed: int, note: Note
) -> Answered:
    """Send requests to a server of this machine and look at its answers.

    Parameters
    ----------
    port : int
        Where it listens.
    key : str
        May read grades.
    body : dict
        A good body of POST /v1/scores, to be spoiled.
    number, seed : int
        How many, and what draws them.
    note : callable
        Told what goes on.
    """
    drawn = random.Random(seed)  # noqa: S311 - not for secrets
    found = Answered()
    for count in range(number):
        if count % 500 == 0:
            note(f"  {count} of {number}")
        request = malformed(drawn, key, body)
        status, answer = _answer(port, request)
        found.statuses[status] += 1
        if status >= 500:
            found.faults.append(f"{status} for {request!r:.500}")
        if status >= 400 and MARK.encode() in answer:
            found.faults.append(f"echoed in {answer[:300]!r} for {request!r:.300}")
    if _answer(port, Request("GET", "/healthz", (), b""))[0] != 200:
        found.faults.append("the server does not answer any more")
    return found


def malformed(drawn: random.Random, key: str, body: dict[str, Any]) -> Request:
    """Return a request with something wrong in it."""
    return drawn.choice(_FAULTS)(drawn, key, body)


def _post(key: str, body: bytes, kind: str = "application/json") -> Request:
    headers = [("Authorization", f"Bearer {key}"), ("Content-Type", kind)]
    return Request("POST", "/v1/scores", headers, body)


def _spoiled_bytes(drawn: random.Random, key: str, body: dict[str, Any]) -> Request:
    text = bytearray(json.dumps(body).encode())
    for _ in range(drawn.randint(1, 6)):
        place = drawn.randrange(len(text) or 1)
        kind = drawn.randrange(4)
        if kind == 0:
            text[place : place + 1] = bytes([drawn.randrange(256)])
        elif kind == 1:
            del text[place : place + drawn.randint(1, 40)]
        elif kind == 2:
            text.insert(place, drawn.randrange(256))
        else:
            text.extend(text[place : place + 30])
    return _post(key, bytes(text))


def _spoiled_value(drawn: random.Random, key: str, body: dict[str, Any]) -> Request:
    spoiled = copy.deepcopy(body)
    row = spoiled["features"][0]
    value: Any = drawn.choice(
        (*_STRANGE_TEXTS, True, [], {}, [[]], {MARK: MARK}, None, 1e300, 2**62)
    )
    drawn.choice((
        lambda: row.__setitem__(drawn.choice(list(row)), value),
        lambda: row.__setitem__(str(drawn.choice(_STRANGE_TEXTS)), 1),
        lambda: row.__setitem__("customer_id", value),
        lambda: row.__setitem__("as_of", value),
        lambda: spoiled.__setitem__("as_of", value),
        lambda: spoiled.__setitem__("explain", value),
        lambda: spoiled.__setitem__("features", value),
        lambda: spoiled.__setitem__("customer_ids", [value]),
        lambda: spoiled.update(customer_ids=[value, MARK], features=None),
    ))()  # fmt: skip
    return _post(key, json.dumps(spoiled).encode())


def _strange_number(drawn: random.Random, key: str, body: dict[str, Any]) -> Request:
    name = drawn.choice(list(body["features"][0]))
    number = drawn.choice(_STRANGE_NUMBERS)
    return _post(key, f'{{"features": [{{"{name}": {number}}}]}}'.encode())


def _strange_shape(drawn: random.Random, key: str, body: dict[str, Any]) -> Request:
    name = drawn.choice(list(body["features"][0]))
    text = drawn.choice((
        lambda: f'{{"features": [{{"{name}": 1, "{name}": 2}}]}}',
        lambda: '{"features": [{}], "features": [{}]}',
        lambda: "[" * drawn.choice((10, 1_000, 100_000)),
        lambda: '{"a":' * 20_000,
        lambda: '{"features": [' + "{}," * 1_500 + "{}]}",
        lambda: '{"customer_ids": ["' + MARK * 600_000 + '"]}',
        lambda: "", lambda: "null", lambda: f'"{MARK}"', lambda: "[]", lambda: "\ufeff{}",
        lambda: '{"customer_ids": ["\\ud800' + MARK + '"]}',
        lambda: '{"customer_ids": ["\\u0000' + MARK + '"]}',
        lambda: '{"features": [{}]} ' + MARK,
    ))()  # fmt: skip
    kinds = (
        "application/json",
        "application/json",
        "text/plain",
        MARK,
        "application/json; charset=x",
    )
    return _post(key, text.encode(), drawn.choice(kinds))


def _strange_address(drawn: random.Random, key: str, _: dict[str, Any]) -> Request:
    text = drawn.choice(_STRANGE_TEXTS).encode("utf-8", "surrogatepass")
    path = drawn.choice((*_PATHS, "/{}", "/v1/{}", "/customers/{}", "/static/{}", "/customers"))
    path = path.format(quote(text[:3000], safe=drawn.choice(("", "/"))))
    if drawn.random() < 0.2:
        path += drawn.choice(("%ff%fe", "%c0%af", "%", "%zz", "//", "/../..", ";a=b"))
    pairs = [
        (
            drawn.choice(_PARAMETERS),
            drawn.choice(_STRANGE_TEXTS).encode("utf-8", "surrogatepass")[:3000],
        )
        for _ in range(drawn.randint(0, 3))
    ]
    query = f"?{urlencode(pairs)}" if pairs else ""
    headers = [("Authorization", f"Bearer {key}")]
    return Request(drawn.choice((*["GET"] * 6, *_METHODS)), path + query, headers, b"")


def _strange_header(drawn: random.Random, key: str, body: dict[str, Any]) -> Request:
    text = drawn.choice(_STRANGE_TEXTS).encode("utf-8", "replace").decode("latin-1")[:3000]
    clean = "".join(letter for letter in text if letter >= " ")
    name = drawn.choice(_HEADERS)
    value = drawn.choice((clean, f"Bearer {clean}", f"zh;q={clean}", f"tradegrade_lang={clean}",
                          f"tradegrade_session={clean}", "-1", "99999999999"))  # fmt: skip
    headers = [("Content-Type", "application/json"), (name, value)]
    if name != "Authorization":
        headers.append(("Authorization", f"Bearer {key}"))
    path = drawn.choice(("/v1/scores", "/v1/customers/x/grade", "/", "/customers", "/docs"))
    method = "POST" if path == "/v1/scores" else "GET"
    return Request(method, path, headers, json.dumps(body).encode() if method == "POST" else b"")


def _strange_form(drawn: random.Random, _: str, __: dict[str, Any]) -> Request:
    names = ("login", "password", "next", "code", "token", "csrf", MARK)
    pairs = [
        (drawn.choice(names), drawn.choice(_STRANGE_TEXTS).encode("utf-8", "surrogatepass"))
        for _ in range(drawn.randint(0, 5))
    ]
    body = urlencode(pairs).encode()
    if drawn.random() < 0.3:
        body = bytes(drawn.randrange(256) for _ in range(drawn.randint(0, 400)))
    kind = drawn.choice((
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "multipart/form-data", "application/json", MARK,
    ))  # fmt: skip
    headers = [("Content-Type", kind)]
    if drawn.random() < 0.7:
        headers.append(("Origin", "http://127.0.0.1"))
    return Request("POST", drawn.choice(("/login", "/logout", "/setup")), headers, body)


_FAULTS = (
    _spoiled_bytes, _spoiled_value, _strange_number, _strange_shape, _strange_address,
    _strange_header, _strange_form,
)  # fmt: skip


def _answer(port: int, request: Request) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.putrequest(request.method, _line_safe(request.path), skip_host=_names(request),
                              skip_accept_encoding=True)  # fmt: skip
        given = {name.lower() for name, _ in request.headers}
        for name, value in request.headers:
            connection.putheader(name, value.encode("latin-1"))
        if "content-length" not in given:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders()
        try:
            connection.send(request.body)
            if "content-length" in given:
                connection.sock.shutdown(1)  # a length that promised more is not waited for
        except OSError:
            pass  # the server had seen enough: what it answered counts
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (http.client.HTTPException, OSError):
        return 0, b""
    finally:
        connection.close()


def _names(request: Request) -> bool:
    return any(name.lower() == "host" for name, _ in request.headers)


def _line_safe(path: str) -> str:
    return "".join(letter for letter in path if "!" <= letter <= "~")
