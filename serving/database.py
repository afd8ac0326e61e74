"""The store of a workspace: SQLite or PostgreSQL, brought to the present schema when opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from features.errors import UnavailableError

FILE = "store.db"
URL_VARIABLE = "TRADEGRADE_DATABASE_URL"
BUSY_SECONDS = 30
HEAD = "0004"  # the newest migration
METADATA = MetaData()
_FIRST = "0001"
_LOCK = 7_204_110  # of the writers on PostgreSQL: any number that nobody else uses


def store_url(home: Path) -> URL:
    """Return where the store lies: TRADEGRADE_DATABASE_URL, else a SQLite file of the workspace.

    Raises
    ------
    UnavailableError
        If the address is neither SQLite nor PostgreSQL.
    """
    given = os.environ.get(URL_VARIABLE)
    if not given:
        return make_url(f"sqlite:///{(home / FILE).resolve()}")
    try:
        url = make_url(given)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        # the address may hold a password: it is not repeated
        message = (
            f"{URL_VARIABLE} is no address of a store. Write postgresql://user:password@host/name, "
            "or leave it unset for a SQLite file in the workspace."
        )
        raise UnavailableError(message)
    return url.set(drivername="postgresql+psycopg") if _is_postgres(url) else url


def store_exists(home: Path) -> bool:
    """Tell whether there is a store to read: a file, or an address of a server."""
    return bool(os.environ.get(URL_VARIABLE)) or (home / FILE).is_file()


def open_database(place: Path | URL, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Return an engine for a store whose schema is the present one.

    A store that is missing or older is brought up to date first, all or nothing. SQLite is
    used with a write-ahead log and ``synchronous=FULL``: what is committed stays, whatever
    is killed or loses power.

    Parameters
    ----------
    place : Path or URL
        A workspace, whose SQLite file is made where it is missing; or an address from
        `store_url`.
    busy_seconds : float
        How long a writer waits for another.

    Raises
    ------
    UnavailableError
        If the store cannot be used, or a newer installation wrote it.
    """
    url = place if isinstance(place, URL) else make_url(f"sqlite:///{(place / FILE).resolve()}")
    if _is_postgres(url):
        engine = create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
    else:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": busy_seconds})
        event.listen(engine, "connect", _prepare)
    engine = engine.execution_options(busy_seconds=busy_seconds)
    event.listen(engine, "begin", _begin)
    try:
        _bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
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

    The lock is taken when the block begins, so that two writers queue and neither sees half
    of the other.

    Raises
    ------
    UnavailableError
        If the store cannot be used, or another writer holds the lock for too long.
    """
    with _told(engine), engine.connect().execution_options(write=True) as connection:
        with connection.begin():
            yield connection


def _bring_up_to_date(engine: Engine) -> None:
    with reading(engine) as connection:
        revision = _revision(connection)
    if revision == HEAD:
        return
    if revision is not None and revision > HEAD:
        message = (
            f"The store {_shown(engine)} was written by a newer Tradegrade (schema {revision}, "
            f"this one knows {HEAD}). Install the newer one, or use another store."
        )
        raise UnavailableError(message)
    from serving.migrations import upgrade  # noqa: PLC0415 - Alembic is needed only now

    with writing(engine) as connection:
        revision = _revision(connection)  # another process may have been faster
        if revision != HEAD:
            upgrade(connection, stamped=_FIRST if revision == "" else None)


def _revision(connection: Connection) -> str | None:
    """Return the store's schema: None of an empty store, "" of one older than the counting."""
    tables = inspect(connection)
    if tables.has_table("alembic_version"):
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)
    return "" if tables.has_table("grades") else None


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        fault = str(error.orig).strip().split("\n")[0]
        unusable = isinstance(error, OperationalError | InterfaceError)
        if unusable and ("locked" in fault or "lock timeout" in fault):
            message = (
                f"The store {_shown(engine)} is busy: another run is writing. Run the command "
                "again."
            )
        elif unusable or "not a database" in fault or "malformed" in fault:
            message = (
                f"The store {_shown(engine)} cannot be used ({fault}). Restore it from a backup, "
                f"or set TRADEGRADE_HOME or {URL_VARIABLE} to another."
            )
        else:
            raise
        raise UnavailableError(message) from error


def _shown(engine: Engine) -> str:
    """Return the store's place without its password."""
    url = engine.url
    return url.render_as_string(hide_password=True) if _is_postgres(url) else str(url.database)


def _is_postgres(url: URL) -> bool:
    return url.get_backend_name() == "postgresql"


def _prepare(connection: object, _: object) -> None:
    # the driver's own transactions are switched off: `_begin` says when one begins
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    write = options.get("write", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
    elif not write:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        wait = round(options["busy_seconds"] * 1000)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
