"""The book of a seller graded in Spark's executors, by the one scoring path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from features.catalogue import FEATURE_NAMES
from features.engines.spark import snapshot_frame, snapshots_of
from features.ledger.open import Ledger
from features.snapshot import Pairs, pairs_table
from models.accounts import ACCOUNT_SCHEMA, accounts_table, explanations_of
from models.adjustments import Override
from models.book import Graded, Grader, graded
from models.shipped import Shipped

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import SparkSession

_FEATURES = [(name, pa.float64()) for name in FEATURE_NAMES]
_GRADED_SCHEMA = pa.schema([("place", pa.int64()), *_FEATURES, *ACCOUNT_SCHEMA])


@dataclass(frozen=True)
class _Shipped:
    """What a worker grades from: files, and nothing that lies on its machine."""

    files: Shipped
    overrides: Mapping[str, Override]


def grade_on_spark(
    ledger: Ledger,
    pairs: Pairs,
    grader: Grader,
    *,
    prior_grades: Mapping[str, str],
    overrides: Mapping[str, Override],
    spark: SparkSession,
) -> Graded:
    """Return the features of pairs and their gradings, both worked out in the executors.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    pairs : tuple of (sequence of str, ndarray of datetime64[D])
        Customers and the day of each.
    grader : Grader
        Bundle and policy, whose files are sent to the executors.
    prior_grades, overrides : mapping
        As `models.grading.grade_snapshots` takes them.
    spark : SparkSession
        See `features.engines.spark_session.spark_session`.

    Raises
    ------
    ModelError
        If the policy has no scale anchors for the bundle's horizon.
    UnavailableError, LedgerError
        As `features.engines.spark.snapshots_on_spark`.
    """
    grader.policy.point_scale(grader.bundle.horizon_days)  # refused here, not in an executor
    prior = pa.array([prior_grades.get(customer_id) for customer_id in pairs[0]], pa.string())
    asked = pairs_table(pairs).append_column("prior_grade", prior)
    shipped = _Shipped(Shipped.of(grader), overrides)
    found = _graded_elsewhere(ledger, asked, shipped, spark).sort_by("place")
    return snapshots_of(pairs, found), explanations_of(found)


def _graded_elsewhere(
    ledger: Ledger, asked: pa.Table, shipped: _Shipped, spark: SparkSession
) -> pa.Table:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

    with snapshot_frame(ledger, asked, spark) as frame:
        sent = spark.sparkContext.broadcast(shipped)
        schema = from_arrow_schema(_GRADED_SCHEMA)
        found = frame.mapInArrow(partial(_graded_batches, sent), schema).toArrow()
        sent.destroy()  # the session may go on
        return found


def _graded_batches(
    sent: Broadcast[_Shipped], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Grade batches of features, in a worker."""
    for batch in batches:
        yield from _graded_table(sent.value, pa.table(batch)).to_batches()


def _graded_table(shipped: _Shipped, rows: pa.Table) -> pa.Table:
    ids = rows.column("customer_id").to_pylist()
    days = rows.column("as_of").to_numpy().astype("datetime64[D]")
    places = pa.table({"place": np.arange(len(ids))} | {n: rows.column(n) for n in FEATURE_NAMES})
    prior = zip(ids, rows.column("prior_grade").to_pylist(), strict=True)
    explanations = graded(
        snapshots_of((ids, days), places),
        shipped.files.grader(),
        prior_grades={customer_id: grade for customer_id, grade in prior if grade is not None},
        overrides=shipped.overrides,
    )
    kept = [rows.column(name) for name in ("place", *FEATURE_NAMES)]
    return pa.table([*kept, *accounts_table(explanations).columns], schema=_GRADED_SCHEMA)
