"""`tradegrade export`: the folder, the rows, the errors."""

from pathlib import Path

from tests.tradegrade.conftest import Workspace


def test_a_ledger_is_exported_and_read_again(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    found = workspace.run("export", "--ledger", shop, "--out", tmp_path / "out")
    assert found.exit_code == 0, found.output
    assert "customers 60" in found.stdout.splitlines()
    given = ("--as-of", "2025-12-31")
    one = workspace.json_lines("grade", "--ledger", shop, *given)
    assert workspace.json_lines("grade", "--ledger", tmp_path / "out", *given) == one


def test_a_folder_in_the_way_is_a_usage_error(
    workspace: Workspace, shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")
    found = workspace.run("export", "--ledger", shop, "--out", tmp_path / "out")
    assert (found.exit_code, "Give --out a new folder" in found.stderr) == (2, True)
    missing = workspace.run("export", "--ledger", tmp_path / "none", "--out", tmp_path / "new")
    assert missing.exit_code == 3
