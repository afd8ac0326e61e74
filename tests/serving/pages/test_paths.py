"""The way to a better grade on a customer's page."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.serving.pages.conftest import logged_in
from tests.serving.shop import Shop, wait_until_ready


@pytest.fixture(scope="module")
def over_ledger(site: Shop) -> Iterator[TestClient]:
    with TestClient(site.app(ledger=True)) as client:
        wait_until_ready(client)
        yield logged_in(client)


@pytest.fixture(scope="module")
def weak(over_ledger: TestClient, site: Shop) -> dict[str, Any]:
    """Return a customer that is C or D and can come to a better grade, by its document."""
    headers = {"Authorization": f"Bearer {site.key}"}
    for place in range(1, 13):
        address = f"/v1/customers/C{place:07d}"
        grade = over_ledger.get(f"{address}/grade", headers=headers).json()["grade"]
        if grade in "CD":
            found: dict[str, Any] = over_ledger.get(f"{address}/paths", headers=headers).json()
            if found["reachable"] and found["fades"]:
                return found
    pytest.fail("nobody of the shop has a path")


def test_the_page_asks_before_it_searches(over_ledger: TestClient, weak: dict[str, Any]) -> None:
    page = over_ledger.get(f"/customers/{weak['customer_id']}").text
    assert f"The way to {weak['to']}" in page
    assert f"/customers/{weak['customer_id']}?path={weak['to']}#path" in page
    assert weak["actions"][0]["note"]["en"] not in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_tells_the_path_and_what_fades(
    over_ledger: TestClient, weak: dict[str, Any], language: str
) -> None:
    page = over_ledger.get(
        f"/customers/{weak['customer_id']}?path={weak['to']}", headers={"Accept-Language": language}
    ).text
    for action in weak["actions"]:
        assert action["note"][language] in page
    assert weak["fades"][0]["text"][language] in page
    other = "en" if language == "zh" else "zh"
    assert weak["actions"][0]["note"][other] not in page


def test_a_grade_that_does_not_exist_cannot_be_asked_for(
    over_ledger: TestClient, weak: dict[str, Any]
) -> None:
    assert over_ledger.get(f"/customers/{weak['customer_id']}?path=F").status_code == 422


def test_without_a_ledger_the_page_says_so(reader: TestClient, weak: dict[str, Any]) -> None:
    page = reader.get(f"/customers/{weak['customer_id']}").text
    assert "The server has no ledger of which a copy could be graded." in page
    assert "?path=" not in page
    asked = reader.get(f"/customers/{weak['customer_id']}?path=A").text
    assert "The server has no ledger of which a copy could be graded." in asked
