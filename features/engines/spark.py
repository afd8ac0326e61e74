"""Spark: the same features over the same facts, for a book that outgrows one machine."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, FEATURE_NAMES
from features.engines.facts import fact_files, facts_named
from features.engines.spark_session import MEMORY_VARIABLE
from features.errors import LedgerError, UnavailableError
from features.ledger.open import Ledger
from features.matrix import Floats, Snapshots
from features.render import Dialect, present_relations, snapshot_query
from features.snapshot import Pairs, pairs_table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK = Dialect(
    double="DOUBLE",
    median=lambda value: f"MEDIAN({value})",
    floor_divide=lambda value, divisor: f"({value} DIV {divisor})",
)

_SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, never another number
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    # the median's fold sorts above 128 customers otherwise
    "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "100000",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "5000",
}
_ROWS_PER_PARTITION = 20_000
_GLOB = re.compile(r"([\[\]{}*?\\])")  # Spark takes a path for a pattern
_FAULT = re.compile(r"\[[A-Z_.0-9]+\][^\n]*|\w*OutOfMemoryError[^\n]*")
_MEND = "or leave `--engine spark` out"


def snapshots_on_spark(ledger: Ledger, pairs: Pairs, spark: SparkSession) -> Snapshots:
    """Return one row of features per (customer, as-of date), computed by Spark.

    Facts go as Parquet files and values come back as Arrow; the session that is given keeps
    its settings, and no view is left in it.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger; DuckDB has read, checked and settled it.
    pairs : tuple of (sequence of str, ndarray of datetime64[D])
        Customers and the day of each, the same length.
    spark : SparkSession
        See `features.engines.spark_session.spark_session`.

    Returns
    -------
    Snapshots
        Every feature of the catalogue, in the order of the pairs; what cannot be known is NaN.

    Raises
    ------
    UnavailableError
        If Spark fails, for want of memory for instance.
    LedgerError
        If Spark cannot hold a value of the ledger, or a sum of such values.
    """
    with snapshot_frame(ledger, pairs_table(pairs), spark) as frame:
        found = frame.select("place", *FEATURE_NAMES).toArrow()
    return snapshots_of(pairs, found)


def snapshots_of(pairs: Pairs, found: pa.Table) -> Snapshots:
    """Return the snapshots of pairs from rows in any order.

    Parameters
    ----------
    pairs : tuple of (sequence of str, ndarray of datetime64[D])
        What was asked.
    found : pyarrow.Table
        A row per pair: its place, and the features by name; null is unknown.
    """
    customer_ids, as_of = pairs
    places = found.column("place").to_numpy()
    values: Floats = np.empty((len(customer_ids), len(FEATURE_NAMES)))
    for column, name in enumerate(FEATURE_NAMES):
        values[places, column] = found.column(name).to_numpy()
    return Snapshots(tuple(customer_ids), as_of.astype("datetime64[D]"), FEATURE_NAMES, values)


@contextmanager
def snapshot_frame(ledger: Ledger, asked: pa.Table, spark: SparkSession) -> Iterator[DataFrame]:
    """Yield the features of pairs as a frame: the columns of the pairs, then the features.

    Nothing is computed before the frame is acted on, which must happen in the block.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    asked : pyarrow.Table
        As `features.snapshot.pairs_table` gives it; further columns are carried along.
    spark : SparkSession
        Where it is computed.

    Raises
    ------
    UnavailableError, LedgerError
        As `snapshots_on_spark`, for whatever the block does with Spark.
    """
    with _told(), tempfile.TemporaryDirectory(prefix="tradegrade-") as name:
        folder = Path(name)
        session = _own_session(spark, asked.num_rows)
        query = snapshot_query(CATALOGUE, present_relations(ledger.files), SPARK)
        for table, columns in facts_named(ledger, query).items():
            _view(session, table, fact_files(ledger, table, columns, folder))
        once = asked.group_by(["customer_id", "as_of"]).aggregate([])
        for table, rows in (("pairs_in", asked), ("pairs", once)):
            pq.write_table(rows, folder / f"{table}.parquet")
            _view(session, table, [folder / f"{table}.parquet"])
        chosen = ", ".join(f"q.{name}" for name in FEATURE_NAMES)
        yield session.sql(
            f"SELECT i.*, {chosen} FROM ({query}) AS q JOIN pairs_in AS i "
            "ON i.customer_id = q.customer_id AND i.as_of = q.as_of"
        )


def _own_session(spark: SparkSession, rows: int) -> SparkSession:
    """Return a session on the same Spark with settings and views of its own."""
    session = spark.newSession()
    cores = spark.sparkContext.defaultParallelism
    partitions = max(cores, -(-rows // _ROWS_PER_PARTITION))
    for name, value in {**_SETTINGS, "spark.sql.shuffle.partitions": str(partitions)}.items():
        session.conf.set(name, value)
    return session


def _view(session: SparkSession, name: str, files: Sequence[Path]) -> None:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

    # told, so that no job looks for it
    schema = from_arrow_schema(pq.read_schema(files[0]))
    paths = ["file://" + _GLOB.sub(r"\\\1", str(path.resolve())) for path in files]
    session.read.schema(schema).parquet(*paths).createOrReplaceTempView(name)


@contextmanager
def _told() -> Iterator[None]:
    """Turn the errors of Spark into ours, each in a line."""
    from py4j.protocol import Py4JError  # noqa: PLC0415
    from pyspark.errors import (  # noqa: PLC0415
        ArithmeticException,
        NumberFormatException,
        PySparkException,
    )

    # it repeats on standard error, with every Java frame, what is told below
    logging.getLogger("SQLQueryContextLogger").disabled = True
    try:
        yield
    except (ArithmeticException, NumberFormatException) as error:
        message = (
            f"Spark cannot hold a value of this ledger, or a sum of them: {_fault(error)}. Correct "
            f"the value, {_MEND}."
        )
        raise LedgerError(message) from error
    except (PySparkException, Py4JError, ConnectionError, EOFError) as error:
        message = (
            f"Spark did not compute the features: {_fault(error)}. Give it more memory by "
            f"{MEMORY_VARIABLE} if that is what it lacked, {_MEND}."
        )
        raise UnavailableError(message) from error


def _fault(error: Exception) -> str:
    """Return the line of a message of many that tells the fault, without Spark's own advice."""
    text = str(error).strip()
    found = _FAULT.search(text)
    line = found.group() if found else text.partition("\n")[0]
    return line.partition(" Use ")[0].partition(" SQLSTATE")[0].rstrip(". ")
