"""A Spark of a command's own: started quietly, and gone with everything it wrote."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from features.errors import UnavailableError

if TYPE_CHECKING:
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

MASTER_VARIABLE = "TRADEGRADE_SPARK_MASTER"
MEMORY_VARIABLE = "TRADEGRADE_SPARK_MEMORY"
_MASTER, _MEMORY = "local[2]", "4g"
_SIZE = re.compile(r"[1-9]\d*[kmgt]", re.IGNORECASE)
_FAULT = re.compile(r"(?:Exception|Error): (.+)")
_PATIENCE = 20  # seconds in which a Spark that was asked to stop must have stopped
_LOG = """status = off
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1}: %m%n
"""


@contextmanager
def spark_session() -> Iterator[SparkSession]:
    """Yield the Spark that runs in this process already, else one of its own that ends here.

    TRADEGRADE_SPARK_MASTER says where it runs (default ``local[2]``), TRADEGRADE_SPARK_MEMORY
    how much the driver may take (default ``4g``). Executors of a cluster must see the folder
    for temporary files (TMPDIR) and have this package installed.

    Raises
    ------
    UnavailableError
        If pyspark or Java is not installed, a setting is malformed, or Spark does not start.
    """
    refuse_without_spark()
    from pyspark.sql import SparkSession  # noqa: PLC0415 - half a second, and optional

    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    with (
        tempfile.TemporaryDirectory(prefix="tradegrade-spark-", ignore_cleanup_errors=True) as name,
        _environment(_variables()),
        _started(Path(name)) as context,
    ):
        yield SparkSession(context)


def refuse_without_spark() -> None:
    """Raise an UnavailableError that names the mend where pyspark or Java is not installed."""
    try:
        import pyspark  # noqa: F401, PLC0415
    except ImportError as error:
        message = (
            "Spark needs pyspark, which is not installed. Run `make setup`, or "
            "`pip install 'tradegrade[spark]'`, or leave `--engine spark` out."
        )
        raise UnavailableError(message) from error
    if java() is None:
        message = (
            "Spark needs Java 17 or later, and there is none: neither JAVA_HOME nor the PATH has "
            "it. Run `apt-get install default-jre-headless`, or leave `--engine spark` out."
        )
        raise UnavailableError(message)


def java() -> str | None:
    """Return the Java that Spark would run on, None where there is none."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin") if home else None)


def _master() -> str:
    return os.environ.get(MASTER_VARIABLE) or _MASTER


def _is_local() -> bool:
    return _master().startswith("local")


def _memory() -> str:
    size = os.environ.get(MEMORY_VARIABLE) or _MEMORY
    if not _SIZE.fullmatch(size):
        message = f"{MEMORY_VARIABLE} is {size!r}, which is no size. Write 4g or 900m."
        raise UnavailableError(message)
    return size


def _variables() -> dict[str, str]:
    """Return what Spark reads from the environment; the workers run this very interpreter."""
    found = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    if _is_local():
        # no name of this machine need be resolved
        found |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    return found


def _settings(folder: Path) -> dict[str, str]:
    found = {
        "spark.master": _master(),
        "spark.app.name": "tradegrade",
        "spark.driver.memory": _memory(),
        "spark.driver.maxResultSize": "0",  # the rows asked for must fit the process anyway
        "spark.driver.extraJavaOptions": (
            f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'} "
            f"-Djava.io.tmpdir={folder} -XX:-UsePerfData"
        ),
        # a snapshot has so many operators that pages of the usual 64 MB exhaust the memory
        "spark.buffer.pageSize": "4m",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if _is_local():
        found |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return found


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _started(folder: Path) -> Iterator[SparkContext]:
    """Run a Spark whose every file lies in a folder; what it prints is kept from the streams."""
    from py4j.protocol import Py4JError  # noqa: PLC0415
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415
    from pyspark.errors import PySparkException  # noqa: PLC0415

    # of a JVM that was killed it would tell in frames what is told in a line
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    (folder / "log4j2.properties").write_text(_LOG, encoding="utf-8")
    conf = SparkConf(loadDefaults=False)
    conf.setAll(list(_settings(folder).items()))
    printed = folder / "printed.log"
    with printed.open("wb") as stream:
        gateway = None
        try:
            gateway = _gateway(conf, folder, stream)
            context = SparkContext(gateway=gateway, conf=conf)
        except (PySparkException, Py4JError, OSError) as error:
            _ended(gateway)
            raise UnavailableError(_refused(error, printed)) from error
        try:
            yield context
        finally:
            with suppress(Py4JError, OSError):  # its JVM is gone, and that has been told
                context.stop()
            _ended(gateway)


def _gateway(conf: SparkConf, folder: Path, stream: IO[bytes]) -> Any:
    """Start the JVM there, so that what it puts into its working directory ends with the folder."""
    launch_gateway = import_module("pyspark.java_gateway").launch_gateway
    return launch_gateway(conf, {"stdout": stream, "stderr": stream, "cwd": folder})


def _refused(error: Exception, printed: Path) -> str:
    text = printed.read_text(encoding="utf-8", errors="replace")
    found = _FAULT.search(text)
    told = found.group(1) if found else (text.strip() or str(error)).splitlines()[-1]
    told = told.strip().rstrip(".")
    return (
        f"Spark does not start on {_master()}: {told}. See that `java -version` tells 17 or later "
        f"and that {MASTER_VARIABLE} and {MEMORY_VARIABLE} are right, or leave `--engine spark` "
        "out."
    )


def _ended(gateway: Any) -> None:
    """End the JVM with its Spark, so that the next one begins anew and no file outlives them."""
    from py4j.protocol import Py4JError  # noqa: PLC0415
    from pyspark import SparkContext  # noqa: PLC0415

    SparkContext._gateway = SparkContext._jvm = None
    if gateway is None:
        return
    with suppress(Py4JError, OSError):  # where it is gone already
        gateway.shutdown()
    if gateway.proc is None:
        return
    with suppress(OSError):
        gateway.proc.stdin.close()  # at which it ends
    try:
        gateway.proc.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
