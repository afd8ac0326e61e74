"""Candidates for promotion: honest, trained on shuffled labels, or on what was not known yet."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.ledger.open import open_ledger
from features.matrix import Snapshots
from features.snapshot import snapshots
from tests.conftest import Trained
from training import runs
from training.config import TrainingConfig
from training.dataset import Dataset
from training.population import Rows
from training.statistics.ranking import Flags
from training.train import train

LATER = np.timedelta64(90, "D")


def workspace_of(trained: Trained, home: Path) -> Path:
    """Return a workspace of its own with the trained model as champion, without MLflow's store."""
    for folder in (runs.BUNDLES, runs.RUNS, runs.REPORTS):
        shutil.copytree(trained.home / folder, home / folder)
    shutil.copy(trained.home / runs.CHAMPION, home)
    return home


def candidate_in(home: Path, trained: Trained, dataset: Dataset) -> str:
    """Train on these rows by training's own pipeline, untracked, and return the version."""
    config = _other_seed(trained)
    with (
        mock.patch("training.train.ledger_dataset", return_value=dataset),
        mock.patch("training.train.track", return_value="untracked"),
    ):
        return train(trained.ledger, config, home=home).model_version


def _other_seed(trained: Trained) -> TrainingConfig:
    """Return the settings with another seed, and without intervals: no gate looks at them."""
    config = trained.config.with_options(seed=2)
    return replace(config, sureness=replace(config.sureness, splits=0))


def shuffled_in(home: Path, trained: Trained) -> str:
    """Train on a file of outcomes that are each other's: there is nothing to learn."""
    rows = trained.result.dataset.rows
    drawn = np.random.default_rng(5).permutation(rows.defaulted)
    path = outcomes_file(home / "shuffled.parquet", rows.snapshots, drawn)
    config = _other_seed(trained)
    with (
        mock.patch("training.train.given_rows", return_value=Rows(rows.snapshots, drawn)),
        mock.patch("training.train.track", return_value="untracked"),
    ):
        return train(trained.ledger, config, home=home, outcomes=path).model_version


def outcomes_file(path: Path, seen: Snapshots, defaulted: Flags) -> Path:
    """Write outcomes as `tradegrade train --outcomes` takes them."""
    columns = {
        "customer_id": list(seen.customer_ids),
        "as_of": pa.array(seen.as_of),
        "defaulted": defaulted,
    }
    pq.write_table(pa.table(columns), path)
    return path


def foreseeing(trained: Trained) -> Dataset:
    """Return the rows with the features of three months later, as of the days they had."""
    dataset = trained.result.dataset
    seen = dataset.rows.snapshots
    with open_ledger(trained.ledger) as ledger:
        later = snapshots(ledger, (seen.customer_ids, seen.as_of + LATER))
    told = Snapshots(seen.customer_ids, seen.as_of, later.names, later.values)
    return replace(dataset, rows=replace(dataset.rows, snapshots=told))
