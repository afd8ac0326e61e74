"""A book graded by Spark's executors is the book that this process grades, byte for byte."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from features.engines.spark_session import refuse_without_spark
from features.errors import UnavailableError
from features.ledger.simulate import simulate
from tests.conftest import Trained
from training.runs import BUNDLES, set_champion

BEFORE, AS_OF = "2025-11-30", "2025-12-31"
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Run:
    """A workspace, a ledger, and an empty folder for each of the places a run may litter."""

    root: Path

    def grade(self, as_of: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "tradegrade", "grade", "--ledger", str(self.root / "ledger"),
             "--as-of", as_of, "--store", *(str(argument) for argument in arguments)],
            cwd=self.place("here"),
            env=os.environ
            | {"TRADEGRADE_HOME": str(self.root / "home"), "TMPDIR": str(self.place("scratch")),
               "TRADEGRADE_SPARK_MEMORY": "2g", "PYSPARK_PYTHON": "/there/is/no/python"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    def place(self, name: str) -> Path:
        (self.root / name).mkdir(exist_ok=True)
        return self.root / name


@pytest.fixture
def workspace(trained: Trained, tmp_path: Path) -> Run:
    try:
        refuse_without_spark()
    except UnavailableError as error:
        pytest.skip(f"no Spark here: {error}")
    simulate(150, 24, 5, tmp_path / "ledger")
    shutil.copytree(trained.home / BUNDLES, tmp_path / "home" / BUNDLES)
    set_champion(tmp_path / "home", trained.result.model_version)
    return Run(tmp_path)


def test_the_book_is_the_same_and_nothing_is_left_behind(workspace: Run) -> None:
    assert "stored 150 grades" in workspace.grade(BEFORE).stderr
    out = {engine: workspace.root / f"{engine}.parquet" for engine in ("spark", "duckdb")}
    elsewhere = workspace.grade(AS_OF, "--engine", "spark", "--json", "--out", out["spark"])
    told = [json.loads(line) for line in elsewhere.stdout.splitlines()]
    assert len(told) == 150
    assert any(grade["prior_grade"] != grade["grade"] for grade in told)
    assert sum(len(grade["reasons"]) for grade in told) > 150
    assert [line.split()[0] for line in elsewhere.stderr.splitlines()] == [
        "graded", "stored", "wrote",
    ]  # fmt: skip
    here = workspace.grade(AS_OF, "--json", "--out", out["duckdb"])
    assert here.stdout == elsewhere.stdout
    assert out["spark"].read_bytes() == out["duckdb"].read_bytes()
    assert "stored 0 grades, 150 stood there already\n" in here.stderr
    for place in ("here", "scratch"):
        assert list(workspace.place(place).iterdir()) == []
