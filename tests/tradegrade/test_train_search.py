"""A training with a search and a sample, by the command, and what is kept of it."""

import json
import os
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from models.bundle import load_bundle
from tests.training.quiet import client_of
from tradegrade.cli import cli
from training.versions import Code, code_version

SMALL = """
[model]
MODEL
[sampling]
most_rows = 2500
[search]
folds = 2
trees = [8, 12]
leaves = [4, 6]
[sureness]
splits = 0
"""


@dataclass(frozen=True)
class Searched:
    """A workspace with one training, what the command printed, and a way to train again."""

    home: Path
    ledger: Path
    config: Path
    result: Result

    @property
    def told(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.result.stdout)
        return document


def train(home: Path, ledger: Path, config: Path, *more: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADEGRADE_HOME", str(home))
        given = ["--ledger", str(ledger), "--config", str(config), "--horizon-days", "180"]
        return CliRunner().invoke(cli, ["train", *given, "--json", *more])


@pytest.fixture(scope="module")
def searched(seller: Path, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    home = tmp_path_factory.mktemp("searched")
    config = home / "small.toml"
    config.write_text(SMALL.replace("MODEL", "trees = 12\nleaves = 5"), encoding="utf-8")
    result = train(home / "var", seller, config, "--search", "3")
    assert result.exit_code == 0, result.stderr
    return Searched(home / "var", seller, config, result)


def test_standard_output_is_the_document_and_each_trial_a_line_beside_it(searched):
    search = searched.told["search"]
    assert search["trials"] == 3
    assert search["folds"] == 2
    assert search["resumed"] == 0
    assert search["chosen_log_loss"] <= search["packaged_log_loss"]
    assert sum("trial" in line for line in searched.result.stderr.splitlines()) >= 3


def test_the_bundle_is_the_one_that_a_hand_written_configuration_gives(searched, tmp_path):
    chosen = searched.told["search"]["chosen"]
    written = "".join(f"{name} = {value}\n" for name, value in chosen.items())
    config = tmp_path / "by_hand.toml"
    config.write_text(SMALL.replace("MODEL", written), encoding="utf-8")
    result = train(searched.home, searched.ledger, config)
    assert result.exit_code == 0, result.stderr
    by_hand = json.loads(result.stdout)
    assert "search" not in by_hand
    # the version is the hash of the hashes of all files
    assert by_hand["model_version"] == searched.told["model_version"]
    assert by_hand["auc"] == searched.told["auc"]


def test_the_same_search_again_judges_nothing_anew_and_gives_the_same_bundle(searched):
    result = train(searched.home, searched.ledger, searched.config, "--search", "3")
    again = json.loads(result.stdout)
    assert again["search"]["resumed"] == 3
    assert again["model_version"] == searched.told["model_version"]


def test_what_was_sampled_is_told_and_the_base_rate_is_of_all_rows(searched, trained):
    told = searched.told
    sample = told["sampling"]
    assert sample["kept_defaults"] + sample["others_kept"] <= 2500
    assert sample["others_in_all"] > sample["others_kept"] > 0
    assert sample["rate"] == pytest.approx(sample["others_kept"] / sample["others_in_all"])
    whole = trained.result.dataset
    assert whole.sampling is None
    assert (told["n"], told["base_rate"]) == (len(whole.rows), whole.base_rate)
    report = (searched.home / "reports" / f"validation-{told['model_version']}.html").read_text()
    assert str(sample["others_in_all"]) in report.replace(",", "")


def test_mlflow_keeps_versions_code_settings_and_a_run_for_each_trial(searched):
    with client_of(searched.home) as client:
        run = client.get_run(searched.told["run_id"])
        trials = client.search_runs(
            [run.info.experiment_id],
            f"tags.`mlflow.parentRunId` = '{searched.told['run_id']}'",
        )
    parameters = run.data.params
    assert parameters["versions.lightgbm"] == metadata.version("lightgbm")
    assert parameters["versions.optuna"] == metadata.version("optuna")
    assert run.data.tags["code"] == code_version().told
    assert int(parameters["search.trials"]) == 3
    sample = searched.told["sampling"]
    assert float(parameters["sampled.rate"]) == sample["rate"]
    assert int(parameters["sampled.others_in_all"]) == sample["others_in_all"]
    assert run.data.metrics["base_rate"] == searched.told["base_rate"]
    search = searched.told["search"]
    assert len(trials) == 3
    (kept,) = [trial for trial in trials if trial.data.tags["chosen"] == "true"]
    assert kept.data.metrics["log_loss"] == search["chosen_log_loss"]
    assert {name: float(value) for name, value in kept.data.params.items()} == search["chosen"]
    assert all(trial.data.metrics["log_loss"] > 0 for trial in trials)


def test_the_record_tells_versions_and_code_and_the_bundle_does_not(searched):
    version = searched.told["model_version"]
    record = json.loads((searched.home / "runs" / f"{version}.json").read_text())
    assert record["versions"]["python"].count(".") == 2
    assert set(record["code"]) == {"commit", "dirty", "absent"}
    files = b"".join(load_bundle(searched.home / "bundles" / version).files.values())
    assert record["versions"]["numpy"].encode() not in files
    assert (record["code"]["commit"] or "no commit").encode() not in files


def test_without_the_extra_a_search_is_refused_before_the_work(searched, monkeypatch, tmp_path):
    there = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda n, *a: None if n == "optuna" else there(n, *a))
    result = train(tmp_path, searched.ledger, searched.config, "--search", "2")
    assert result.exit_code == 5
    assert "tune" in result.stderr
    assert result.stdout == ""


def test_code_without_git_is_unknown_and_says_why(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = code_version()
    assert found.commit is None
    assert found.absent
    assert found.told == f"unknown: {found.absent}"
    assert Code(commit="abc", dirty=True).told == "abc+dirty"
    assert os.environ["PATH"] == str(tmp_path)
