"""The OpenAPI document is what the routes are, and a server keeps it."""

import json
from pathlib import Path

import pytest

from models.document import GRADE_SCHEMA
from proofs.contract import contract_run
from proofs.malformed import send_malformed
from proofs.served import Served, served
from serving.grades.schemas import Grade
from serving.scopes import SCOPES
from tests.models.bundles import bundle_in, bundle_parts
from tests.serving.shop import DAYS, Shop
from tools.openapi import PAGE, openapi_text

DOCUMENT = json.loads(PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Served:
    home = tmp_path_factory.mktemp("served")
    bundle_in(home / "bundles", bundle_parts(horizon_days=180))
    with served(home, shop.ledger, DAYS[1]) as running:
        yield running


def test_the_committed_document_is_the_one_of_the_routes() -> None:
    assert PAGE.read_text(encoding="utf-8") == openapi_text(), "run `make docs`"


def test_every_route_says_what_it_does_and_which_scope_it_needs() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for entry in methods.values():
            assert entry["summary"]
            assert ("security" in entry) == path.startswith("/v1/")
            assert entry.get("x-scope", SCOPES[0]) in SCOPES


def test_a_grade_has_the_fields_that_are_stored() -> None:
    assert list(Grade.model_fields) == GRADE_SCHEMA.names


@pytest.mark.parametrize("readme", ["serving/README.md"])
def test_every_route_is_documented(readme: str) -> None:
    text = (Path(__file__).parents[2] / readme).read_text(encoding="utf-8")
    for path, methods in DOCUMENT["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in text, f"{readme} does not tell of {path}"


@pytest.mark.slow
def test_schemathesis_finds_nothing(server: Served) -> None:
    kept, told = contract_run(server.port, server.key, examples=15, seed=1)
    assert kept, told[-6000:]


@pytest.mark.slow
def test_malformed_requests_get_no_5xx_and_no_echo(server: Served) -> None:
    found = send_malformed(
        server.port, server.key, server.body, number=250, seed=1, note=lambda _: None
    )
    assert found.faults == []
    assert found.statuses[422] > 20
    assert found.statuses[400] > 20
