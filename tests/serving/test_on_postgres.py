"""The whole service on PostgreSQL: the same answers as on SQLite."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from starlette.testclient import TestClient

from serving.database import URL_VARIABLE
from serving.people.store import create_person, person_of
from tests.serving.shop import Shop, open_shop, wait_until_ready

LOGIN, PASSWORD = "controller", "correct horse battery"
TOKEN = re.compile(r'<input type="hidden"[^>]*>')
ADDRESSES = (
    "/v1/customers/C0000001/grade",
    "/v1/customers/C0000001/grade?as_of=2025-12-01",
    "/v1/customers/C0000001/grades?limit=1",
    "/v1/customers/C0000001/explanation",
    "/v1/customers/nobody/grade",
)


@pytest.fixture(scope="module")
def on_postgres(
    postgres: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shop, TestClient]]:
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE whole_service")
    admin.dispose()
    url = postgres.set(drivername="postgresql", database="whole_service")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL_VARIABLE, url.render_as_string(hide_password=False))
        shop = open_shop(tmp_path_factory.mktemp("shop"))
        headers = {"Authorization": f"Bearer {shop.key}"}
        with TestClient(shop.app(ledger=True), headers=headers) as client:
            wait_until_ready(client)
            yield shop, client


@pytest.fixture(scope="module")
def on_sqlite(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    own = shop.copy_to(tmp_path_factory.mktemp("sqlite") / "home")  # people are made in it
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(URL_VARIABLE, raising=False)  # the other client's, for as long as it is there
        app = own.app(ledger=True)
    with TestClient(app, headers={"Authorization": f"Bearer {own.key}"}) as client:
        wait_until_ready(client)
        # this one waits for the ledger, without which a page has no rows
        assert client.get("/v1/customers/C0000001/explanation").status_code == 200
        yield client


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_answers_are_those_of_sqlite(
    on_postgres: tuple[Shop, TestClient], ledger_client: TestClient, address: str
) -> None:
    one, other = on_postgres[1].get(address), ledger_client.get(address)
    assert one.status_code == other.status_code
    told, wanted = one.json(), other.json()
    for document in (told, wanted):
        document.pop("request_id", None)
    if "next_cursor" in wanted:
        assert (told.pop("next_cursor") is None) == (wanted.pop("next_cursor") is None)
    assert told == wanted


def test_scores_have_the_prior_grades_of_the_store(
    on_postgres: tuple[Shop, TestClient], ledger_client: TestClient
) -> None:
    body = {"customer_ids": ["C0000001", "C0000002"], "as_of": "2025-12-31"}
    told = on_postgres[1].post("/v1/scores", json=body).json()
    assert told == ledger_client.post("/v1/scores", json=body).json()


def test_nothing_lies_in_the_workspace(on_postgres: tuple[Shop, TestClient]) -> None:
    home: Path = on_postgres[0].home
    assert not (home / "store.db").exists()


def test_an_id_with_nul_is_refused_before_postgres_would(
    on_postgres: tuple[Shop, TestClient],
) -> None:
    assert on_postgres[1].get("/v1/customers/a%00b/grade").status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/customers?q=c0000001",
        "/customers?order=exposure&grade=C",
        "/customers?apart=1",
        "/customers/C0000001",
    ],
)
def test_the_pages_are_those_of_sqlite(
    on_postgres: tuple[Shop, TestClient], on_sqlite: TestClient, address: str
) -> None:
    told = []
    for client in (on_postgres[1], on_sqlite):
        browser = TestClient(client.app, headers={"Accept": "text/html"})
        engine = client.app.state.service.engine
        if not person_of(engine, LOGIN, PASSWORD):
            create_person(engine, LOGIN, PASSWORD, ["grades:read"])
        form = {"login": LOGIN, "password": PASSWORD, "next": address}
        answer = browser.post("/login", data=form, headers={"Origin": "http://testserver"})
        assert answer.status_code == 200, answer.text
        told.append(TOKEN.sub("", answer.text))
    assert told[0] == told[1]
    assert "C0000001" in told[0] or address in ("/", "/customers?apart=1")
