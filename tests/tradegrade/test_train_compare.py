"""`train --compare` tells more and ships the same."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Trained
from tests.training.quiet import client_of
from tradegrade.cli import cli


@pytest.fixture(scope="module")
def compared(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Return a workspace and the result of the same training, compared."""
    home = tmp_path_factory.mktemp("compared")
    config = home / "few.toml"
    config.write_text("[model]\nthreads = 1\n[validation]\nresamples = 20\n", encoding="utf-8")
    arguments = ["train", "--ledger", str(trained.ledger), "--config", str(config),
                 "--horizon-days", "180", "--compare", "--json"]  # fmt: skip
    found = CliRunner(env={"TRADEGRADE_HOME": str(home)}).invoke(cli, arguments)
    return home, found


def test_json_has_the_candidates(compared: tuple[Path, Result]) -> None:
    result = compared[1]

    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert [found["name"] for found in document["candidates"]] == ["lightgbm", "scorecard", "rules"]
    assert document["candidates"][0]["auc"]["estimate"] == document["auc"]


def test_no_byte_of_the_bundle_depends_on_it(
    compared: tuple[Path, Result], trained: Trained
) -> None:
    home, result = compared
    document = json.loads(result.stdout)
    shipped = home / "bundles" / document["model_version"]

    assert document["model_version"] == trained.result.model_version
    for path in trained.result.bundle.iterdir():
        assert (shipped / path.name).read_bytes() == path.read_bytes()


def test_report_and_run_hold_the_comparison(compared: tuple[Path, Result]) -> None:
    home, result = compared
    document = json.loads(result.stdout)
    rules = document["candidates"][2]

    page = home / "reports" / f"validation-{document['model_version']}.html"
    assert "<td>rules</td>" in page.read_text(encoding="utf-8")
    with client_of(home) as client:
        tracked = client.get_run(document["run_id"]).data.metrics
    assert tracked["candidate.rules.auc"] == pytest.approx(rules["auc"]["estimate"])


def test_without_the_option_nothing_is_compared(trained: Trained) -> None:
    assert "candidates" not in trained.result.to_dict()
    assert trained.result.judged.candidates == ()
