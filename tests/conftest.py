"""What many tests share: the real ledgers, a made-up seller, and a model trained on it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from features.ledger.simulate import simulate
from training.config import TrainingConfig, load_config
from training.train import TrainResult, train

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_DATA = "TRADEGRADE_REAL_DATA"


@dataclass(frozen=True)
class Trained:
    """A model that was trained once, for tests that only read.

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


@pytest.fixture(scope="session")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ledger of a made-up seller: 800 customers, 36 months, every table."""
    ledger = tmp_path_factory.mktemp("seller") / "ledger"
    simulate(800, 36, 7, ledger)
    return ledger


@pytest.fixture(scope="session")
def trained(seller: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Return a model trained on the seller, once, because MLflow's store takes seconds to make."""
    home = tmp_path_factory.mktemp("trained")
    config = load_config().with_options(horizon_days=180)
    # the bundle is the same on any number of threads; one does not wait for the other workers'
    config = replace(config, model=replace(config.model, threads=1))
    return Trained(home, seller, config, train(seller, config, home=home))
