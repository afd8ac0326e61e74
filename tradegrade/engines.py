"""Which engine computes features for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from features.errors import UnavailableError
from features.snapshot import snapshots
from models.book import Compute
from tradegrade.workspace import ready_home


@contextmanager
def computing(engine: str) -> Iterator[Compute]:
    """Yield what computes features on an engine, which is ready before anything costly begins.

    Raises
    ------
    UnavailableError
        If the engine is not there or cannot be reached.
    """
    if engine == "duckdb":
        yield snapshots
        return
    if engine != "postgres":
        message = f"The engine {engine} is not there yet. Leave --engine out: DuckDB is built in."
        raise UnavailableError(message)
    from features.engines.postgres import snapshots_on_postgres  # noqa: PLC0415 - needs psycopg
    from features.engines.private import database_url_or_private  # noqa: PLC0415

    with database_url_or_private(ready_home()) as url:
        yield partial(snapshots_on_postgres, url=url)
