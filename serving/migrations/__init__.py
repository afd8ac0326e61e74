"""The store's schema, step by step; each step runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, *, stamped: str | None = None) -> None:
    """Bring the schema of a store up to date, within the connection's transaction.

    Parameters
    ----------
    connection : Connection
        In a transaction that holds the writers' lock.
    stamped : str, optional
        The step that the store has reached where it does not say so itself.
    """
    config = configuration(connection)
    if stamped is not None:
        command.stamp(config, stamped)
    command.upgrade(config, "head")


def configuration(connection: Connection) -> Config:
    """Return what Alembic needs to work on a connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
