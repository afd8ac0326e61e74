"""Open MLflow's pages on the runs of a workspace, on this machine only."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from features.errors import TradegradeError, UnavailableError
from tradegrade.workspace import home

HOST = "127.0.0.1"  # MLflow answers without credentials: nobody else may reach it
PORT = 5000
_QUIET = {
    # otherwise the server starts ten processes
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


def server_command(workspace: Path, port: int) -> list[str]:
    """Return the command that serves the runs of a workspace.

    Parameters
    ----------
    workspace : Path
        Holds ``mlflow.db`` and ``mlflow-artifacts``.
    port : int
        To listen on.

    Raises
    ------
    UnavailableError
        If nothing was tracked in the workspace, or MLflow is not installed.
    """
    database = (workspace / "mlflow.db").resolve()
    if not database.is_file():
        message = (
            f"There are no runs to show: {database} is missing. Train with `tradegrade train` or "
            "`make demo`, or set TRADEGRADE_HOME to the workspace that has them."
        )
        raise UnavailableError(message)
    if importlib.util.find_spec("mlflow") is None:
        message = "MLflow is not installed. Install Tradegrade with the extra `train`."
        raise UnavailableError(message)
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--host", HOST, "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{database}"),
        *("--default-artifact-root", (workspace / "mlflow-artifacts").resolve().as_uri()),
        "--no-serve-artifacts",
    ]


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the server: one job, no telemetry, no pickles."""
    return {**environment, **_QUIET}


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
def mlflow_ui(port: int) -> None:
    """Serve the runs of the workspace TRADEGRADE_HOME (default ./var) until interrupted."""
    try:
        command = server_command(home(), port)
    except TradegradeError as error:
        click.echo(f"tradegrade: {error}", err=True)
        sys.exit(error.exit_code)
    click.echo(f"MLflow on http://{HOST}:{port}, Ctrl-C ends it")
    # the server takes this process's place: what ends the command ends the server
    os.execve(command[0], command, server_environment(os.environ))  # noqa: S606 - our own words


if __name__ == "__main__":
    mlflow_ui()
