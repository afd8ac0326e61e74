"""How trees with some settings do on the folds of a search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from features.matrix import Floats
from training.config import TrainingConfig
from training.fit import fit_model
from training.population import Rows
from training.search.folds import Fold, Layout
from training.search.trials import Settings, Trial
from training.statistics.ranking import Flags, auc


def judged(
    number: int, settings: Settings, *, rows: Rows, layout: Layout, config: TrainingConfig
) -> Trial:
    """Return what each fold says of trees with these settings, fitted as the shipped ones are.

    Parameters
    ----------
    number : int
        Of the trial.
    settings : dict of str to number
        Keys of ``[model]``.
    rows : Rows
        Of the fit window.
    layout : Layout
        Folds over these rows.
    config : TrainingConfig
        Everything else.
    """
    trying = replace(config, model=replace(config.model, **settings))  # type: ignore[arg-type]
    figures = [_of_fold(rows, fold, trying) for fold in layout.folds]
    losses, areas = zip(*figures, strict=True)
    return Trial(number, settings, losses, areas)


def log_loss_of(log_odds: Floats, defaulted: Flags, weights: Floats | None) -> float:
    """Return the mean negative log-likelihood in nats; rows that are a sample have weights.

    ln(1 + exp(∓log-odds)), which stays exact where a probability rounds to 1.

    Examples
    --------
    >>> round(log_loss_of(np.array([0.0, 0.0]), np.array([False, True]), None), 6)
    0.693147
    """
    losses = np.logaddexp(0.0, np.where(defaulted, -log_odds, log_odds))
    return float(np.average(losses, weights=weights))


def _of_fold(rows: Rows, fold: Fold, config: TrainingConfig) -> tuple[float, float]:
    model = fit_model(rows.where(fold.fit), rows.where(fold.calibrate), config)
    told = rows.where(fold.judged)
    log_odds = model.log_odds(told.snapshots)
    # all survivors weigh the same, so the AUC of a sample needs no weights
    loss = log_loss_of(log_odds, told.defaulted, told.weights)
    return loss, auc(log_odds, told.defaulted)
