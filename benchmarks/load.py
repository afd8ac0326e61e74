"""A small HTTP client that keeps a server busy: plain sockets, a fixed request, no library.

It runs in the asking process and costs far less than what it measures; eight connections ask
again as soon as they are answered.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial

CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What came of a spell of asking.

    Attributes
    ----------
    seconds : list of float
        Time to answer, of each request.
    per_second : float
        Requests answered in a second.
    """

    seconds: list[float]
    per_second: float

    def quantile(self, share: float) -> float:
        """Return the time that this share of the requests kept within."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def request_bytes(method: str, path: str, *, body: bytes = b"", key: str | None = None) -> bytes:
    """Return a request as it goes over the wire."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    if key is not None:
        head.append(f"Authorization: Bearer {key}")
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def load(port: int, request: bytes, seconds: float, *, connections: int = CONNECTIONS) -> Load:
    """Ask a server of this machine for so many seconds; every answer must be 200.

    Raises
    ------
    RuntimeError
        If an answer is another.
    """
    import uvloop  # noqa: PLC0415 - the client should be no slower than the server

    return uvloop.run(_load(port, request, seconds, connections))


async def _load(port: int, request: bytes, seconds: float, connections: int) -> Load:
    taken: list[float] = []
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    ends = began + seconds
    connected: list[_Asking] = []
    try:
        for _ in range(connections):
            asks = partial(_Asking, request, ends, taken, loop.create_future())
            _, asking = await loop.create_connection(asks, "127.0.0.1", port)
            connected.append(asking)
        await asyncio.gather(*(asking.done for asking in connected))
    finally:
        for asking in connected:
            asking.close()
        await asyncio.sleep(0)  # the loop lets them go
    return Load(taken, len(taken) / (time.perf_counter() - began))


class _Asking(asyncio.Protocol):
    """One connection: asks, reads the answer to its end, asks again."""

    def __init__(
        self, request: bytes, ends: float, taken: list[float], done: asyncio.Future[None]
    ) -> None:
        self._request, self._ends, self._taken, self.done = request, ends, taken, done
        self._seen = b""
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, found, body = self._seen.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(self._seen[:400].decode(errors="replace"))
            return
        now = time.perf_counter()
        self._taken.append(now - self._asked)
        self._seen = b""
        if now < self._ends:
            self._ask()
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self._fail("the server closed the connection")

    def close(self) -> None:
        """Ask no more."""
        if not self.done.done():
            self.done.cancel()
        self._transport.close()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._request)  # type: ignore[attr-defined]

    def _fail(self, told: str) -> None:
        self.done.set_exception(RuntimeError(told))
        self._transport.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    message = "the answer has no Content-Length"
    raise RuntimeError(message)
