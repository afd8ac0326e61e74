"""MLflow's pages: on this machine only, on the workspace's own files."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from features.errors import UnavailableError
from tools.mlflow_ui import mlflow_ui, server_command, server_environment


def test_a_workspace_without_runs_is_refused_with_exit_5(tmp_path, monkeypatch):
    monkeypatch.setenv("TRADEGRADE_HOME", str(tmp_path))
    result = CliRunner().invoke(mlflow_ui, [])
    assert result.exit_code == 5
    assert "mlflow.db is missing. Train with" in result.stderr


def test_the_server_listens_on_this_machine_only_and_reads_the_workspace(tmp_path):
    (tmp_path / "mlflow.db").touch()
    command = server_command(tmp_path, 5123)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5123"
    assert command[command.index("--backend-store-uri") + 1].endswith("/mlflow.db")
    assert command[command.index("--default-artifact-root") + 1].endswith("/mlflow-artifacts")


def test_the_server_starts_no_jobs_and_tells_nobody():
    environment = server_environment({"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "true", "A": "1"})
    assert environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environment["A"] == "1"


def test_a_folder_in_the_place_of_the_database_is_no_database(tmp_path: Path):
    (tmp_path / "mlflow.db").mkdir()
    with pytest.raises(UnavailableError, match=r"mlflow\.db is missing"):
        server_command(tmp_path, 5000)
