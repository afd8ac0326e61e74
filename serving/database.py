"""The store of a workspace: one SQLite database that survives a kill at any moment."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError

from features.errors import UnavailableError

FILE = "store.db"
BUSY_SECONDS = 30


def open_database(home: Path) -> Engine:
    """Return an engine for the store of a workspace, made where it is missing.

    Write-ahead log with ``synchronous=FULL``: what is committed stays, whatever is killed
    or loses power. A writing transaction takes the lock when it begins, so that two runs
    queue and neither sees half of the other.

    Raises
    ------
    UnavailableError
        If the file cannot be opened or is no database.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = (home / FILE).resolve()
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT count(*) FROM sqlite_master"))
    except DatabaseError as error:
        message = (
            f"The store {path} cannot be used ({error.orig}). Restore it from a backup, or set "
            "TRADEGRADE_HOME to another workspace."
        )
        raise UnavailableError(message) from error
    return engine


def _prepare(connection: object, _: object) -> None:
    # the driver's own transactions are switched off: `_begin` says when one begins
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: object) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
