"""The service over HTTP, beside `mlflow models serve` on the same model and a FastAPI hello."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import Load, load, request_bytes
from benchmarks.results import Section, Table
from benchmarks.servers import Server, free_port, running
from benchmarks.timing import Note, median
from features.ledger.open import open_ledger
from features.matrix import Snapshots
from features.snapshot import all_pairs, snapshots
from models.bundle import Bundle, load_bundle
from training.config import load_config
from training.runs import bundle_folder, champion
from training.train import train

_MIB = 2**20
_HORIZON_DAYS = 180
HELLO, GRADE, SCORE, EXPLAINED, MLFLOW, TREESHAP, PYFUNC = (
    "FastAPI hello",
    "GET …/grade (stored)",
    "POST /v1/scores, one snapshot",
    "POST /v1/scores, one snapshot, explained",
    "mlflow models serve, its own LightGBM flavour, one row",
    "mlflow models serve, score and TreeSHAP, one row",
    "mlflow models serve, our pyfunc, one row",
)


@dataclass(frozen=True)
class Workspace:
    """A workspace with a champion, and the ledger that it was trained on."""

    home: Path
    ledger: Path
    model_version: str

    def bundle(self) -> Bundle:
        """Return the champion."""
        return load_bundle(bundle_folder(self.home, self.model_version))


@dataclass(frozen=True)
class _Asked:
    """A way to ask: which server, and what is sent."""

    server: Server
    request: bytes


def service_figures(ledger: Path, *, rounds: int, seconds: float, note: Note) -> Section:
    """Train on a ledger, serve the model in four ways, and ask them in turn.

    Parameters
    ----------
    ledger : Path
        Folder of a plain ledger.
    rounds : int
        How often each way is asked.
    seconds : float
        How long each time.
    note : callable
        Told what goes on.
    """
    home = service_home(ledger)
    note("service: train and store a book")
    config = load_config().with_options(horizon_days=_HORIZON_DAYS)
    version = train(ledger, config, home=home).model_version
    workspace = Workspace(home, ledger, version)
    return served_figures(workspace, rounds=rounds, seconds=seconds, note=note)


def service_home(ledger: Path) -> Path:
    """Return the workspace that `service_figures` makes beside a ledger."""
    return ledger.parent / "service"


def champion_of(home: Path) -> Path:
    """Return the folder of a workspace's champion."""
    version = champion(home)
    assert version is not None
    return bundle_folder(home, version)


def served_figures(
    workspace: Workspace, *, rounds: int, seconds: float, note: Note, with_mlflow: bool = True
) -> Section:
    """Serve a trained model and ask; MLflow's servers take long to start and can be left out."""
    home = workspace.home
    row = _last_book(workspace.ledger)
    _tradegrade(home, "grade", "--ledger", str(workspace.ledger), "--as-of", str(row.as_of[0]),
                "--store")  # fmt: skip
    created = _tradegrade(home, "keys", "create", "--name", "bench", "--scopes", "grades:read",
                          "--json")  # fmt: skip
    with ExitStack() as started:
        note("service: start the servers")
        servers = {
            name: started.enter_context(server)
            for name, server in _servers(workspace, with_mlflow).items()
        }
        ours = servers["ours"]
        before = ours.memory()
        ways = _ways(servers, row, workspace, json.loads(created)["key"])
        load(ours.port, ways[EXPLAINED].request, 0.1, connections=1)
        after = ours.memory()
        loads = _interleaved(ways, rounds, seconds, note)
        memory = [
            f"memory of ours: {before / _MIB:.0f} MiB once ready, {after / _MIB:.0f} after the "
            f"first explanations, {ours.memory() / _MIB:.0f} at the end; of the others "
            + ", ".join(f"{n} {s.memory() / _MIB:.0f}" for n, s in servers.items() if n != "ours")
        ]
    return _section(loads, [_starts(servers), *memory])


def _servers(workspace: Workspace, with_mlflow: bool) -> dict[str, Any]:
    found = {"ours": _ours(workspace.home), "hello": _hello()}
    if with_mlflow:
        native = str(_native_model(workspace))
        found["mlflow"] = _mlflow(workspace.home, native)
        found["mlflow TreeSHAP"] = _mlflow(workspace.home, str(_tree_shap_model(workspace)))
        found["mlflow pyfunc"] = _mlflow(workspace.home, "models:/tradegrade@champion")
    return found


def _last_book(ledger: Path) -> Snapshots:
    with open_ledger(ledger) as opened:
        last = opened.last_day
        assert last is not None
        return snapshots(opened, all_pairs(opened, [last]))


def _ours(home: Path) -> Any:
    port = free_port()
    return running(
        [sys.executable, "-m", "tradegrade", "serve", "--port", str(port)],
        port,
        answers=["/healthz", "/readyz"],
        environment={"TRADEGRADE_HOME": str(home)},
    )


def _hello() -> Any:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.hello", str(port)]
    return running(command, port, answers=["/hello"], environment={})


def _native_model(workspace: Workspace) -> Path:
    """Return the same trees as MLflow's own LightGBM flavour: the best that it can do.

    No signature, so that no column is checked, no calibration, and no null: it fails on one, so
    what is unknown is sent as 0.
    """
    import lightgbm  # noqa: PLC0415 - seconds to import
    import mlflow.lightgbm  # noqa: PLC0415

    place = workspace.home / "native"
    text = workspace.bundle().probability.model_text
    mlflow.lightgbm.save_model(
        lightgbm.Booster(model_str=text), place, pip_requirements=["lightgbm"]
    )
    return place


def _tree_shap_model(workspace: Workspace) -> Path:
    """Return the same trees as a plain pyfunc that scores and explains by LightGBM's TreeSHAP."""
    import mlflow.pyfunc  # noqa: PLC0415 - seconds to import

    place, trees = workspace.home / "tree-shap", workspace.home / "trees.txt"
    trees.write_text(workspace.bundle().probability.model_text, encoding="utf-8")
    mlflow.pyfunc.save_model(
        place,
        python_model=str(Path(__file__).parent / "tree_shap_model.py"),
        artifacts={"trees": str(trees)},
        pip_requirements=["lightgbm"],
    )
    return place


def _mlflow(home: Path, model: str) -> Any:
    port = free_port()
    database = f"sqlite:///{home / 'mlflow.db'}"
    return running(
        [*(sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", model),
         *("--env-manager", "local", "--port", str(port))],
        port,
        answers=["/ping"],
        environment={
            "MLFLOW_TRACKING_URI": database,
            "MLFLOW_REGISTRY_URI": database,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # it starts its server by a bare name
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
    )  # fmt: skip


def _ways(
    servers: dict[str, Server], book: Snapshots, workspace: Workspace, key: str
) -> dict[str, _Asked]:
    ours = servers["ours"]
    known = {n: None if v != v else v for n, v in book.row(0).items()}  # noqa: PLR0124 - NaN
    modelled = workspace.bundle().feature_names

    def invocation(unknown: float | None) -> bytes:
        row = [unknown if known[name] is None else known[name] for name in modelled]
        frame = {"dataframe_split": {"columns": modelled, "data": [row]}}
        return request_bytes("POST", "/invocations", body=json.dumps(frame).encode())

    def scores(**also: object) -> bytes:
        body = json.dumps({"features": [known], **also}).encode()
        return request_bytes("POST", "/v1/scores", body=body, key=key)

    path = f"/v1/customers/{book.customer_ids[0]}/grade"
    ways = {
        HELLO: _Asked(servers["hello"], request_bytes("GET", "/hello")),
        GRADE: _Asked(ours, request_bytes("GET", path, key=key)),
        SCORE: _Asked(ours, scores()),
        EXPLAINED: _Asked(ours, scores(explain=True)),
    }
    if "mlflow" in servers:
        ways[MLFLOW] = _Asked(servers["mlflow"], invocation(0.0))
        ways[TREESHAP] = _Asked(servers["mlflow TreeSHAP"], invocation(0.0))
        ways[PYFUNC] = _Asked(servers["mlflow pyfunc"], invocation(None))
    return ways


def _interleaved(
    ways: dict[str, _Asked], rounds: int, seconds: float, note: Note
) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        note(f"service: round {number} of {rounds}")
        order = list(ways) if number % 2 else list(reversed(ways))
        for name in order:
            found = load(ways[name].server.port, ways[name].request, seconds)
            if number:  # the first warms up
                loads[name].append(found)
    return loads


def _section(loads: dict[str, list[Load]], notes: list[str]) -> Section:
    times = {name: [1 / found.per_second for found in runs] for name, runs in loads.items()}
    figures = [
        f"{name}: {median([r.per_second for r in runs]):,.0f} requests/s, p50 "
        f"{median([r.quantile(0.5) for r in runs]) * 1e3:.2f} ms, p99 "
        f"{median([r.quantile(0.99) for r in runs]) * 1e3:.2f} ms"
        for name, runs in loads.items()
    ]
    ratios = [
        f"{name}: {_ratio(loads[name], loads[peer]):.2f} × the requests per second of {peer}"
        for name, peer in ((GRADE, MLFLOW), (SCORE, MLFLOW), (EXPLAINED, TREESHAP))
        if peer in loads
    ]
    caption = "Time per request with eight connections (the inverse of requests per second)."
    return Section("Service", [Table(caption, times)], [*figures, *ratios, *notes])


def _ratio(ours: list[Load], theirs: list[Load]) -> float:
    return median([a.per_second / b.per_second for a, b in zip(ours, theirs, strict=True)])


def _starts(servers: dict[str, Server]) -> str:
    told = [
        f"{name} answers {path} after {seconds:.1f} s"
        for name, server in servers.items()
        for path, seconds in server.started.items()
    ]
    return f"from the start of the process, once: {', '.join(told)}"


def _tradegrade(home: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tradegrade", *arguments],
        env={**os.environ, "TRADEGRADE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
