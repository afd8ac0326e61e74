"""Which engine computes features and grades for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from features.snapshot import snapshots
from models.book import Compute, GradePairs, grade_pairs
from tradegrade.workspace import ready_home


@dataclass(frozen=True)
class Engine:
    """What an engine does: compute the features of pairs, and grade them."""

    compute: Compute
    grade: GradePairs


@contextmanager
def computing(engine: str) -> Iterator[Engine]:
    """Yield an engine, which is ready before anything costly begins.

    Parameters
    ----------
    engine : str
        ``duckdb``, ``postgres`` or ``spark``.

    Raises
    ------
    UnavailableError
        If the engine is not there or cannot be reached.
    """
    opened = {"duckdb": _duckdb, "postgres": _postgres, "spark": _spark}[engine]
    with opened() as ready:
        yield ready


@contextmanager
def _duckdb() -> Iterator[Engine]:
    yield Engine(snapshots, grade_pairs)


@contextmanager
def _postgres() -> Iterator[Engine]:
    from features.engines.postgres import snapshots_on_postgres  # noqa: PLC0415 - needs psycopg
    from features.engines.private import database_url_or_private  # noqa: PLC0415

    with database_url_or_private(ready_home()) as url:
        compute = partial(snapshots_on_postgres, url=url)
        yield Engine(compute, partial(grade_pairs, compute=compute))


@contextmanager
def _spark() -> Iterator[Engine]:
    from features.engines.spark import snapshots_on_spark  # noqa: PLC0415 - only where asked for
    from features.engines.spark_session import spark_session  # noqa: PLC0415
    from models.book_on_spark import grade_on_spark  # noqa: PLC0415

    with spark_session() as spark:
        yield Engine(partial(snapshots_on_spark, spark=spark), partial(grade_on_spark, spark=spark))
