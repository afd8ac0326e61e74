"""People and their sessions: argon2 for passwords, and only hashes of session tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    ForeignKey,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from features.errors import UsageError
from serving.database import METADATA, reading, writing
from serving.people.passwords import hashed, matches
from serving.scopes import checked_scopes

PEOPLE = Table(
    "people",
    METADATA,
    Column("login", String(64), primary_key=True),
    Column("scopes", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("disabled_at", DateTime),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_sha256", String(64), primary_key=True),
    Column("login", String(64), ForeignKey("people.login"), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 1024


@dataclass(frozen=True)
class Person:
    """Somebody who may log in."""

    login: str
    scopes: tuple[str, ...]


def create_person(engine: Engine, login: str, password: str, scopes: Iterable[str]) -> Person:
    """Let a person log in.

    Parameters
    ----------
    engine : Engine
        The store.
    login : str
        Small letters, digits, ``. _ @ -``; 1 to 64 characters.
    password : str
        10 to 1,024 characters.
    scopes : iterable of str
        Of `serving.scopes.SCOPES`.

    Raises
    ------
    UsageError
        If the login is taken or one of the three is of no use.
    """
    if not _LOGIN.fullmatch(login):
        message = "A login has 1 to 64 small letters, digits, dots, dashes or @. Give another."
        raise UsageError(message)
    _check_password(password)
    person = Person(login, checked_scopes(scopes))
    row = {
        "login": login,
        "scopes": ",".join(person.scopes),
        "password_hash": hashed(password),
        "created_at": _now(),
    }
    try:
        with writing(engine) as connection:
            connection.execute(insert(PEOPLE), row)
    except IntegrityError as error:
        message = f"The login {login!r} is taken. Give another."
        raise UsageError(message) from error
    return person


def people(engine: Engine) -> list[tuple[Person, bool]]:
    """Return everybody who has an account, and whether it is in use."""
    with reading(engine) as connection:
        rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.login)).all()
    return [(Person(r.login, tuple(r.scopes.split(","))), r.disabled_at is None) for r in rows]


def disable_person(engine: Engine, login: str) -> None:
    """Let a person in no more, and end every session of the account.

    Raises
    ------
    UsageError
        If nobody in use has this login.
    """
    _change(engine, login, {"disabled_at": _now()})


def set_password(engine: Engine, login: str, password: str) -> None:
    """Give a person another password, and end every session of the account.

    Raises
    ------
    UsageError
        If nobody in use has this login, or the password is of no use.
    """
    _check_password(password)
    _change(engine, login, {"password_hash": hashed(password)})


def anybody(engine: Engine) -> bool:
    """Tell whether anybody may log in."""
    with reading(engine) as connection:
        return bool(connection.execute(select(func.count()).select_from(PEOPLE)).scalar())


def person_of(engine: Engine, login: str, password: str) -> Person | None:
    """Return the person whose password this is, None if it is nobody's.

    It takes as long for a login that does not exist.
    """
    query = select(PEOPLE).where(PEOPLE.c.login == login, PEOPLE.c.disabled_at.is_(None))
    with reading(engine) as connection:
        row = connection.execute(query).first()
    if not matches(None if row is None else row.password_hash, password) or row is None:
        return None
    return Person(row.login, tuple(row.scopes.split(",")))


def begin_session(engine: Engine, login: str, lasting: timedelta) -> str:
    """Begin a session and return its token; sessions that are over are removed."""
    token, now = secrets.token_urlsafe(32), _now()
    with writing(engine) as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now))
        connection.execute(
            insert(SESSIONS),
            {
                "token_sha256": _hash(token),
                "login": login,
                "created_at": now,
                "expires_at": now + lasting,
            },
        )
    return token


def person_in_session(engine: Engine, token: str) -> Person | None:
    """Return who is logged in by a token, None if nobody is any more."""
    query = (
        select(PEOPLE.c.login, PEOPLE.c.scopes)
        .join(SESSIONS, SESSIONS.c.login == PEOPLE.c.login)
        .where(
            SESSIONS.c.token_sha256 == _hash(token),
            SESSIONS.c.expires_at > _now(),
            PEOPLE.c.disabled_at.is_(None),
        )
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else Person(row.login, tuple(row.scopes.split(",")))


def end_session(engine: Engine, token: str) -> None:
    """End a session; one that is over already stays so."""
    with writing(engine) as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.token_sha256 == _hash(token)))


def _change(engine: Engine, login: str, values: dict[str, object]) -> None:
    with writing(engine) as connection:
        query = update(PEOPLE).where(PEOPLE.c.login == login, PEOPLE.c.disabled_at.is_(None))
        changed = connection.execute(query.values(values)).rowcount
        connection.execute(delete(SESSIONS).where(SESSIONS.c.login == login))
    if not changed:
        message = f"There is no account {login!r} in use. See `tradegrade people list`."
        raise UsageError(message)


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        raise UsageError(message)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
