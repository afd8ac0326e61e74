"""Fit the trees, then calibrate them on rows of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FEATURES, MODEL_FEATURES
from features.errors import LedgerError
from features.matrix import Floats, Snapshots
from models.probability import Calibration, ProbabilityModel
from models.scale import log_odds
from training.config import CalibrationSettings, ModelSettings, TrainingConfig
from training.population import Rows
from training.reference import reference_customer

Flags = NDArray[np.bool_]
_DIGITS = 12  # of a calibration parameter: below the noise of the solver


@dataclass(frozen=True)
class Fitted:
    """A calibrated model and the reference customer of the rows it was fitted on.

    Attributes
    ----------
    names : tuple of str
        The model's features, in order.
    probability : ProbabilityModel
        Trees and calibration.
    reference : dict of str to float
        Every feature of the reference customer; NaN is unknown.
    """

    names: tuple[str, ...]
    probability: ProbabilityModel
    reference: dict[str, float]

    def log_odds(self, snapshots: Snapshots) -> Floats:
        """Return calibrated log-odds of default of each snapshot, shape (n,)."""
        return self.probability.log_odds(snapshots.select(self.names).values)


def fit_model(
    fit: Rows, calibrate: Rows, config: TrainingConfig, *, customers: Rows | None = None
) -> Fitted:
    """Return a calibrated model: trees from one set of rows, calibration from another.

    A feature that too few defaults had unknown cannot teach what its absence means: there,
    and wherever the model is used, an unknown value is taken as the reference customer's.

    Parameters
    ----------
    fit, calibrate : Rows
        Disjoint in time or in customers; rows that are a sample have weights.
    config : TrainingConfig
        Size, sampling, seed and calibration.
    customers : Rows, optional
        Rows among which the reference customer is looked for, where `fit` is but a sample.

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
    reference = reference_customer(customers or fit, sample=config.reference.sample)
    values = fit.snapshots.select(MODEL_FEATURES).values
    unknown = np.isnan(values[fit.defaulted]).sum(axis=0)
    untrained = ProbabilityModel(
        model_text="",
        calibration=Calibration(0.0, 1.0),
        null_seen=np.asarray(unknown >= config.model.least_defaults_unknown),
        reference=np.array([reference[name] for name in MODEL_FEATURES]),
    )
    text = fit_trees(
        untrained.prepare(values),
        fit.defaulted,
        MODEL_FEATURES,
        settings=config.model,
        seed=config.seed,
        weights=fit.weights,
    )
    trees = replace(untrained, model_text=text)
    margin = trees.log_odds(calibrate.snapshots.select(MODEL_FEATURES).values)
    calibration = fit_calibration(
        margin, calibrate.defaulted, config.calibration, weights=calibrate.weights
    )
    return Fitted(MODEL_FEATURES, replace(trees, calibration=calibration), reference)


def fit_trees(
    values: Floats,
    defaulted: Flags,
    names: tuple[str, ...],
    *,
    settings: ModelSettings,
    seed: int,
    weights: Floats | None = None,
) -> str:
    """Return LightGBM's text model, monotone in every feature that has a direction.

    No class weights: they would spoil the probabilities. The weights of a sample mend them: each
    row counts for as many as it stands for. The text does not depend on the number of threads.

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
    weights : ndarray of float64, shape (n,), optional
        How many rows each stands for, where they are a sample.
    """
    import lightgbm  # noqa: PLC0415 - seconds to import, needed only to train

    data = lightgbm.Dataset(
        values,
        defaulted.astype(np.float64),
        weight=weights,
        feature_name=list(names),
        free_raw_data=False,
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


def fit_calibration(
    margin: Floats,
    defaulted: Flags,
    settings: CalibrationSettings,
    *,
    weights: Floats | None = None,
) -> Calibration:
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
    weights : ndarray of float64, shape (n,), optional
        How many rows each stands for, where they are a sample.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow to import

    base = log_odds(float(np.average(defaulted, weights=weights)))
    if np.ptp(margin) == 0:
        return Calibration(_rounded(base), 0.0)
    fitted = LogisticRegression(
        C=settings.inverse_penalty, solver="newton-cholesky", tol=1e-10, max_iter=200
    ).fit(margin.reshape(-1, 1), defaulted, sample_weight=weights)
    slope = float(fitted.coef_[0, 0])
    if slope <= 0:
        return Calibration(_rounded(base), 0.0)
    return Calibration(_rounded(float(fitted.intercept_[0])), _rounded(slope))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
