"""The store of a workspace: one SQLite database that survives a kill at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from features.errors import UnavailableError

FILE = "store.db"
BUSY_SECONDS = 30


def open_database(home: Path, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Return an engine for the store of a workspace; the file is made when it is first used.

    Write-ahead log with ``synchronous=FULL``: what is committed stays, whatever is killed
    or loses power.

    Parameters
    ----------
    home : Path
        The workspace.
    busy_seconds : float
        How long a writer waits for another.
    """
    home.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{(home / FILE).resolve()}", connect_args={"timeout": busy_seconds}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees one state of the store and waits for no writer.

    Raises
    ------
    UnavailableError
        If the store cannot be used.
    """
    with _told(engine), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose work is stored whole when the block ends well, else not at all.

    The lock is taken when the block begins, so that two runs queue and neither sees half of
    the other.

    Raises
    ------
    UnavailableError
        If the store cannot be used, or another run holds the lock for too long.
    """
    with _told(engine), engine.connect().execution_options(write=True) as connection:
        with connection.begin():
            yield connection


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        fault = str(error.orig)
        path = engine.url.database
        if isinstance(error, OperationalError) and "locked" in fault:
            message = f"The store {path} is busy: another run is writing. Run the command again."
        elif isinstance(error, OperationalError) or _broken(fault):
            message = (
                f"The store {path} cannot be used ({fault}). Restore it from a backup, or set "
                "TRADEGRADE_HOME to another workspace."
            )
        else:
            raise
        raise UnavailableError(message) from error


def _broken(fault: str) -> bool:
    return "not a database" in fault or "malformed" in fault


def _prepare(connection: object, _: object) -> None:
    # the driver's own transactions are switched off: `_begin` says when one begins
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
