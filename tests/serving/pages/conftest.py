"""A shop with people who may log in, and clients that are logged in."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.grades.store import GradingRun, StoredGrade
from serving.people.store import create_person
from serving.service import Service
from tests.serving.shop import Shop, wait_until_ready

LOGIN, PASSWORD = "controller", "correct horse battery"
ORIGIN = "http://testserver"
HOSTILE = "<script>alert(1)</script>/../?#"
HOSTILE_NAME = '"><img src=x onerror=alert(2)> & Söhne'
LOST = "C-lost"


def logged_in(client: TestClient, login: str = LOGIN) -> TestClient:
    """Return the client after logging in."""
    client.headers |= {"Accept": "text/html", "Origin": ORIGIN, "Accept-Language": "en"}
    found = client.post(
        "/login", data={"login": login, "password": PASSWORD}, follow_redirects=False
    )
    assert found.status_code == 303, found.text
    return client


@pytest.fixture(scope="package")
def site(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return the shop with two people, and two strange customers, in a store of its own."""
    home = tmp_path_factory.mktemp("site") / "home"
    own = shop.copy_to(home)
    service: Service = own.app().state.service
    create_person(service.engine, LOGIN, PASSWORD, ["grades:read"])
    create_person(service.engine, "sender", PASSWORD, ["decisions:write"])
    stored = service.store.grade("C0000001")
    assert stored is not None
    store_again(service, stored, HOSTILE, {HOSTILE: HOSTILE_NAME})
    store_again(service, replace(stored, model_version="lost"), LOST, {})
    service.engine.dispose()
    return own


def store_again(
    service: Service, stored: StoredGrade, customer_id: str, names: dict[str, str]
) -> None:
    """Store a grade once more, as another customer's."""
    policy = service.store.policy_content(stored.policy_sha256)
    assert policy is not None
    run = GradingRun(
        as_of=stored.as_of,
        model_version=stored.model_version,
        policy_version=stored.policy_version,
        policy_content=policy,
        ledger_fingerprint=stored.ledger_fingerprint,
        currency=stored.currency,
        horizon_days=stored.horizon_days,
        names=names,
    )
    document = stored.document | {"customer_id": customer_id}
    service.store.append(run, [document], [stored.snapshot])


@pytest.fixture(scope="package")
def reader(site: Shop) -> Iterator[TestClient]:
    """Return a client that is logged in and may see grades; for tests that change nothing."""
    with TestClient(site.app()) as client:
        wait_until_ready(client)
        yield logged_in(client)


@pytest.fixture
def door(site: Shop, tmp_path: Path) -> Iterator[TestClient]:
    """Return a client of a server of its own, not logged in."""
    headers = {"Accept": "text/html", "Origin": ORIGIN, "Accept-Language": "en"}
    with TestClient(
        site.copy_to(tmp_path / "home").app(), headers=headers, follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def new_door(shop: Shop, tmp_path: Path) -> Iterator[TestClient]:
    """Return a client of a server that nobody can log in to yet."""
    headers = {"Accept": "text/html", "Origin": ORIGIN, "Accept-Language": "en"}
    app = Shop(tmp_path, shop.ledger, shop.bundle, "").app()
    app.state.setup_code = "the-code"
    with TestClient(app, headers=headers, follow_redirects=False) as client:
        yield client
