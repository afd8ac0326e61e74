"""GET …/paths, and the way to a better grade on the customer's page."""

import json
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.paths.paths import next_better
from tests.serving.shop import DAYS

CHINESE = {"Accept-Language": "zh"}


@pytest.fixture(scope="module")
def weak(ledger_client: TestClient) -> list[dict[str, Any]]:
    """Return the current grades of customers that are C or D, some of whom have a path."""
    found = [
        ledger_client.get(f"/v1/customers/C{place:07d}/grade").json() for place in range(1, 13)
    ]
    return [grade for grade in found if grade["grade"] in "CD"]


def test_a_path_reaches_the_grade_or_says_why_not(
    ledger_client: TestClient, weak: list[dict[str, Any]]
) -> None:
    reached = 0
    for grade in weak[:5]:
        answer = ledger_client.get(f"/v1/customers/{grade['customer_id']}/paths")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["as_of"] == grade["as_of"] == DAYS[1].isoformat()
        assert found["to"] == next_better(grade["grade"])
        assert found["score"] == grade["score"]
        if found["reachable"]:
            reached += 1
            assert found["grade_after"] <= found["to"]
            assert found["actions"]
            assert found["because"] is None
        else:
            assert found["because"]["zh"]
            assert found["because"]["en"]
    assert reached


def test_the_same_question_has_the_same_answer(
    ledger_client: TestClient, weak: list[dict[str, Any]]
) -> None:
    address = f"/v1/customers/{weak[0]['customer_id']}/paths?to=A"
    assert ledger_client.get(address).content == ledger_client.get(address).content
    assert ledger_client.get(address).json()["to"] == "A"


def test_a_last_day_shortens_the_way(ledger_client: TestClient, weak: list[dict[str, Any]]) -> None:
    address = f"/v1/customers/{weak[0]['customer_id']}/paths"
    found = ledger_client.get(address, params={"by": "2026-02-15"}).json()
    assert found["by"] == "2026-02-15"
    assert date.fromisoformat(found["on"]) <= date(2026, 2, 15)


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("C0000001/paths?to=E", 422, "invalid-input"),
        ("C0000001/paths?to=b", 422, "invalid-input"),
        ("C0000001/paths?by=soon", 422, "invalid-input"),
        ("C0000001/paths?from=2025-01-01", 422, "invalid-input"),
        ("C0000001/paths?by=2025-12-31", 409, "days-backward"),
        ("C0000001/paths?by=2029-01-01", 409, "day-too-far"),
        ("nobody/paths", 404, "no-grade"),
    ],
)
def test_what_makes_no_sense_is_said(
    ledger_client: TestClient, asked: str, status: int, code: str
) -> None:
    for language in ({}, CHINESE):
        answer = ledger_client.get(f"/v1/customers/{asked}", headers=language)
        assert answer.status_code == status
        assert answer.json()["code"] == code


def test_a_server_without_a_ledger_says_so(client: TestClient) -> None:
    answer = client.get("/v1/customers/C0000001/paths")
    assert answer.status_code == 409
    assert answer.json()["code"] == "no-ledger"


def test_no_key_no_path(ledger_client: TestClient) -> None:
    nobody = {"Authorization": "Bearer nothing"}
    answer = ledger_client.get("/v1/customers/C0000001/paths", headers=nobody)
    assert answer.status_code == 401


def test_the_document_is_plain_json(ledger_client: TestClient, weak: list[dict[str, Any]]) -> None:
    answer = ledger_client.get(f"/v1/customers/{weak[0]['customer_id']}/paths")
    assert json.loads(answer.text) == answer.json()
    assert "NaN" not in answer.text
