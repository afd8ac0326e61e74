"""Cross-validation over folds of customers, beside the test set and never in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypedDict

import numpy as np

from features.errors import LedgerError
from features.matrix import Floats, Snapshots
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


class Tells(Protocol):
    """What was fitted and calibrated, whatever it is."""

    def log_odds(self, snapshots: Snapshots) -> Floats:
        """Return calibrated log-odds of default of each snapshot, shape (n,)."""


FoldFigures = dict[str, Spread]
Fitter = Callable[[Rows, Rows, TrainingConfig], Tells]


def cross_validated(
    rows: Rows, config: TrainingConfig, *, progress: Progress, fitter: Fitter = fit_model
) -> FoldFigures:
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
    fitter : callable
        Fits on the first rows and calibrates on the second; the shipped model's without it.

    Raises
    ------
    LedgerError
        If a fold has only one outcome.
    """
    fold_of = customer_folds(rows.snapshots.customer_ids, config.windows.folds)
    each = []
    for fold in range(config.windows.folds):
        progress(f"fold {fold + 1} of {config.windows.folds}")
        others, judged = rows.where(fold_of != fold), rows.where(fold_of == fold)
        each.append(_judged(others, judged, config, fitter))
    return {name: _summary([getattr(found, name) for found in each]) for name in NAMES}


def _judged(others: Rows, fold: Rows, config: TrainingConfig, fitter: Fitter) -> Metrics:
    if not len(fold):
        message = f"A fold of {config.windows.folds} has no customer. Ask for fewer --folds."
        raise LedgerError(message)
    parts = customer_parts(others.snapshots.customer_ids, config.windows)
    # the fold itself is the test: the share kept for one is fitted on as well
    fit, calibrate = (
        others.where((parts == FIT) | (parts == TEST)),
        others.where(parts == CALIBRATE),
    )
    log_odds = fitter(fit, calibrate, config).log_odds(fold.snapshots)
    return metrics(log_odds, fold.defaulted, bins=config.validation.bins)


def _summary(values: list[float]) -> Spread:
    return {
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)),
        "each": values,
    }
