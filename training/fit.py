"""Fit the trees, then calibrate them on rows of their own."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FEATURES
from features.errors import LedgerError
from features.matrix import Floats
from models.probability import Calibration, ProbabilityModel
from training.config import CalibrationSettings, ModelSettings, TrainingConfig
from training.population import Rows
from training.reference import reference_customer

Flags = NDArray[np.bool_]
_DIGITS = 12  # of a calibration parameter: below the noise of the solver


def fit_model(fit: Rows, calibrate: Rows, config: TrainingConfig) -> ProbabilityModel:
    """Return a calibrated model: trees from one set of rows, calibration from another.

    Parameters
    ----------
    fit, calibrate : Rows
        Disjoint in time or in customers.
    config : TrainingConfig
        Size, sampling, seed and calibration.

    Raises
    ------
    LedgerError
        If either set has only one outcome.
    """
    for name, rows in (("fit", fit), ("calibration", calibrate)):
        if not 0 < rows.defaults < len(rows):
            message = (
                f"The {name} rows have {rows.defaults} defaults among {len(rows)}; both outcomes "
                "are needed. Give a longer ledger or more as-of dates."
            )
            raise LedgerError(message)
    reference = reference_customer(fit, sample=config.reference.sample)
    names = fit.snapshots.names
    trees = ProbabilityModel(
        model_text=fit_trees(
            fit.snapshots.values, fit.defaulted, names, settings=config.model, seed=config.seed
        ),
        calibration=Calibration(0.0, 1.0),
        null_seen=np.asarray(np.isnan(fit.snapshots.values).any(axis=0)),
        reference=np.array([reference[name] for name in names]),
    )
    margin = trees.log_odds(calibrate.snapshots.values)
    return ProbabilityModel(
        trees.model_text,
        fit_calibration(margin, calibrate.defaulted, config.calibration),
        trees.null_seen,
        trees.reference,
    )


def fit_trees(
    values: Floats, defaulted: Flags, names: tuple[str, ...], *, settings: ModelSettings, seed: int
) -> str:
    """Return LightGBM's text model, monotone in every feature that has a direction.

    No class weights: they would spoil the probabilities. The text does not depend on the
    number of threads.

    Parameters
    ----------
    values : ndarray of float64, shape (n, features)
        NaN is unknown.
    defaulted : ndarray of bool, shape (n,)
        What happened.
    names : tuple of str
        Catalogue feature of each column.
    settings : ModelSettings
        Size and sampling.
    seed : int
        Drives the sampling of rows and columns.
    """
    import lightgbm  # noqa: PLC0415 - seconds to import, needed only to train

    data = lightgbm.Dataset(
        values, defaulted.astype(np.float64), feature_name=list(names), free_raw_data=False
    )
    booster = lightgbm.train(
        parameters(names, len(values), settings=settings, seed=seed), data, settings.trees
    )
    return re.sub(r"\[num_threads: \d+\]", "[num_threads: 1]", booster.model_to_string())


def parameters(
    names: tuple[str, ...], rows: int, *, settings: ModelSettings, seed: int
) -> dict[str, Any]:
    """Return LightGBM's parameters for these features and this many rows."""
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": max(settings.rows_in_leaf, round(settings.rows_in_leaf_share * rows)),
        "lambda_l2": settings.l2,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1,
        "feature_fraction": settings.column_share,
        "monotone_constraints": [FEATURES[name].direction for name in names],
        "monotone_constraints_method": "basic",
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": settings.threads,
        "seed": seed,
        "verbosity": -1,
    }


def fit_calibration(margin: Floats, defaulted: Flags, settings: CalibrationSettings) -> Calibration:
    """Return the two-parameter logistic calibration of margins (Platt 1999), slope never < 0.

    Margins that rank the wrong way round get the slope 0: everybody is told the base rate
    rather than the customers in reverse.

    Parameters
    ----------
    margin : ndarray of float64, shape (n,)
        Raw log-odds of the trees on rows that they were not fitted on.
    defaulted : ndarray of bool, shape (n,)
        What happened; both outcomes.
    settings : CalibrationSettings
        How strongly the slope is held.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow to import

    base = float(np.log(defaulted.mean() / (1 - defaulted.mean())))
    if np.ptp(margin) == 0:
        return Calibration(_rounded(base), 0.0)
    fitted = LogisticRegression(
        C=settings.inverse_penalty, solver="newton-cholesky", tol=1e-10, max_iter=200
    ).fit(margin.reshape(-1, 1), defaulted)
    slope = float(fitted.coef_[0, 0])
    if slope <= 0:
        return Calibration(_rounded(base), 0.0)
    return Calibration(_rounded(float(fitted.intercept_[0])), _rounded(slope))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
