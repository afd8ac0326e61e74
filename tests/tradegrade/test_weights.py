"""`tradegrade weights` tells, and changes nothing."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Trained
from tests.tradegrade.conftest import Workspace
from tradegrade.cli import cli

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def run(home: Path, ledger: Path, *more: str) -> Result:
    arguments = ["weights", "--ledger", str(ledger), *more]
    return CliRunner(env={"TRADEGRADE_HOME": str(home)}).invoke(cli, arguments)


@pytest.fixture(scope="module")
def before(trained: Trained) -> dict[Path, bytes]:
    """Return the files of the workspace before the command."""
    return {path: path.read_bytes() for path in trained.home.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def english(trained: Trained, before: dict[Path, bytes]) -> Result:
    assert before
    return run(trained.home, trained.ledger)


@pytest.fixture(scope="module")
def document(trained: Trained) -> dict[str, object]:
    result = run(trained.home, trained.ledger, "--json")
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_a_person_reads_the_weights_what_they_change_and_the_section_to_paste(
    english: Result,
) -> None:
    assert english.exit_code == 0, english.output
    text = english.stdout
    assert "0.30 → " in text
    assert "AUC of the rule score on rows not fitted on: " in text
    assert "would change grade: " in text
    assert "tradegrade policy try" in text
    section = tomllib.loads(text[text.index("[weights]") :])["weights"]
    assert len(section) == 5
    assert sum(section.values()) == pytest.approx(1)
    assert not CHINESE.search(text)


def test_nothing_of_the_workspace_changes(
    english: Result, before: dict[Path, bytes], trained: Trained
) -> None:
    assert english.exit_code == 0
    after = {path: path.read_bytes() for path in trained.home.rglob("*") if path.is_file()}
    assert after == before


def test_json_tells_horizon_and_model_of_the_champion(
    document: dict[str, object], trained: Trained
) -> None:
    assert document["horizon_days"] == 180
    grades = document["grades"]
    assert isinstance(grades, dict)
    assert grades["model_version"] == trained.result.model_version
    assert grades["changed"] == grades["up"] + grades["down"]
    assert json.dumps(document, allow_nan=False)


def test_chinese_has_no_english_sentence(trained: Trained) -> None:
    result = run(trained.home, trained.ledger, "--lang", "zh",
                 "--from", "2023-06-01", "--to", "2024-12-31")  # fmt: skip

    assert result.exit_code == 0, result.output
    told = result.stdout.split("[weights]")[0].splitlines()
    assert all(CHINESE.search(line) for line in told if line)
    assert "would" not in result.stdout


def test_a_small_shop_is_refused_with_the_number_needed(workspace: Workspace, shop: Path) -> None:
    result = workspace.run("weights", "--ledger", shop)

    assert result.exit_code == 3
    assert re.search(r"defaulted, and (a model|weights) needs? 30", result.stderr)


def test_half_a_span_is_a_usage_error(workspace: Workspace, shop: Path) -> None:
    result = workspace.run("weights", "--ledger", shop, "--from", "2025-01-01")

    assert result.exit_code == 2
    assert "Give --from and --to together" in result.stderr
