"""What many tests share: the real ledgers, a made-up seller, and a model trained on it."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

# before anything loads OpenMP, and for the processes that tests start: a thread that waits in a
# loop takes the core from the other worker, and two fits at once then take twenty times as long
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from features.ledger.simulate import simulate
from training.config import TrainingConfig, load_config
from training.train import TrainResult, train

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_DATA = "TRADEGRADE_REAL_DATA"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Trained:
    """A model that was trained once for all workers, for tests that only read.

    Attributes
    ----------
    home : Path
        The workspace with bundle, record, report and MLflow's store.
    ledger : Path
        The made-up seller that it was trained on.
    config : TrainingConfig
        Its settings.
    result : TrainResult
        What the training returned.
    """

    home: Path
    ledger: Path
    config: TrainingConfig
    result: TrainResult


@pytest.fixture(scope="session")
def real_ledger() -> Path:
    """Return the folder of the real UCI ledger, or skip where it is absent."""
    folder = Path(os.environ.get(REAL_DATA) or REPOSITORY.parent / "shared" / "data")
    ledger = folder / "uci_taiwan"
    if not ledger.is_dir():
        pytest.skip(f"the real ledger is absent: no {ledger}; set {REAL_DATA} to its folder")
    return ledger


def made_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]
) -> Made:
    """Return what the first worker of this run made in a folder; the others wait and read it.

    Parameters
    ----------
    tmp_path_factory : pytest.TempPathFactory
        Of this worker; its folder lies beside the others'.
    name : str
        Of the folder.
    make : callable
        Is given the folder, which is not there yet; what it returns is pickled.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, kept = root / name, root / f"{name}.pickle"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_file():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed half-way
            kept.write_bytes(pickle.dumps(make(folder)))
        found: Made = pickle.loads(kept.read_bytes())
        return found


@pytest.fixture(scope="session")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ledger of a made-up seller: 800 customers, 36 months, every table."""

    def simulated(folder: Path) -> Path:
        simulate(800, 36, 7, folder / "ledger")
        return folder / "ledger"

    return made_once(tmp_path_factory, "seller", simulated)


@pytest.fixture(scope="session")
def trained(seller: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Return a model trained on the seller, once, because MLflow's store takes seconds to make."""
    config = load_config().with_options(horizon_days=180)
    # the bundle is the same on any number of threads; one does not wait for the other workers'
    config = replace(config, model=replace(config.model, threads=1))

    def fitted(home: Path) -> Trained:
        return Trained(home, seller, config, train(seller, config, home=home))

    return made_once(tmp_path_factory, "trained", fitted)
