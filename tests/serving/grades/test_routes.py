"""Stored grades over HTTP: what was told is told, and the account adds up."""

import json
import math
from urllib.parse import quote

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from models.document import GRADE_SCHEMA
from serving.database import open_database, reading, store_url
from serving.grades.schemas import Explanation, Grade, History
from serving.grades.store import GradeStore
from serving.grades.tables import CURRENT
from tests.serving.shop import DAYS, Shop


@pytest.fixture(scope="module")
def customers(shop: Shop) -> list[str]:
    engine = open_database(store_url(shop.home))
    with reading(engine) as connection:
        found = list(connection.execute(select(CURRENT.c.customer_id)).scalars())
    engine.dispose()
    return sorted(found)


def test_the_grade_is_the_document_that_was_stored(
    client: TestClient, shop: Shop, customers: list[str]
) -> None:
    with GradeStore(open_database(store_url(shop.home))) as store:
        for customer_id in customers[:5]:
            told = client.get(f"/v1/customers/{customer_id}/grade").json()
            stored = store.grade(customer_id)
            assert stored is not None
            assert told == stored.document


def test_the_grade_has_the_fields_of_the_contract(client: TestClient, customers: list[str]) -> None:
    told = client.get(f"/v1/customers/{customers[0]}/grade").json()
    assert list(told) == GRADE_SCHEMA.names
    Grade.model_validate(told, strict=False)
    assert told["score"] == pytest.approx(
        told["blend"] + math.fsum(line["points"] for line in told["adjustments"]), abs=1e-9
    )


def test_an_earlier_day_has_the_grade_that_held_then(
    client: TestClient, customers: list[str]
) -> None:
    address = f"/v1/customers/{customers[0]}/grade"
    assert client.get(address).json()["as_of"] == str(DAYS[1])
    assert client.get(address, params={"as_of": "2025-12-30"}).json()["as_of"] == str(DAYS[0])
    assert client.get(address, params={"as_of": "2025-11-29"}).status_code == 404


def test_the_history_runs_from_the_newest_in_pages(
    client: TestClient, customers: list[str]
) -> None:
    address = f"/v1/customers/{customers[0]}/grades"
    whole = client.get(address).json()
    assert [grade["as_of"] for grade in whole["grades"]] == [str(day) for day in DAYS[::-1]]
    assert whole["next_cursor"] is None
    History.model_validate(whole)
    first = client.get(address, params={"limit": 1}).json()
    second = client.get(address, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [*first["grades"], *second["grades"]] == whole["grades"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("with_ledger", [False, True])
def test_the_account_adds_up_to_the_stored_score(
    client: TestClient, ledger_client: TestClient, customers: list[str], with_ledger: bool
) -> None:
    asked = ledger_client if with_ledger else client
    for customer_id in customers[::7]:
        told = asked.get(f"/v1/customers/{customer_id}/explanation").json()
        grade = asked.get(f"/v1/customers/{customer_id}/grade").json()
        Explanation.model_validate(told)
        total = told["reference"] + math.fsum(
            line["points"] for line in (*told["drivers"], *told["adjustments"])
        )
        assert total == pytest.approx(grade["score"], abs=1e-9)
        assert told["reasons"] == grade["reasons"]
        assert told["evidence_from"] == ("ledger" if with_ledger else "stored_reasons")


def test_without_a_ledger_nobody_claims_that_there_are_no_rows(
    client: TestClient, ledger_client: TestClient, customers: list[str]
) -> None:
    address = f"/v1/customers/{customers[0]}/explanation"
    alone, beside = client.get(address).json(), ledger_client.get(address).json()
    told = {reason["code"] for reason in alone["reasons"]}
    for driver in alone["drivers"]:
        assert (driver["evidence_total"] is None) == (driver["feature"] not in told)
    assert any(driver["evidence"] for driver in beside["drivers"])
    for one, other in zip(alone["drivers"], beside["drivers"], strict=True):
        assert one["points"] == other["points"]


def test_what_is_not_there_is_404_in_both_languages(client: TestClient) -> None:
    for language, word in (("zh-CN", "评级"), ("en", "No grade")):
        found = client.get("/v1/customers/nobody/grade", headers={"Accept-Language": language})
        assert found.status_code == 404
        assert found.headers["content-type"] == "application/problem+json"
        assert word in found.json()["detail"]


def test_an_id_may_hold_anything_but_is_never_echoed(client: TestClient) -> None:
    for customer_id in ("a/b", "客户", "x y", "<script>", "..", "%", "a" * 128):
        found = client.get(f"/v1/customers/{quote(customer_id, safe='')}/grade")
        assert found.status_code == 404, customer_id
        if len(customer_id) > 2:
            assert customer_id not in found.text
    for customer_id in ("a" * 129, "a\x00b"):
        found = client.get(f"/v1/customers/{quote(customer_id, safe='')}/grade")
        assert found.status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "as_of=2025-13-01", "as_of=20251231", "as_of=2025-W01-1", "as_of=", "as_of=2300-01-01",
        "when=2025-12-31", "as_of=2025-12-31&as_of=2025-12-31", "as_of=٢٠٢٥-12-31",
    ],
)  # fmt: skip
def test_a_day_that_is_none_is_refused(
    client: TestClient, customers: list[str], query: str
) -> None:
    found = client.get(f"/v1/customers/{customers[0]}/grade?{query}")
    assert found.status_code == 422
    assert found.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=", "cursor=%00", "cursor=bm90", "cursor=W10", "cursor=WyIyMDI1LTEyLTMxIiwgInggIl0",
        "cursor=" + "W1tb" * 10_000,
    ],
)  # fmt: skip
def test_a_cursor_that_is_none_leads_nowhere(
    client: TestClient, customers: list[str], query: str
) -> None:
    assert client.get(f"/v1/customers/{customers[0]}/grades?{query}").status_code == 404


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "9" * 400])
def test_a_page_of_no_size_is_refused(client: TestClient, customers: list[str], limit: str) -> None:
    found = client.get(f"/v1/customers/{customers[0]}/grades?limit={limit}")
    assert found.status_code == 422


def test_a_grade_whose_bundle_was_not_kept_cannot_be_replayed(shop: Shop, tmp_path) -> None:
    copied = shop.copy_to(tmp_path / "home")
    engine = open_database(store_url(copied.home))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER bundles_no_delete")
        connection.exec_driver_sql("DELETE FROM bundles")
    engine.dispose()
    headers = {"Authorization": f"Bearer {shop.key}"}
    with TestClient(copied.app(), headers=headers) as client:
        found = client.get("/v1/customers/C0000001/explanation")
        assert client.get("/v1/customers/C0000001/grade").status_code == 200
    assert found.status_code == 409
    assert "was not kept" in found.json()["detail"]


def test_a_grade_that_would_come_out_otherwise_is_not_explained(shop: Shop, tmp_path) -> None:
    copied = shop.copy_to(tmp_path / "home")
    engine = open_database(store_url(copied.home))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER grades_no_update")
        row = connection.exec_driver_sql(
            "SELECT grade_id, snapshot FROM grades WHERE customer_id = 'C0000001'"
        ).all()
        for grade_id, snapshot in row:
            changed = json.loads(snapshot) | {"overdue_count_365d": 12.0}
            connection.exec_driver_sql(
                "UPDATE grades SET snapshot = ? WHERE grade_id = ?",
                (json.dumps(changed), grade_id),
            )
    engine.dispose()
    headers = {"Authorization": f"Bearer {shop.key}"}
    with TestClient(copied.app(), headers=headers) as client:
        found = client.get("/v1/customers/C0000001/explanation")
    assert found.status_code == 409
    assert "comes out otherwise" in found.json()["detail"]
