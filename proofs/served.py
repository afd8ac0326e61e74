"""A server in a process of its own, over a small made-up seller, to be mistreated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.ledger.open import open_ledger
from models.book import Grader, book_of_day
from models.bundle import load_bundle
from models.policy.load import load_policy
from serving.database import open_database, store_url
from serving.grades.keeping import keep_book
from serving.grades.store import GradeStore
from serving.keys.store import create_key
from training.runs import BUNDLES, set_champion

PATIENCE = 60


@dataclass(frozen=True)
class Served:
    """A server that is ready.

    Attributes
    ----------
    key : str
        May read grades.
    body : dict
        A good body of POST /v1/scores.
    """

    port: int
    key: str
    body: dict[str, Any]


@contextmanager
def served(home: Path, ledger: Path, day: date) -> Iterator[Served]:
    """Grade a ledger's book with the one bundle of a workspace, and serve it with the ledger.

    Raises
    ------
    RuntimeError
        If the server does not become ready.
    """
    (folder,) = (home / BUNDLES).iterdir()
    grader = Grader(load_bundle(folder), load_policy())
    with GradeStore(open_database(store_url(home))) as store, open_ledger(ledger) as opened:
        keep_book(store, book_of_day(opened, day, grader), opened, grader)
    set_champion(home, folder.name)
    engine = open_database(store_url(home))
    _, key = create_key(engine, "proofs", ["grades:read"])
    engine.dispose()
    known = grader.bundle.reference
    body = {"features": [{n: None if v != v else v for n, v in known.items()}]}  # noqa: PLR0124
    command = [sys.executable, "-m", "tradegrade", "serve", "--ledger", str(ledger), "--port", "0"]
    log = home / "server.log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            command, env={**os.environ, "TRADEGRADE_HOME": str(home)}, stderr=stream
        )
    try:
        yield Served(_ready_port(log, process), key, body)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _ready_port(log: Path, process: subprocess.Popen[bytes]) -> int:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        ports = [
            json.loads(line)["port"]
            for line in log.read_text(encoding="utf-8").splitlines()
            if '"listening"' in line
        ]
        if ports and _is_ready(ports[0]):
            return int(ports[0])
        time.sleep(0.05)
    message = f"the server did not become ready: {log.read_text(encoding='utf-8')[-2000:]}"
    raise RuntimeError(message)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
