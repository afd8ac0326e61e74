"""Promotion at the command line: judged, recorded, followed by the file, mirrored, taken back."""

from __future__ import annotations

import json
import math
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from features.errors import UnavailableError
from serving.app import create_app
from serving.database import open_database, store_url
from serving.keys.store import create_key
from serving.live import Sources
from serving.run import make_service
from serving.settings import load_settings
from tests.conftest import Trained
from tests.models.bundles import GOOD, bundle_in, bundle_parts
from tests.retrained import candidate_in, shuffled_in, workspace_of
from tests.tradegrade.conftest import Workspace
from tradegrade.cli import cli
from tradegrade.workspace import grader, grader_stamp
from training import runs
from training.gates.gate import NAMES

CHINESE = re.compile(r"[\u4e00-\u9fff]")
WHO = ("--by", "陈莉", "--reason", "年度重训")


@pytest.fixture(scope="module")
def kept(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Return a workspace, an honest candidate and one trained on shuffled labels."""
    home = workspace_of(trained, tmp_path_factory.mktemp("promote"))
    honest = candidate_in(home, trained, trained.result.dataset)
    return home, honest, shuffled_in(home, trained)


class Here:
    """A workspace with candidates, and the command line over it."""

    def __init__(self, home: Path, champion: str, honest: str, weak: str) -> None:
        self.home, self.champion, self.honest, self.weak = home, champion, honest, weak
        self.mirrored: list[str] = []

    def run(self, *arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    def told(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        (document,) = (json.loads(line) for line in result.stdout.splitlines())
        return dict(document)

    def history(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("promotions", "--json").stdout.splitlines()]


@pytest.fixture
def here(
    kept: tuple[Path, str, str],
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Here:
    home, honest, weak = kept
    found = Here(tmp_path / "home", trained.result.model_version, honest, weak)
    shutil.copytree(home, found.home)
    monkeypatch.setenv("TRADEGRADE_HOME", str(found.home))
    monkeypatch.setattr(
        "tradegrade.commands.promotion.point_champion",
        lambda run_id, **_: found.mirrored.append(run_id),
    )
    return found


# promote


def test_an_honest_retrain_is_promoted_recorded_and_mirrored(here: Here) -> None:
    told = here.told("promote", here.honest, *WHO)
    assert list(told) == ["promoted", "version", "from", "gates", "by", "reason"]
    assert (told["promoted"], told["version"], told["from"]) == (True, here.honest, here.champion)
    assert (told["by"], told["reason"]) == ("陈莉", "年度重训")
    assert [gate["name"] for gate in told["gates"]] == list(NAMES)
    for gate in told["gates"]:
        assert list(gate) == ["name", "passed", "figure", "limit", "detail"]
        assert CHINESE.search(gate["detail"]["zh"])
        assert not CHINESE.search(gate["detail"]["en"])
    assert runs.champion(here.home) == here.honest
    (done,) = here.history()
    assert (done["kind"], done["version"], done["previous_version"]) == (
        "promote", here.honest, here.champion,
    )  # fmt: skip
    assert done["gates"] == told["gates"]
    assert here.mirrored == ["untracked"]
    # once more: it is the champion already
    again = here.run("promote", here.honest, *WHO)
    assert again.exit_code == 0
    assert f"{here.honest} is the champion already: nothing was recorded" in again.stderr
    assert (len(here.history()), here.mirrored) == (1, ["untracked"])


def test_a_refusal_prints_every_gate_exits_4_and_changes_nothing(here: Here) -> None:
    told = here.told("promote", here.weak, *WHO, code=4)
    assert (told["promoted"], told["from"]) == (False, here.champion)
    assert [gate["name"] for gate in told["gates"]] == list(NAMES)
    passed = {gate["name"]: gate["passed"] for gate in told["gates"]}
    assert (passed["auc_floor"], passed["recomputed"], passed["report"]) == (False, True, True)
    assert (runs.champion(here.home), here.history(), here.mirrored) == (here.champion, [], [])


def test_it_is_told_in_either_language(here: Here) -> None:
    english = here.run("promote", here.weak, *WHO)
    assert english.exit_code == 4
    assert re.search(r"FAILED  auc_floor +AUC 0\.", english.stdout)
    assert f"{here.weak} is refused by auc_floor" in english.stderr
    assert not CHINESE.search(english.stdout)
    chinese = here.run("promote", here.weak, *WHO, "--lang", "zh").stdout
    assert re.search("未通过  auc_floor +测试样本", chinese)
    assert len(chinese.splitlines()) == len(english.stdout.splitlines()) == len(NAMES)


def test_mlflow_out_of_reach_is_a_warning_and_the_promotion_holds(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        # the alias is set last: record and file are there
        assert (runs.champion(here.home), len(here.history())) == (here.honest, 1)
        message = "MLflow is out of reach."
        raise UnavailableError(message)

    monkeypatch.setattr("tradegrade.commands.promotion.point_champion", unreachable)
    result = here.run("promote", here.honest, *WHO)
    assert result.exit_code == 0
    assert "but MLflow does not say so. MLflow is out of reach." in result.stderr
    assert runs.champion(here.home) == here.honest


@pytest.mark.parametrize("who", [("--by", " ", "--reason", "x"), ("--by", "x", "--reason", "")])
def test_nobody_and_no_reason_are_refused_before_the_work(
    workspace: Workspace, who: tuple[str, ...]
) -> None:
    for command in (("promote", workspace.version), ("rollback",)):
        result = workspace.run(*command, *who)
        assert result.exit_code == 2
        assert "is answered for: say who makes it and why" in result.stderr
        assert "judging" not in result.stderr


def test_an_unknown_version_exits_4_with_the_known_ones(workspace: Workspace) -> None:
    result = workspace.run("promote", "0123", *WHO)
    assert result.exit_code == 4
    assert f"has no bundle 0123; it has {workspace.version}" in result.stderr


# rollback


def with_three(workspace: Workspace) -> list[str]:
    """Return versions that were promoted one after the other, the last the champion."""
    versions = [workspace.version]
    engine = open_database(store_url(workspace.home))
    from serving.promotions.promotion import promote  # noqa: PLC0415 - without the gates
    from serving.promotions.store import PROMOTE, Wish  # noqa: PLC0415

    for seed in (1, 2):
        bundle = bundle_in(workspace.home / runs.BUNDLES, bundle_parts(horizon_days=180, seed=seed))
        wish = Wish(PROMOTE, bundle.model_version, versions[-1], "L. Chen", "reviewed")
        promote(engine, workspace.home / runs.CHAMPION, wish)
        versions.append(bundle.model_version)
    engine.dispose()
    return versions


def test_rollback_goes_back_one_promotion_at_a_time_on_record(workspace: Workspace) -> None:
    first, second, third = with_three(workspace)
    (told,) = workspace.json_lines("rollback", *WHO)
    assert told == {
        "rolled_back": True, "version": second, "from": third, "by": "陈莉", "reason": "年度重训",
    }  # fmt: skip
    assert runs.champion(workspace.home) == second
    assert workspace.run("rollback", *WHO).exit_code == 0
    assert runs.champion(workspace.home) == first
    end = workspace.run("rollback", *WHO)
    assert end.exit_code == 4
    assert "there is none on record to go back to" in end.stderr
    assert [(d["kind"], d["version"]) for d in workspace.json_lines("promotions")] == [
        ("rollback", first), ("rollback", second), ("promote", third), ("promote", second),
    ]  # fmt: skip


def test_rollback_to_a_version_that_was_champion_before(workspace: Workspace) -> None:
    first, second, third = with_three(workspace)
    assert workspace.run("rollback", *WHO, "--to", first).exit_code == 0
    assert runs.champion(workspace.home) == first
    for version, fault in ((first, "is the champion already"), ("0123", "was never champion")):
        result = workspace.run("rollback", *WHO, "--to", version)
        assert result.exit_code == 2
        assert fault in result.stderr
        assert f"Earlier champions: {third}, {second}" in result.stderr


def test_rollback_to_a_bundle_that_cannot_be_read_or_grade_is_refused(
    workspace: Workspace,
) -> None:
    _, second, third = with_three(workspace)
    (workspace.home / runs.BUNDLES / second / "model.txt").write_text("tree", encoding="utf-8")
    result = workspace.run("rollback", *WHO)
    assert result.exit_code == 4
    assert "model.txt does not match its hash" in result.stderr
    assert runs.champion(workspace.home) == third
    assert len(workspace.json_lines("promotions")) == 2


def test_rollback_of_what_mlflow_never_saw_is_a_warning(workspace: Workspace) -> None:
    _, second, _ = with_three(workspace)
    result = workspace.run("rollback", *WHO)
    assert result.exit_code == 0
    assert f"warning: {second} is the champion, but MLflow does not say so" in result.stderr


# promotions


def test_promotions_are_listed_newest_first(workspace: Workspace) -> None:
    assert "no model was promoted here yet" in workspace.run("promotions").stderr
    first, second, third = with_three(workspace)
    lines = workspace.run("promotions").stdout.splitlines()
    assert [re.split(" {2,}", line)[1:3] for line in lines] == [
        ["promote", third], ["promote", second],
    ]  # fmt: skip
    assert f"L. Chen: reviewed  (before it {first})" in lines[1]
    runs.set_champion(workspace.home, first)
    assert "is not what was promoted last" in workspace.run("promotions").stderr


def test_a_promotion_that_was_killed_is_finished_by_the_next_command(
    workspace: Workspace, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    first, second, third = with_three(workspace)
    with monkeypatch.context() as patch:
        patch.setattr("serving.promotions.promotion.settle", die)
        workspace.run("rollback", *WHO, "--to", first)
    assert runs.champion(workspace.home) == third
    doctor = workspace.run("doctor")
    assert re.search("broken +champion +a promotion was not finished", doctor.stdout)
    graded = workspace.json_lines("grade", "--ledger", shop, "--as-of", "2025-12-31")
    assert {grade["model_version"] for grade in graded} == {first}
    assert runs.champion(workspace.home) == first
    assert second != first
    assert re.search(f"ok +champion +{first}", workspace.run("doctor").stdout)


def test_the_first_model_is_recorded_as_the_trainings_own(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path / "fresh"))
    monkeypatch.setattr("tradegrade.commands.model.run", lambda *_, **__: trained.result)
    for _ in range(2):  # the second is the same model
        assert CliRunner().invoke(cli, ["train", "--ledger", str(trained.ledger)]).exit_code == 0
    listed = CliRunner().invoke(cli, ["promotions", "--json"]).stdout.splitlines()
    (done,) = (json.loads(line) for line in listed)
    assert (done["kind"], done["by"], done["previous_version"]) == ("first", "train", None)
    assert done["version"] == trained.result.model_version


# a running server

CUSTOMER = {name: None if math.isnan(value) else value for name, value in GOOD.items()}
BODY = {"features": [CUSTOMER], "as_of": "2025-12-31"}


class Asking:
    """A client that asks without a pause and keeps each status and model version."""

    def __init__(self, client: TestClient) -> None:
        self.seen: list[tuple[int, str]] = []
        self._client = client
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._ending.is_set():
            answer = self._client.post("/v1/scores", json=BODY)
            told = answer.json()["grades"][0]["model_version"] if answer.is_success else ""
            self.seen.append((answer.status_code, told))

    @contextmanager
    def asking(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._ending.set()
            self._thread.join(30)

    def wait_for(self, version: str, seconds: float = 30) -> None:
        ends = time.monotonic() + seconds
        while not (self.seen and self.seen[-1][1] == version):
            assert time.monotonic() < ends, f"{version} never answered: {self.seen[-3:]}"
            time.sleep(0.02)


def wait_until_graded(client: TestClient, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while (answer := client.post("/v1/scores", json=BODY)).status_code != 200:
        assert time.monotonic() < ends, answer.text
        time.sleep(0.02)


def served(home: Path) -> TestClient:
    engine = open_database(store_url(home))
    _, key = create_key(engine, "tests", ["grades:read"])
    engine.dispose()
    settings = load_settings(home=home, watch_seconds=0.05, key_seconds=0, log_level="error")
    sources = Sources(lambda: grader(None, None), grader_stamp, lambda *_: None)
    app = create_app(make_service(settings, sources))
    return TestClient(app, headers={"Authorization": f"Bearer {key}"})


def in_turn(seen: list[tuple[int, str]]) -> list[str]:
    """Return the versions as they took turns."""
    versions = [version for _, version in seen]
    return [v for place, v in enumerate(versions) if place == 0 or versions[place - 1] != v]


def test_a_running_server_takes_the_new_champion_and_drops_no_request(here: Here) -> None:
    with served(here.home) as client:
        wait_until_graded(client)
        asked = Asking(client)
        with asked.asking():
            asked.wait_for(here.champion)
            assert here.run("promote", here.honest, *WHO).exit_code == 0
            asked.wait_for(here.honest)
            assert here.run("rollback", *WHO).exit_code == 0
            asked.wait_for(here.champion)
    assert {status for status, _ in asked.seen} == {200}
    assert in_turn(asked.seen) == [here.champion, here.honest, here.champion]
