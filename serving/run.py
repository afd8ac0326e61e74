"""Run the service until it is told to end."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import uvicorn

from features.errors import UnavailableError
from features.ledger.open import Ledger
from models.book import Grader
from serving.app import create_app
from serving.database import open_database, store_url
from serving.grades.keeping import grading_run
from serving.grades.replay import Graders
from serving.grades.store import GradeStore
from serving.keys.access import Access
from serving.lightness import leave_out_what_is_unused, refuse_pickles
from serving.live import Live, Sources
from serving.logs import log, set_level
from serving.metrics import Metrics
from serving.pages.words import ready_words
from serving.people.store import anybody
from serving.service import Service
from serving.settings import Settings

_BACKLOG = 2048


def make_service(settings: Settings, sources: Sources) -> Service:
    """Return the parts of a server; nothing is watched before the application begins."""
    set_level(settings.log_level)
    engine = open_database(store_url(settings.home))
    store = GradeStore(engine)

    def is_graded(ledger: Ledger, day: date, grader: Grader) -> bool:
        return store.graded_with(grading_run(ledger, day, grader))

    live = Live(
        sources,
        ledger_path=settings.ledger,
        watch_seconds=settings.watch_seconds,
        ledger_wait_seconds=settings.ledger_wait_seconds,
        is_graded=is_graded,
    )
    access = Access(engine, seconds=settings.key_seconds)
    return Service(settings, engine, store, Graders(store), live, access, Metrics())


def serve(settings: Settings, sources: Sources, tell: Callable[[str], None]) -> None:
    """Listen until SIGTERM or SIGINT; requests that were begun are finished.

    Parameters
    ----------
    settings : Settings
        Of the service.
    sources : Sources
        Where champion and policy come from.
    tell : callable
        Takes lines for the person who started it.

    Raises
    ------
    UnavailableError
        If the address is taken, or the store cannot be used.
    """
    leave_out_what_is_unused()
    ready_words()
    refuse_pickles()
    listening = _bound(settings.host, settings.port)
    service = make_service(settings, sources)
    code = None if anybody(service.engine) else secrets.token_urlsafe(16)
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    tell(f"Tradegrade on {address} (API: {address}/docs), Ctrl-C ends it")
    if code is not None:
        tell(f"nobody can log in yet; make the first account at {address}/setup?code={code}")
    config = uvicorn.Config(
        create_app(service, setup_code=code),
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=settings.graceful_seconds,
        timeout_keep_alive=30,
    )
    log("info", "listening", port=port)
    _Server(config).run(sockets=[listening])
    log("info", "ended")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End well on a signal, without raising it once more: the work was finished."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        message = (
            f"{host}:{port} cannot be listened on ({error.strerror}). Give another --host or "
            "--port."
        )
        raise UnavailableError(message) from error
    return listening
