"""The doctor: what is installed, what the workspace holds, and what is missing."""

from __future__ import annotations

import ctypes
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import click

from features.engines.spark_session import java
from features.errors import TradegradeError
from models.policy.load import load_policy
from serving.database import store_exists
from serving.policies.activation import active_text
from serving.policies.store import Activation, activations
from serving.promotions.promotion import is_unsettled as is_undone
from tradegrade.output import print_json
from tradegrade.workspace import (
    POLICY,
    active_policy,
    bundle_folder,
    grade_store,
    grader,
    home,
    ready_home,
    store_engine,
)
from training import runs

_NEEDED = ("alembic", "duckdb", "lightgbm", "numba", "numpy", "pyarrow", "pydantic-settings",
           "sqlalchemy")  # fmt: skip
_EXTRAS = {
    "train": ("mlflow", "matplotlib", "scikit-learn", "shap", "pandas"),
    "tune": ("optuna",),
    "serve": (
        "argon2-cffi",
        "babel",
        "fastapi",
        "httptools",
        "jinja2",
        "prometheus-client",
        "psycopg",
        "uvicorn",
    ),  # fmt: skip
    "spark": ("pyspark", "pandas"),
}
_GIBIBYTE = 2**30


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``ok``, ``absent`` (not needed) or ``broken``, and the mend."""

    name: str
    state: str
    told: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one finding a line.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Tell what is installed, what the workspace holds, and what to mend."""
    found = findings()
    if as_json:
        print_json([vars(finding) for finding in found])
    else:
        for finding in found:
            click.echo(f"{finding.state:<7} {finding.name:<14} {finding.told}")
    if any(finding.state == "broken" for finding in found):
        ctx.exit(5)


def findings() -> list[Finding]:
    """Return what was found, the needed first."""
    checks: list[Callable[[], Finding]] = [
        _python, _libgomp, _workspace, _disk, _champion, _store, _policy,
    ]  # fmt: skip
    packages = [_package(name, needed=True) for name in _NEEDED]
    extras = [_extra(name, wanted) for name, wanted in _EXTRAS.items()]
    optional = [_java(), _program("chromium", "tests in a browser")]
    return [*(check() for check in checks), *packages, *extras, *optional]


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "broken", version)


def _libgomp() -> Finding:
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        return Finding("libgomp", "broken", "LightGBM needs it: apt-get install -y libgomp1")
    return Finding("libgomp", "ok", "libgomp.so.1")


def _workspace() -> Finding:
    try:
        return Finding("workspace", "ok", str(ready_home().resolve()))
    except TradegradeError as error:
        return Finding("workspace", "broken", str(error))


def _disk() -> Finding:
    place = home() if home().is_dir() else Path.cwd()
    free = shutil.disk_usage(place).free / _GIBIBYTE
    return Finding("disk", "ok" if free > 1 else "broken", f"{free:.1f} GiB free")


def _champion() -> Finding:
    try:
        if is_undone(home() / runs.CHAMPION):
            told = "a promotion was not finished: `tradegrade promotions` finishes it"
            return Finding("champion", "broken", told)
        version = runs.champion(home())
        if version is None:
            return Finding("champion", "absent", "none yet: `tradegrade train` makes the first")
        grader(str(bundle_folder(None)), None)
    except TradegradeError as error:
        return Finding("champion", "broken", str(error))
    return Finding("champion", "ok", version)


def _store() -> Finding:
    if not store_exists(home()):
        return Finding("store", "absent", "none yet: `tradegrade grade --store` makes it")
    try:
        with grade_store() as store:
            return Finding("store", "ok", f"{store.count()} grades")
    except TradegradeError as error:
        return Finding("store", "broken", str(error))


def _policy() -> Finding:
    place = home() / POLICY
    try:
        version = load_policy(active_policy()).policy_version
        return Finding("policy", "ok", f"{version}{_activated(place)}")
    except TradegradeError as error:
        return Finding("policy", "broken", str(error))


def _activated(place: Path) -> str:
    """Return by whom the active policy was activated, or that nobody did."""
    found: list[Activation] = []
    if store_exists(home()):
        engine = store_engine()
        found = activations(engine)
        engine.dispose()
    if found and found[0].policy_sha256 == active_text(place).sha256:
        return f", activated by {found[0].activated_by} on {found[0].activated_at:%Y-%m-%d}"
    if not found and not place.is_file():
        return ", the packaged one"
    told = "not what was activated last" if found else "written by hand"
    return f", {told}: `tradegrade policy activate` records who and why"


def _package(name: str, *, needed: bool) -> Finding:
    try:
        return Finding(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "broken" if needed else "absent", "not installed: run `make setup`")


def _extra(name: str, wanted: tuple[str, ...]) -> Finding:
    missing = [package for package in wanted if _package(package, needed=False).state != "ok"]
    if missing:
        told = f"{', '.join(missing)} not installed: run `make setup`, or install the extra {name}"
        return Finding(f"extra {name}", "absent", told)
    return Finding(f"extra {name}", "ok", ", ".join(wanted))


def _java() -> Finding:
    path = java()
    told = "only needed for the Spark engine: apt-get install -y default-jre-headless"
    return Finding("java", "ok" if path else "absent", path or told)


def _program(name: str, purpose: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, "ok" if path else "absent", path or f"only needed for {purpose}")
