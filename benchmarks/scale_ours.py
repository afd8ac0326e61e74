"""Our way in the large benchmark: the facts once, then features from them, on each engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from importlib import import_module
from pathlib import Path

import pyarrow as pa

from benchmarks.scale_steps import NAMES, Step
from features.catalogue import CATALOGUE, FEATURES
from features.engines.duckdb import ready_query
from features.errors import UnavailableError
from features.ledger.open import Ledger, open_ledger
from features.render import present_relations
from features.snapshot import all_pairs

BUILD = "ours: read, check, settle (once per ledger)"
SOME = f"ours: the {len(NAMES)} features from the facts"
WHOLE = f"ours: the whole catalogue, {len(CATALOGUE)} features"
_EPOCH = date(1970, 1, 1)


def opened(ledger: Path) -> AbstractContextManager[Ledger]:
    """Return the ledger with its facts, as the features need it."""
    return open_ledger(ledger)


def ours(path: Path, days: Sequence[date]) -> Iterator[Step]:
    """Yield what is measured of ours on DuckDB."""
    import_module("numba")  # imports are not timed
    with ExitStack() as stack:
        held: list[Ledger] = []
        yield Step(BUILD, lambda: held.append(stack.enter_context(opened(path))))
        (ledger,) = held
        yield Step(SOME, lambda: computed(ledger, NAMES, days))
        yield Step(WHOLE, lambda: computed(ledger, tuple(FEATURES), days))


def computed(ledger: Ledger, names: Sequence[str], days: Sequence[date]) -> pa.Table:
    """Return some features of every customer known on each day, by the plan of `snapshots`."""
    connection = ledger.connection
    connection.execute(
        "CREATE TEMP TABLE pairs AS SELECT DISTINCT customer_id, as_of FROM led_customers, "
        "(SELECT CAST(unnest($days) AS INTEGER) AS as_of) WHERE row_from <= as_of",
        {"days": [(day - _EPOCH).days for day in days]},
    )
    chosen = [FEATURES[name] for name in names]
    try:
        with ready_query(connection, chosen, present_relations(ledger.files)) as query:
            return connection.sql(query).to_arrow_table()
    finally:
        connection.execute("DROP TABLE pairs")


def on_postgres(path: Path, days: Sequence[date]) -> Iterator[Step]:
    """Yield the whole catalogue on a private PostgreSQL, facts copied in."""
    from features.engines.postgres import snapshots_on_postgres
    from features.engines.private import database_url_or_private

    with tempfile.TemporaryDirectory(prefix="tradegrade-pg-") as home, opened(path) as ledger:
        pairs = all_pairs(ledger, days)
        with database_url_or_private(Path(home)) as url:
            name = f"PostgreSQL: copying and the whole catalogue, {len(CATALOGUE)} features"
            yield Step(name, lambda: snapshots_on_postgres(ledger, pairs, url), elsewhere=True)


def on_spark(path: Path, days: Sequence[date]) -> Iterator[Step]:
    """Yield the whole catalogue on a local Spark.

    Raises
    ------
    UnavailableError
        If the engine is not there.
    """
    try:
        spark = import_module("features.engines.spark")
        session = import_module("features.engines.spark_session")
    except ImportError as error:
        message = f"Spark cannot be measured: {error}. Leave `spark` out of --engines."
        raise UnavailableError(message) from error
    with session.spark_session() as running, opened(path) as ledger:
        pairs = all_pairs(ledger, days)
        name = f"Spark: copying and the whole catalogue, {len(CATALOGUE)} features"
        yield Step(name, lambda: spark.snapshots_on_spark(ledger, pairs, running), elsewhere=True)
