"""The risk report and the doctor at the command line."""

import json
from pathlib import Path

import pytest

from tests.tradegrade.conftest import AS_OF, Workspace


@pytest.mark.parametrize(("lang", "title"), [("zh", "应收账款信用风险报告"), ("en", "Credit risk")])
def test_the_report_is_a_page_in_either_language(
    workspace: Workspace, shop: Path, lang: str, title: str
) -> None:
    (told,) = workspace.json_lines("report", "--ledger", shop, "--as-of", AS_OF, "--lang", lang)
    page = Path(told["report"]).read_text(encoding="utf-8")
    assert title in page
    assert page.count('<span class="grade') > 4
    assert "http" not in page


def test_the_doctor_is_content_with_this_installation(workspace: Workspace) -> None:
    result = workspace.run("doctor", "--json")
    assert result.exit_code == 0
    found = {line["name"]: line for line in map(json.loads, result.stdout.splitlines())}
    assert found["champion"]["told"] == workspace.version
    assert found["store"]["state"] == "absent"


def test_the_doctor_names_a_broken_store(workspace: Workspace) -> None:
    (workspace.home / "store.db").write_bytes(b"this is no database" * 100)
    result = workspace.run("doctor")
    assert result.exit_code == 5
    assert "broken  store" in result.stdout


def test_a_broken_store_stops_storing_with_code_5(workspace: Workspace, shop: Path) -> None:
    (workspace.home / "store.db").write_bytes(b"this is no database" * 100)
    result = workspace.run("grade", "--ledger", shop, "--as-of", AS_OF, "--store")
    assert result.exit_code == 5
    assert "cannot be used" in result.stderr


def test_the_doctor_names_a_damaged_champion(workspace: Workspace) -> None:
    (workspace.home / "champion.json").write_text("{half")
    result = workspace.run("doctor")
    assert result.exit_code == 5
    assert "broken  champion" in result.stdout


def test_a_workspace_that_is_a_file_is_told_before_the_work(
    workspace: Workspace, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path / "file"))
    result = workspace.run("train", "--ledger", shop)
    assert result.exit_code == 5
    assert "Set TRADEGRADE_HOME to a folder that can" in result.stderr
