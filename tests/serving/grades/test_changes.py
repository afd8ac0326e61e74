"""The account of a change over HTTP: it adds up, and its ends are the grades as they were told."""

import math
from datetime import date

import pytest
from starlette.testclient import TestClient

from serving.grades.schemas import Change
from tests.serving.shop import DAYS, Shop

FIRST, LAST = map(str, DAYS)
CUSTOMERS = [f"C{number:07d}" for number in range(1, 61, 6)]


def change(client: TestClient, customer_id: str, **days: str) -> dict:
    found = client.get(f"/v1/customers/{customer_id}/change", params=days)
    assert found.status_code == 200, found.text
    Change.model_validate(found.json())
    return found.json()


def adds_up(told: dict) -> None:
    moved = told["score_to"] - told["score_from"]
    allowed = 1e-9 * max(1, abs(moved))
    assert math.fsum(told["blocks"].values()) == pytest.approx(moved, abs=allowed)
    data = math.fsum(feature["points"] for feature in told["features"])
    assert data == pytest.approx(told["blocks"]["data"], abs=1e-9)
    for feature in told["features"]:
        assert feature["points"] == pytest.approx(
            feature["rule_points"] + feature["model_points"], abs=1e-12
        )
        shares = [row["points"] for row in feature["evidence"]]
        if shares and None not in shares:
            assert math.fsum(shares) == pytest.approx(feature["points"], abs=1e-9)


def test_the_ends_are_the_stored_grades(ledger_client: TestClient) -> None:
    for customer_id in CUSTOMERS:
        told = change(ledger_client, customer_id)
        adds_up(told)
        assert (told["from"], told["to"]) == (FIRST, LAST)
        for end, day in (("from", FIRST), ("to", LAST)):
            stored = ledger_client.get(
                f"/v1/customers/{customer_id}/grade", params={"as_of": day}
            ).json()
            assert told[f"grade_{end}"] == stored["grade"]
            assert told[f"score_{end}"] == stored["score"]
        assert told["blocks"]["model"] == told["blocks"]["policy"] == 0.0


def test_days_without_a_stored_grade_come_from_the_ledger(ledger_client: TestClient) -> None:
    told = change(ledger_client, "C0000001", **{"from": "2025-06-15", "to": "2025-09-14"})
    adds_up(told)
    assert (told["from"], told["to"]) == ("2025-06-15", "2025-09-14")
    assert any(feature["evidence"] for feature in told["features"])


def test_the_same_day_changed_nothing(ledger_client: TestClient) -> None:
    told = change(ledger_client, "C0000007", **{"from": LAST, "to": LAST})
    assert set(told["blocks"].values()) == {0.0}
    assert all(feature["points"] == 0 for feature in told["features"])
    assert told["sentence"]["zh"]
    assert told["sentence"]["en"]


def test_without_a_ledger_the_stored_grades_are_compared(client: TestClient) -> None:
    told = change(client, "C0000013")
    adds_up(told)
    assert all(feature["evidence"] == [] for feature in told["features"])
    held = change(client, "C0000013", **{"from": "2025-12-15"})  # the grade that held then
    assert held["from"] == FIRST
    assert held["blocks"] == told["blocks"]


def test_rows_fall_between_the_days(ledger_client: TestClient) -> None:
    seen = set()
    for customer_id in CUSTOMERS:
        for feature in change(ledger_client, customer_id)["features"]:
            for row in feature["evidence"]:
                seen.add(row["state"])
                if row["state"] == "new" and row["table"] == "invoices":
                    assert date.fromisoformat(row["issued_on"]) > DAYS[0]
                if row["state"] == "aged_in" and row["table"] == "invoices":
                    assert date.fromisoformat(row["issued_on"]) <= DAYS[0]
                assert (row["before"] is None) == (row["state"] in ("new", "newly_known"))
    assert {"new", "changed"} <= seen


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2025-12-31&to=2025-11-30", 409),
        ("from=2025-13-01", 422),
        ("since=2025-11-30", 422),
        ("from=2025-11-30&from=2025-11-30", 422),
        ("from=1991-01-01", 404),
    ],
)
def test_what_cannot_be_compared_is_refused(
    ledger_client: TestClient, query: str, status: int
) -> None:
    found = ledger_client.get(f"/v1/customers/C0000001/change?{query}")
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"


def test_nobody_has_no_change(ledger_client: TestClient, client: TestClient) -> None:
    for asked in (ledger_client, client):
        assert asked.get("/v1/customers/nobody/change").status_code == 404
    assert client.get("/v1/customers/C0000001/change?from=2024-01-31").status_code == 404


def test_a_key_is_needed(shop: Shop) -> None:
    with TestClient(shop.app()) as stranger:
        assert stranger.get("/v1/customers/C0000001/change").status_code == 401
