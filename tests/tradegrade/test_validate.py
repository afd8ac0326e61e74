"""`tradegrade validate`: the document, the pages, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Trained
from tests.tradegrade.conftest import Workspace
from tradegrade.cli import cli
from training.runs import BUNDLES, RUNS


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["validate", *(str(argument) for argument in arguments)])


@pytest.fixture
def home(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with the trained bundle, whose run no store of MLflow knows."""
    home = tmp_path / "home"
    for folder in (BUNDLES, RUNS):
        shutil.copytree(trained.home / folder, home / folder)
    for path in (home / RUNS).glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        del record["run_id"]
        path.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setenv("TRADEGRADE_HOME", str(home))
    return home


def test_json_is_one_document_and_pages_lie_in_the_workspace(trained: Trained, home: Path) -> None:
    version = trained.result.model_version

    result = run("--ledger", trained.ledger, "--model", version, "--json")

    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    document = json.loads(line)
    assert document["model_version"] == version
    span = f"{document['from']}-{document['to']}"
    for language, title in (("zh", "模型验证报告"), ("en", "Validation of the model")):
        page = home / "reports" / f"validation-{version}-{span}.{language}.html"
        assert f"<title>{title} {version}</title>" in page.read_text(encoding="utf-8")
    assert "no run of this model is on record" in result.stderr


def test_out_is_a_page_in_the_language_asked_for(
    trained: Trained, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "told.html"

    result = run("--ledger", trained.ledger, "--model", trained.result.model_version,
                 "--from", "2025-01-01", "--to", "2025-02-28", "--lang", "zh",
                 "--out", out)  # fmt: skip

    assert result.exit_code == 0, result.output
    assert '<html lang="zh-CN">' in out.read_text(encoding="utf-8")
    assert "2025-01-31 to 2025-02-28: rows=" in result.stdout
    assert f"report {out}" in result.stdout
    assert "提示：" in result.stderr


def test_a_store_of_runs_that_is_away_is_told_and_stops_nothing(
    trained: Trained, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / RUNS / f"{trained.result.model_version}.json"
    record = json.loads(path.read_text(encoding="utf-8")) | {"run_id": "r1"}
    path.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql+psycopg://anna:s3cret@127.0.0.1:9/runs")

    result = run("--ledger", trained.ledger, "--model", trained.result.model_version)

    assert result.exit_code == 0, result.output
    assert "warning: The validation could not be tracked at postgresql" in result.stderr
    assert "s3cret" not in result.output


def test_an_unknown_model_is_refused_with_code_4(workspace: Workspace, shop: Path) -> None:
    result = run("--ledger", shop, "--model", "nosuchmodel0")

    assert result.exit_code == 4
    assert "There is no bundle nosuchmodel0" in result.stderr


def test_a_span_that_no_outcome_covers_is_refused_with_code_3(
    workspace: Workspace, shop: Path
) -> None:
    result = run("--ledger", shop, "--model", workspace.version, "--from", "2025-12-01")

    assert result.exit_code == 3
    assert "there is no month-end whose 180 days" in result.stderr
    assert not (workspace.home / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "2025-05-01", "--to", "2025-04-01"], "lies after --to 2025-04-01"),
        (["--out", "told.pdf"], "told.pdf is no .html file"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_the_work(
    workspace: Workspace, shop: Path, arguments: list[str], told: str
) -> None:
    result = run("--ledger", shop, "--model", workspace.version, *arguments)

    assert result.exit_code == 2
    assert told in result.stderr
