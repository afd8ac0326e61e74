"""Cross-validation over folds of customers, beside the test set and never in its place."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from features.errors import LedgerError
from training.config import TrainingConfig
from training.dataset import Progress
from training.fit import fit_model
from training.population import Rows
from training.validation import NAMES, Metrics, metrics
from training.windows import CALIBRATE, FIT, TEST, customer_folds, customer_parts


class Spread(TypedDict):
    """A statistic over folds: its mean, its standard deviation, and each fold's value."""

    mean: float
    sd: float
    each: list[float]


FoldFigures = dict[str, Spread]


def cross_validated(rows: Rows, config: TrainingConfig, *, progress: Progress) -> FoldFigures:
    """Return mean, standard deviation and each fold's value of every statistic.

    Each fold's customers are judged by a model that was fitted and calibrated on other
    customers; all rows of a customer fall in one fold.

    Parameters
    ----------
    rows : Rows
        Every row used.
    config : TrainingConfig
        Its ``windows.folds`` is at least 2.
    progress : callable
        Told in a sentence what goes on.

    Raises
    ------
    LedgerError
        If a fold has only one outcome.
    """
    fold_of = customer_folds(rows.snapshots.customer_ids, config.windows.folds)
    each = []
    for fold in range(config.windows.folds):
        progress(f"fold {fold + 1} of {config.windows.folds}")
        each.append(_judged(rows.where(fold_of != fold), rows.where(fold_of == fold), config))
    return {name: _summary([getattr(found, name) for found in each]) for name in NAMES}


def _judged(others: Rows, fold: Rows, config: TrainingConfig) -> Metrics:
    if not len(fold):
        message = f"A fold of {config.windows.folds} has no customer. Ask for fewer --folds."
        raise LedgerError(message)
    parts = customer_parts(others.snapshots.customer_ids, config.windows)
    # the fold itself is the test: the share kept for one is fitted on as well
    fit, calibrate = (
        others.where((parts == FIT) | (parts == TEST)),
        others.where(parts == CALIBRATE),
    )
    model = fit_model(fit, calibrate, config)
    log_odds = model.log_odds(fold.snapshots)
    return metrics(log_odds, fold.defaulted, bins=config.validation.bins)


def _summary(values: list[float]) -> Spread:
    return {
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)),
        "each": values,
    }
