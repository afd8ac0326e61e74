"""MLflow in the tests of this room: pointed at a store, quietly, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.tracking import _mlflow, _store


@contextmanager
def mlflow_of(home: Path) -> Iterator[Any]:
    """Yield MLflow, pointed at a workspace's own store."""
    mlflow = _mlflow()
    with _store(mlflow, f"sqlite:///{home / 'mlflow.db'}"):
        yield mlflow


@contextmanager
def client_of(home: Path) -> Iterator[Any]:
    """Yield an MLflow client of a workspace's own store."""
    with mlflow_of(home) as mlflow:
        yield mlflow.MlflowClient()
