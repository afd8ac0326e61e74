"""The Spark of a command: what it needs, and what is told where it is not there."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from features.engines import spark_session as session
from features.engines.spark_session import MEMORY_VARIABLE, java, refuse_without_spark
from features.errors import UnavailableError
from tests.tradegrade.conftest import AS_OF


def test_without_the_package_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UnavailableError, match=r"needs pyspark.*make setup.*tradegrade\[spark\]"):
        refuse_without_spark()


@pytest.mark.parametrize("variable", ["PATH", "JAVA_HOME"])
def test_without_java_the_mend_is_told(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    assert java() is None
    with pytest.raises(UnavailableError, match="apt-get install default-jre-headless") as told:
        refuse_without_spark()
    assert told.value.exit_code == 5


@pytest.mark.parametrize("size", ["lots", "4 GB", "0g", "-1g", "4g --conf x=y"])
def test_a_size_that_is_none_is_refused(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, size)
    with pytest.raises(UnavailableError, match="is no size. Write 4g"):
        session._settings(Path("folder"))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the pipe that pyspark leaves open
def test_a_master_that_is_none_is_told_and_nothing_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        refuse_without_spark()
    except UnavailableError as error:
        pytest.skip(f"no Spark here: {error}")
    monkeypatch.setenv(session.MASTER_VARIABLE, "nonsense")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = dict(os.environ)
    with (
        pytest.raises(UnavailableError, match="does not start on nonsense: Master must.*are right"),
        session.spark_session(),
    ):
        pass
    gc.collect()
    assert (dict(os.environ), list(tmp_path.iterdir())) == (before, [])


def test_a_cluster_is_reached_under_the_machines_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(session.MASTER_VARIABLE, "spark://cluster:7077")
    assert "spark.driver.host" not in session._settings(Path("folder"))
    assert "SPARK_LOCAL_IP" not in session._variables()
    monkeypatch.delenv(session.MASTER_VARIABLE)
    assert session._settings(Path("folder"))["spark.master"] == "local[2]"
    assert session._variables()["PYSPARK_PYTHON"] == sys.executable


def test_the_command_line_tells_it_and_ends_with_five(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    out = tmp_path / "f.parquet"
    done = subprocess.run(
        [sys.executable, "-m", "tradegrade", "features", "--ledger", str(tmp_path / "none"),
         "--as-of", AS_OF, "--out", str(out), "--engine", "spark"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.count("\n") == 1
    assert "default-jre-headless" in done.stderr
    assert not out.exists()
