"""Our way in the large benchmark: the facts once, then features from them, on each engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.scale_steps import NAMES, Step
from features.catalogue import CATALOGUE, FEATURES
from features.engines import loops
from features.engines.duckdb import ready_query
from features.errors import UnavailableError
from features.intake.importing import Request, import_facts
from features.ledger import allocation, settlement
from features.ledger.open import Ledger, open_facts, open_ledger
from features.ledger.settlement import item_batches
from features.ledger.simulate import simulate
from features.ledger.versions.parts import ITEMS, PartWriter
from features.render import present_relations
from features.settings import SETTINGS
from features.snapshot import all_pairs

BUILD = "ours: import (read, check, sort, settle, write), once"
SETTLE = "ours: of that the settlement of every invoice"
SOME = f"ours: the {len(NAMES)} features from the stored facts"
WHOLE = f"ours: the whole catalogue, {len(CATALOGUE)} features"
DAY = "ours: import of one more day"
_EPOCH = date(1970, 1, 1)


@contextmanager
def opened(ledger: Path) -> Iterator[Ledger]:
    """Yield the ledger with its facts stored, as the features need it."""
    with tempfile.TemporaryDirectory(prefix="tradegrade-scale-") as folder:
        import_facts(Request(ledger, Path(folder) / "ledger"))
        with open_ledger(Path(folder) / "ledger") as found:
            yield found


def ours(path: Path, days: Sequence[date]) -> Iterator[Step]:
    """Yield what is measured of ours on DuckDB."""
    with tempfile.TemporaryDirectory(prefix="tradegrade-scale-") as name:
        folder = Path(name)
        _compiled_before(folder / "warm")
        ledger = folder / "ledger"
        yield Step(BUILD, lambda: import_facts(Request(path, ledger)))
        yield Step(SETTLE, lambda: _settled(ledger, folder / "settled"))
        yield Step(SOME, lambda: _from_facts(ledger, NAMES, days))
        yield Step(WHOLE, lambda: _from_facts(ledger, tuple(FEATURES), days))
        _one_day(path, folder / "day", days[-1])
        yield Step(DAY, lambda: import_facts(Request(folder / "day", ledger)))


def _compiled_before(folder: Path) -> None:
    """Compile what is compiled, or load it: that is not timed, as imports are not."""
    simulate(30, 18, 1, folder / "plain")
    import_facts(Request(folder / "plain", folder / "ledger"))
    allocation.compiled()
    above, loops.LOOPED_ABOVE = loops.LOOPED_ABOVE, 0
    kernel, settlement.COMPILED_ABOVE = settlement.COMPILED_ABOVE, 0
    try:
        with open_ledger(folder / "plain") as ledger:
            for names in (NAMES, tuple(FEATURES)):
                computed(ledger, names, [ledger.last_day or _EPOCH])
    finally:
        loops.LOOPED_ABOVE, settlement.COMPILED_ABOVE = above, kernel


def _from_facts(ledger: Path, names: Sequence[str], days: Sequence[date]) -> pa.Table:
    with open_ledger(ledger) as found:
        return computed(found, names, days)


def _settled(ledger: Path, out: Path) -> None:
    with open_facts(ledger) as (connection, _):
        writer = PartWriter(connection, out, 1)
        writer.write_batches(ITEMS, item_batches(connection, SETTINGS), None)


def _one_day(path: Path, folder: Path, day: date) -> None:
    """Write a day's facts: of a thousandth of the invoices a new one each, and its payment."""
    folder.mkdir()
    with duckdb.connect() as connection:
        for table, dates in (("invoices", ("issued_on", "due_on")), ("payments", ("paid_on",))):
            moved = ", ".join(f"DATE '{day}' AS {column}" for column in dates)
            others = f", DATE '{day}' AS known_on, 'new-' || invoice_id AS invoice_id, {moved}"
            own = "" if table == "invoices" else ", 'new-' || payment_id AS payment_id"
            connection.execute(
                f"COPY (SELECT * REPLACE ({(others + own)[2:]}) FROM read_parquet("
                f"'{path / table}.parquet') WHERE hash(invoice_id) % 1000 = 0 AND amount > 0 "
                f"QUALIFY row_number() OVER (PARTITION BY {table[:-1]}_id) = 1) "
                f"TO '{folder / table}.parquet' (FORMAT parquet)"
            )


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
