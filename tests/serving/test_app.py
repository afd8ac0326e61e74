"""What every answer has in common: keys, problems, ids, headers, health, figures, no bare 500."""

import json

import pytest
from starlette.testclient import TestClient

from serving.errors import KINDS
from serving.keys.store import create_key, revoke_key
from serving.service import Service
from tests.serving.shop import Shop, wait_until_ready

GRADE = "/v1/customers/C0000001/grade"


@pytest.fixture
def own(shop: Shop, tmp_path) -> TestClient:
    with TestClient(shop.copy_to(tmp_path / "home").app()) as client:
        wait_until_ready(client)
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer tg_x", "Basic dTpw", "bearer \x7f", "Bearer 密钥"]
)
def test_no_key_no_answer(own: TestClient, header: str) -> None:
    found = own.get(GRADE, headers={"Authorization": header.encode()})
    assert found.status_code == 401
    assert found.headers["www-authenticate"].startswith("Bearer")
    assert "keys create" in found.json()["detail"]


def test_a_key_may_do_what_its_scopes_say(own: TestClient) -> None:
    engine = own.app.state.service.engine
    _, other = create_key(engine, "writer", ["ledger:write"])
    _, admin = create_key(engine, "admin", ["admin"])
    found = own.get(GRADE, headers=bearer(other))
    assert (found.status_code, found.json()["code"]) == (403, "scope-missing")
    assert own.get(GRADE, headers=bearer(admin)).status_code == 200


def test_a_revoked_key_is_shut_out_of_a_running_server(own: TestClient) -> None:
    engine = own.app.state.service.engine
    key, secret = create_key(engine, "shop", ["grades:read"])
    assert own.get(GRADE, headers=bearer(secret)).status_code == 200
    revoke_key(engine, key.key_id)
    assert own.get(GRADE, headers=bearer(secret)).status_code == 401


def test_a_request_has_an_id(client: TestClient) -> None:
    mine = client.get("/healthz", headers={"X-Request-ID": "order-17.a_b"})
    assert mine.headers["x-request-id"] == "order-17.a_b"
    for bad in ("a b", "x" * 65, "<>", ""):
        found = client.get(GRADE + "s/none", headers={"X-Request-ID": bad})
        assert found.headers["x-request-id"] not in ("", bad)


def test_a_problem_carries_the_id_of_its_request(client: TestClient) -> None:
    found = client.get("/v1/customers/x/grade", headers={"X-Request-ID": "mine"})
    assert found.json()["request_id"] == "mine"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_problem_has_both_languages(kind) -> None:
    assert kind.title.zh
    assert kind.title.en
    assert kind.title.zh != kind.title.en


def test_an_address_that_is_none_is_a_problem(client: TestClient) -> None:
    assert client.get("/v1/nothing").json()["code"] == "not-found"
    found = client.delete("/v1/scores")
    assert (found.status_code, found.json()["code"]) == (405, "method-not-allowed")
    assert found.headers["allow"] == "POST"


def test_answers_are_not_kept_and_not_guessed_at(client: TestClient) -> None:
    headers = client.get(GRADE).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_failure_is_a_problem_and_its_log_has_no_values(
    own: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        message = "secret value"
        raise ZeroDivisionError(message)

    service: Service = own.app.state.service
    monkeypatch.setattr(type(service.store), "document", fail)
    _, key = create_key(service.engine, "k", ["grades:read"])
    found = own.get(GRADE, headers=bearer(key))
    assert (found.status_code, found.json()["code"]) == (500, "internal-error")
    logged = capsys.readouterr().err
    line = json.loads(logged.splitlines()[0])
    assert (line["event"], line["fault"]) == ("request_failed", "ZeroDivisionError")
    assert line["request_id"] == found.json()["request_id"]
    assert "secret value" not in logged + found.text


def test_the_log_knows_the_key_but_not_the_customer(
    shop: Shop, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied = shop.copy_to(tmp_path / "home")
    with TestClient(copied.app(log_level="info"), headers=bearer(shop.key)) as client:
        wait_until_ready(client)
        client.get(GRADE)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (request,) = [line for line in lines if line["event"] == "request"]
    assert request["route"] == "/v1/customers/{customer_id:path}/grade"
    assert request["status"] == 200
    assert len(request["client"]) == 12
    assert "C0000001" not in json.dumps(lines)
    assert shop.key not in json.dumps(lines)


def test_healthz_answers_before_anything_is_there(tmp_path, shop: Shop) -> None:
    with TestClient(Shop(tmp_path, shop.ledger, tmp_path / "none", "").app()) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        found = client.get("/readyz")
        assert (found.status_code, found.headers["retry-after"]) == (503, "1")
        assert "tradegrade train" in found.json()["detail"]


def test_readyz_waits_for_a_book(tmp_path, shop: Shop) -> None:
    with TestClient(Shop(tmp_path, shop.ledger, shop.bundle, "").app()) as client:
        for _ in range(200):
            told = client.get("/readyz").json()
            if "grade --store" in told["detail"]:
                break
        assert "grade --store" in told["detail"]
        assert "tradegrade_ready 0.0" in client.get("/metrics").text


def test_figures_are_told_by_route(client: TestClient) -> None:
    client.get(GRADE)
    client.get("/v1/customers/nobody/grade")
    text = client.get("/metrics").text
    route = 'route="/v1/customers/{customer_id:path}/grade"'
    assert f'tradegrade_requests_total{{method="GET",{route},status="200"}}' in text
    assert f'tradegrade_requests_total{{method="GET",{route},status="404"}}' in text
    assert "tradegrade_ready 1.0" in text
    assert "nobody" not in text


def test_a_store_that_fails_is_told_as_503(
    own: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from features.errors import UnavailableError

    def fail(*_: object) -> None:
        message = "the store is away"
        raise UnavailableError(message)

    service: Service = own.app.state.service
    _, key = create_key(service.engine, "k", ["grades:read"])
    monkeypatch.setattr(type(service.store), "document", fail)
    found = own.get(GRADE, headers=bearer(key))
    assert (found.status_code, found.json()["code"]) == (503, "not-ready")
    assert found.headers["retry-after"] == "2"
