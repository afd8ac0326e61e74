"""Schemathesis over the committed OpenAPI document, against a running server."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "openapi.json"


def contract_run(port: int, key: str, *, examples: int, seed: int) -> tuple[bool, str]:
    """Return whether a server keeps the document, and what was said.

    Parameters
    ----------
    port : int
        Where it listens.
    key : str
        May read grades.
    examples : int
        Requests drawn for each route and kind.
    seed : int
        Draws them.
    """
    with tempfile.TemporaryDirectory(prefix="tradegrade-contract-") as folder:
        done = _run(Path(folder), port, key, examples, seed)
    return done.returncode == 0, done.stdout + done.stderr


def _run(
    folder: Path, port: int, key: str, examples: int, seed: int
) -> subprocess.CompletedProcess[str]:
    # it leaves what it found where it runs
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(DOCUMENT),
         "--url", f"http://127.0.0.1:{port}", "--header", f"Authorization: Bearer {key}",
         "--max-examples", str(examples), "--seed", str(seed), "--checks", "all",
         "--generation-database", "none", "--no-color"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
