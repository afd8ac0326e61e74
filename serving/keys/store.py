"""API keys: only their hash is kept, and a revoked key lets nobody in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    String,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)

from features.errors import UsageError
from serving.database import METADATA, reading, writing
from serving.scopes import checked_scopes

LONGEST_NAME = 128
API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("key_id", String(16), primary_key=True),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("key_sha256", String(64), nullable=False, unique=True),
    Column("created_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
)
_IN_USE = select(API_KEYS).where(
    API_KEYS.c.key_sha256 == bindparam("sha256"), API_KEYS.c.revoked_at.is_(None)
)


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept; what the program shows is not among it."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


def create_key(engine: Engine, name: str, scopes: Iterable[str]) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which is told once and kept nowhere.

    Parameters
    ----------
    engine : Engine
        The store.
    name : str
        Of the program that will use it, 1 to 128 characters.
    scopes : iterable of str
        Of `serving.scopes.SCOPES`.

    Raises
    ------
    UsageError
        If the name or a scope is of no use.
    """
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        message = f"The name of a key has 1 to {LONGEST_NAME} characters. Give another --name."
        raise UsageError(message)
    wanted = checked_scopes(scopes)
    key_id = secrets.token_hex(6)
    secret = f"tg_{key_id}_{secrets.token_urlsafe(32)}"
    key = ApiKey(key_id, name.strip(), wanted, _now(), None)
    with writing(engine) as connection:
        connection.execute(
            insert(API_KEYS),
            {
                "key_id": key.key_id,
                "name": key.name,
                "scopes": ",".join(key.scopes),
                "key_sha256": _hash(secret),
                "created_at": key.created_at,
            },
        )
    return key, secret


def key_of(engine: Engine, secret: str) -> ApiKey | None:
    """Return the key that a program shows, None if there is none or it was revoked.

    A plain hash is enough: 256 random bits cannot be guessed from it.
    """
    with reading(engine) as connection:
        row = connection.execute(_IN_USE, {"sha256": _hash(secret)}).first()
    return None if row is None else _key(row)


def keys(engine: Engine) -> list[ApiKey]:
    """Return every key, the oldest first."""
    with reading(engine) as connection:
        rows = connection.execute(select(API_KEYS).order_by(API_KEYS.c.created_at)).all()
    return [_key(row) for row in rows]


def revoke_key(engine: Engine, key_id: str) -> None:
    """Let nobody in by a key any more.

    Raises
    ------
    UsageError
        If there is no such key, or it was revoked before.
    """
    query = update(API_KEYS).where(API_KEYS.c.key_id == key_id, API_KEYS.c.revoked_at.is_(None))
    with writing(engine) as connection:
        changed = connection.execute(query, {"revoked_at": _now()}).rowcount
    if not changed:
        message = f"There is no key {key_id!r} in use. See `tradegrade keys list`."
        raise UsageError(message)


def _key(row: object) -> ApiKey:
    fields = {n: getattr(row, n) for n in ("key_id", "name", "created_at", "revoked_at")}
    return ApiKey(scopes=tuple(getattr(row, "scopes").split(",")), **fields)  # noqa: B009


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
