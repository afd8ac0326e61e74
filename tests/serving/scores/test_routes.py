"""POST /v1/scores: the one scoring path, strict bodies, nothing echoed."""

import json
import math
from datetime import date

import numpy as np
import pytest
from starlette.testclient import TestClient

from features.catalogue import FEATURE_NAMES
from features.ledger.open import open_ledger
from features.matrix import Snapshots
from features.snapshot import snapshots
from models.book import Grader
from models.document import grade_document
from models.grading import grade_snapshots
from serving.grades.schemas import Scores
from tests.models.bundles import policy_with
from tests.serving.shop import DAYS, Shop, wait_until_ready

ADDRESS = "/v1/scores"
MARK = "PLEASE-DO-NOT-ECHO"


@pytest.fixture(scope="module")
def rows(shop: Shop) -> Snapshots:
    ids = [f"C{number:07d}" for number in range(1, 9)]
    days = np.full(len(ids), DAYS[1], dtype="datetime64[D]")
    with open_ledger(shop.ledger) as ledger:
        return snapshots(ledger, (ids, days))


def told(row: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in row.items()}


def test_snapshots_get_the_grades_of_the_one_scoring_path(
    client: TestClient, shop: Shop, rows: Snapshots
) -> None:
    grader = shop.grader()
    wanted = [
        grade_document(grading, ())
        for grading in grade_snapshots(rows, grader.bundle, grader.policy)
    ]
    body = {
        "features": [
            {"customer_id": customer, "as_of": str(DAYS[1]), **told(rows.row(place))}
            for place, customer in enumerate(rows.customer_ids)
        ]
    }
    found = client.post(ADDRESS, json=body).json()
    Scores.model_validate(found)
    for one, other in zip(found["grades"], wanted, strict=True):
        assert one == other | {"reasons": None}


def test_an_explained_snapshot_adds_up(client: TestClient, rows: Snapshots) -> None:
    body = {"features": [told(rows.row(0))], "as_of": "2025-12-31", "explain": True}
    (found,) = client.post(ADDRESS, json=body).json()["grades"]
    lines = (*found["drivers"], *found["adjustments"])
    total = found["reference"] + math.fsum(line["points"] for line in lines)
    assert total == pytest.approx(found["score"], abs=1e-9)
    assert found["reasons"]
    assert (found["customer_id"], found["as_of"]) == (None, "2025-12-31")


def test_a_snapshot_without_a_word_is_unknown_and_provisional(client: TestClient) -> None:
    (found,) = client.post(ADDRESS, json={"features": [{}]}).json()["grades"]
    assert (found["provisional"], found["known_weight"]) == (True, 0)
    assert found["adjustments"][0]["kind"] == "provisional"


def test_customers_of_the_ledger_get_what_the_store_has(
    ledger_client: TestClient, rows: Snapshots
) -> None:
    ids = list(rows.customer_ids)[::-1]
    body = {"customer_ids": ids, "as_of": str(DAYS[1])}
    found = ledger_client.post(ADDRESS, json=body).json()["grades"]
    stored = [ledger_client.get(f"/v1/customers/{i}/grade").json() for i in ids]
    assert found == stored


def test_without_a_day_the_ledgers_last_one_counts(
    ledger_client: TestClient, rows: Snapshots, shop: Shop
) -> None:
    with open_ledger(shop.ledger) as ledger:
        last = ledger.last_day
    body = {"customer_ids": [rows.customer_ids[0]], "explain": True}
    (found,) = ledger_client.post(ADDRESS, json=body).json()["grades"]
    assert found["as_of"] == str(last)
    assert found["drivers"]


def test_without_a_ledger_stored_snapshots_are_graded(client: TestClient, rows: Snapshots) -> None:
    ids = list(rows.customer_ids)[::-1]
    found = client.post(ADDRESS, json={"customer_ids": ids, "as_of": str(DAYS[1])})
    stored = [client.get(f"/v1/customers/{i}/grade").json() for i in ids]
    assert found.json()["grades"] == stored
    latest = client.post(ADDRESS, json={"customer_ids": ids, "explain": True}).json()["grades"]
    assert [grade["score"] for grade in latest] == [grade["score"] for grade in stored]
    assert all(grade["drivers"] for grade in latest)


def test_another_policy_grades_a_stored_snapshot_otherwise(shop: Shop, rows: Snapshots) -> None:
    other = policy_with(("rule_weight = 0.4", "rule_weight = 0.9"))
    app = shop.app()
    with TestClient(app, headers={"Authorization": f"Bearer {shop.key}"}) as client:
        wait_until_ready(client)
        live = app.state.service.live
        live._grader = Grader(live.grader().bundle, other)
        body = {"customer_ids": list(rows.customer_ids), "as_of": str(DAYS[1])}
        found = client.post(ADDRESS, json=body).json()
        Scores.model_validate(found)
        stored = [client.get(f"/v1/customers/{i}/grade").json() for i in rows.customer_ids]
    for one, before in zip(found["grades"], stored, strict=True):
        assert one["policy_version"] == other.policy_version
        assert one["blend"] == pytest.approx(
            0.9 * one["rule_score"] + 0.1 * one["model_score"], abs=1e-9
        )
        kept = {reason["code"] for reason in before["reasons"]}
        for reason in one["reasons"]:
            assert (reason["evidence_total"] is None) == (reason["code"] not in kept)


def test_a_day_that_nobody_stored_is_pointed_at(client: TestClient) -> None:
    body = {"customer_ids": ["C0000001", MARK], "as_of": "2025-12-30"}
    found = client.post(ADDRESS, json=body)
    assert (found.status_code, found.json()["code"]) == (404, "no-snapshot")
    pointers = [fault["pointer"] for fault in found.json()["errors"]]
    assert pointers == ["/customer_ids/0", "/customer_ids/1"]
    assert "grade --store" in found.json()["detail"]
    assert MARK not in found.text


def test_a_customer_that_the_ledger_does_not_know_is_pointed_at(ledger_client: TestClient) -> None:
    body = {"customer_ids": ["C0000001", MARK], "as_of": str(DAYS[1])}
    found = ledger_client.post(ADDRESS, json=body)
    assert found.status_code == 404
    assert [fault["pointer"] for fault in found.json()["errors"]] == ["/customer_ids/1"]
    assert MARK not in found.text
    early = {"customer_ids": ["C0000001"], "as_of": "1990-01-01"}
    assert ledger_client.post(ADDRESS, json=early).status_code == 404


BAD_ROWS = [
    ({"on_time_rate": 1.0}, "Did you mean on_time_rate_"),
    ({MARK: 1.0}, "not in the catalogue"),
    ({"on_time_rate_365d": True}, "a number within"),
    ({"on_time_rate_365d": "1"}, "a number within"),
    ({"on_time_rate_365d": [1]}, "a number within"),
    ({"exposure": 1e14}, "a number within"),
    ({"is_dishonest": 2}, "one of 0, 1"),
    ({"is_dishonest": 0.5}, "one of 0, 1"),
    ({"external_score_source": 3}, "one of 1, 2"),
    ({"customer_id": ""}, "1 to 128"),
    ({"customer_id": 5}, "1 to 128"),
    ({"as_of": "tomorrow"}, "Write a day"),
    ({"as_of": None}, "Write a day"),
    (5, "Give an object"),
]


@pytest.mark.parametrize(("row", "word"), BAD_ROWS)
def test_a_bad_row_is_pointed_at_and_not_echoed(client: TestClient, row: object, word: str) -> None:
    found = client.post(ADDRESS, json={"features": [{}, row]})
    assert found.status_code == 422
    (fault,) = found.json()["errors"]
    assert fault["pointer"].startswith("/features/1")
    assert word in fault["detail"]
    assert MARK not in found.text


BAD_BODIES = [
    [], "x", 5, None, {}, {"features": []}, {"features": {}}, {"customer_ids": []},
    {"customer_ids": "C1"}, {"customer_ids": ["a", "a"]}, {"customer_ids": [None]},
    {"customer_ids": ["x" * 129]}, {"features": [{}], "customer_ids": ["a"]},
    {"features": [{}], "explain": 1}, {"features": [{}], "as_of": 20251231},
    {"features": [{}], MARK: 1}, {"features": [{}] * 1001}, {"customer_ids": ["a"] * 1001},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: json.dumps(body)[:40])
def test_a_bad_body_is_refused(client: TestClient, body: object) -> None:
    sent = json.dumps(body).encode()
    found = client.post(ADDRESS, content=sent, headers={"Content-Type": "application/json"})
    assert found.status_code == 422
    assert MARK not in found.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b'{"features": [{"exposure": NaN}]}', 400),
        (b'{"features": [{"exposure": Infinity}]}', 400),
        (b'{"features": [{"exposure": 1e999}]}', 400),
        (b'{"features": [{"exposure": 9223372036854775808}]}', 400),
        (b'{"features": [{"exposure": ' + b"9" * 5000 + b"}]}", 400),
        (b'{"features": [{"exposure": 1, "exposure": 2}]}', 400),
        (b'{"customer_ids": ["\\ud800"]}', 400), (b'{"customer_ids": ["a\\u0000"]}', 400),
        (b'{"\\u0000": 1}', 400), (b'{"customer_ids": ["a\x00"]}', 400), (b"[" * 100_000, 400),
        (b'{"customer_ids": ["' + b"x" * 10_000_000 + b'"]}', 413),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_another_reader_would_take_is_refused(
    client: TestClient, body: bytes, status: int
) -> None:
    found = client.post(ADDRESS, content=body, headers={"Content-Type": "application/json"})
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "", "application/json; charset=gbk"]
)
def test_a_body_says_that_it_is_json(client: TestClient, kind: str) -> None:
    found = client.post(ADDRESS, content=b"{}", headers={"Content-Type": kind})
    assert found.status_code == 415


def test_a_thousand_rows_at_once_are_the_same_as_one_by_one(
    client: TestClient, rows: Snapshots
) -> None:
    body = {"features": [told(rows.row(n % len(rows))) for n in range(1000)], "as_of": "2025-12-31"}
    many = client.post(ADDRESS, json=body).json()["grades"]
    for place in range(len(rows)):
        one = {"features": [body["features"][place]], "as_of": "2025-12-31"}
        assert client.post(ADDRESS, json=one).json()["grades"][0] == many[place]
    assert many[len(rows)] == many[0]


def test_every_feature_of_the_catalogue_can_be_sent(client: TestClient) -> None:
    features = {name: 1 for name in FEATURE_NAMES}
    assert client.post(ADDRESS, json={"features": [features]}).status_code == 200
    nothing = {name: None for name in FEATURE_NAMES}
    assert client.post(ADDRESS, json={"features": [nothing]}).status_code == 200


def test_the_day_of_a_row_wins_over_that_of_the_body(client: TestClient) -> None:
    body = {"features": [{"as_of": "2025-01-31"}, {}], "as_of": "2025-02-28"}
    found = client.post(ADDRESS, json=body).json()["grades"]
    assert [grade["as_of"] for grade in found] == ["2025-01-31", "2025-02-28"]
    (today,) = client.post(ADDRESS, json={"features": [{}]}).json()["grades"]
    assert date.fromisoformat(today["as_of"]) >= date(2025, 1, 1)
