"""A real server: light, hardened, and never dropping a request."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from models.bundle import load_bundle
from serving.database import open_database, store_url
from serving.people.store import create_person
from tests.models.bundles import bundle_in, bundle_parts
from tests.serving.shop import Shop, open_shop
from training.runs import set_champion

ROOT = Path(__file__).parents[2]
# what the server must not load; `pickle` itself is imported by NumPy and SQLAlchemy, so it is
# what a pickle does that is watched: looking up a class by name
LOGIN, PASSWORD = "controller", "correct horse battery"
HEAVY = ("mlflow", "shap", "pandas", "sklearn", "scipy", "numba", "matplotlib", "lightgbm")
WATCHED = """
import atexit, json, sys
found = []
sys.addaudithook(
    lambda event, args: found.append(args[0]) if event == "pickle.find_class" else None
)
told = sys.argv.pop()
def tell():
    with open(told, "w") as stream:
        loaded = sorted(name for name, module in sys.modules.items() if module)
        json.dump({"modules": loaded, "pickled": sorted(set(found))}, stream)
atexit.register(tell)
from tradegrade.cli import main
main()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = open_shop(tmp_path_factory.mktemp("served"))
    set_champion(shop.home, shop.bundle.name)
    engine = open_database(store_url(shop.home))
    create_person(engine, LOGIN, PASSWORD, ["grades:read"])
    engine.dispose()
    return shop


@dataclass
class Running:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    address: str

    def get(self, path: str, key: str | None = None, body: object = None) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self.address + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@contextmanager
def running(shop: Shop, *arguments: str, told: Path | None = None) -> Iterator[Running]:
    start = ["-m", "tradegrade"] if told is None else ["-c", WATCHED]
    end = [] if told is None else [str(told)]
    process = subprocess.Popen(
        [sys.executable, *start, "serve", "--port", "0", *arguments, *end],
        env={**os.environ, "TRADEGRADE_HOME": str(shop.home), "TRADEGRADE_WATCH_SECONDS": "0.05"},
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    line = process.stderr.readline()
    assert "Tradegrade on http" in line, line + process.stderr.read()
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
    reader.start()
    server = Running(process, line.split()[2])
    try:
        ends = time.monotonic() + 30
        while server_status(server) != 200:
            assert time.monotonic() < ends, "".join(lines)
            time.sleep(0.05)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        reader.join(5)
        process.stderr.close()
        if process.stdout is not None:
            process.stdout.close()


def server_status(server: Running) -> int:
    try:
        return server.get("/readyz")[0]
    except OSError:
        return 0


def snapshot(shop: Shop) -> dict[str, float | None]:
    reference = load_bundle(shop.bundle).reference
    return {n: None if v != v else v for n, v in reference.items()}  # noqa: PLR0124 - NaN


def test_the_process_is_light_and_loads_no_pickle(served: Shop, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    with running(served, "--ledger", str(served.ledger), told=told) as server:
        for path in ("grade", "grades", "explanation"):
            status, text = server.get(f"/v1/customers/C0000001/{path}", served.key)
            assert status == 200, text
        body = {"features": [snapshot(served)], "explain": True}
        assert server.get("/v1/scores", served.key, body)[0] == 200
        assert server.get("/v1/scores", served.key, {"customer_ids": ["C0000002"]})[0] == 200
        walk_the_pages(server)
    found = json.loads(told.read_text())
    loaded = {name.split(".")[0] for name in found["modules"]}
    assert sorted(loaded & set(HEAVY)) == []
    # Babel's own locale data, read before the server listens; afterwards it refuses any
    assert [name for name in found["pickled"] if not name.startswith("babel.")] == []


def walk_the_pages(server: Running) -> None:
    """Log in and read every page in both languages."""
    with client_of(server) as browser:
        form = {"login": LOGIN, "password": PASSWORD, "next": "/"}
        answer = browser.post("/login", data=form, headers={"Origin": server.address})
        assert answer.status_code == 303, answer.text
        for language in ("zh", "en"):
            for path in ("/", "/customers", "/customers/C0000001", "/docs", "/login"):
                answer = browser.get(path, params={"lang": language}, follow_redirects=True)
                assert answer.status_code == 200, answer.text


def client_of(server: Running) -> httpx2.Client:
    return httpx2.Client(base_url=server.address, headers={"Accept": "text/html"}, timeout=20)


def test_it_ends_well_when_told_to(served: Shop) -> None:
    with running(served) as server:
        pass
    assert server.process.returncode == 0


def test_a_new_champion_and_policy_drop_no_request(served: Shop, tmp_path: Path) -> None:
    shop = served.copy_to(tmp_path / "home")
    other = bundle_in(shop.home / "bundles", bundle_parts(seed=9, horizon_days=180))
    policy = (ROOT / "models/policy/default.toml").read_text(encoding="utf-8")
    answers: list[tuple[int, str]] = []
    done = threading.Event()
    with running(shop) as server:

        def ask() -> None:
            while not done.is_set():
                answers.append(server.get("/v1/scores", shop.key, {"features": [snapshot(served)]}))

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for thread in asking:
            thread.start()
        try:
            time.sleep(0.3)
            for turn in range(6):
                set_champion(shop.home, (other.model_version, shop.bundle.name)[turn % 2])
                half = shop.home / "policy.half"
                half.write_text(policy.replace('version = "1"', f'version = "{turn + 2}"', 1))
                half.replace(shop.home / "policy.toml")
                time.sleep(0.25)
            (shop.home / "policy.toml").write_text("broken = [")
            time.sleep(0.4)
        finally:
            done.set()
            for thread in asking:
                thread.join()
    assert {status for status, _ in answers} == {200}
    told = [json.loads(text)["grades"][0] for _, text in answers]
    assert {grade["model_version"] for grade in told} == {other.model_version, shop.bundle.name}
    assert len({grade["policy_version"] for grade in told}) >= 4
    assert told[-1]["policy_version"].startswith("default-7-")


def test_a_request_that_was_begun_is_finished(served: Shop) -> None:
    answers: list[tuple[int, str]] = []
    body = {"features": [snapshot(served)] * 1000, "explain": True}
    with running(served) as server:
        thread = threading.Thread(
            target=lambda: answers.append(server.get("/v1/scores", served.key, body))
        )
        thread.start()
        time.sleep(0.15)
        server.process.send_signal(signal.SIGTERM)
        thread.join()
        server.process.wait(30)
    assert answers[0][0] == 200
    assert len(json.loads(answers[0][1])["grades"]) == 1000
    assert server.process.returncode == 0


def test_a_ledger_is_graded_by_the_server_itself(served: Shop, tmp_path: Path) -> None:
    home = tmp_path / "home"
    bundle = bundle_in(home / "bundles", bundle_parts(horizon_days=180))
    set_champion(home, bundle.model_version)
    with running(Shop(home, served.ledger, served.bundle, ""), "--ledger", str(served.ledger)) as s:
        assert json.loads(s.get("/readyz")[1])["model_version"] == bundle.model_version


def test_a_port_that_is_taken_is_told(served: Shop) -> None:
    with running(served) as server:
        port = server.address.rsplit(":", 1)[1]
        done = subprocess.run(
            [sys.executable, "-m", "tradegrade", "serve", "--port", port],
            env={**os.environ, "TRADEGRADE_HOME": str(served.home)},
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 5
    assert "Give another --host or --port" in done.stderr
