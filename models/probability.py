"""From features to calibrated log-odds of default: the trees and their calibration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from models.trees import LeafBoxes, parse_model


@dataclass(frozen=True)
class Calibration:
    """Two-parameter logistic calibration in log-odds: intercept + slope · margin.

    Attributes
    ----------
    intercept, slope : float
        The slope is at least 0, so that the order of customers is never turned round.
    """

    intercept: float
    slope: float

    def log_odds(self, margin: Floats) -> Floats:
        """Return calibrated log-odds of raw margins."""
        return self.intercept + self.slope * margin


@dataclass(frozen=True)
class ProbabilityModel:
    """The trees of a bundle, their calibration, and what to do with unknown values.

    Attributes
    ----------
    model_text : str
        LightGBM's text format.
    null_seen : ndarray of bool, shape (features,)
        Whether training saw the feature unknown often enough to learn from it. Where it did
        not, an unknown value says nothing: it is taken as the reference customer's.
    reference : ndarray of float64, shape (features,)
        The reference customer.
    """

    model_text: str
    calibration: Calibration
    null_seen: NDArray[np.bool_]
    reference: Floats

    @cached_property
    def leaves(self) -> LeafBoxes:
        """The leaves of the trees, for explanations."""
        return parse_model(self.model_text)

    @cached_property
    def _booster(self) -> Any:
        import lightgbm  # noqa: PLC0415 - seconds to import, needed only to grade

        return lightgbm.Booster(model_str=self.model_text)

    def prepare(self, values: Floats) -> Floats:
        """Return features as the trees take them, shape (n, features)."""
        unseen = np.isnan(values) & ~self.null_seen
        return np.where(unseen, self.reference, values)

    def log_odds(self, values: Floats) -> Floats:
        """Return calibrated log-odds of default of each row, shape (n,)."""
        if not len(values):
            return np.empty(0)
        margin = self._booster.predict(self.prepare(values), raw_score=True, num_threads=2)
        return self.calibration.log_odds(np.asarray(margin, dtype=np.float64))
