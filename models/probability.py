"""From features to calibrated log-odds of default: the trees and their calibration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from models.booster import Booster
from models.trees import Ensemble, LeafBoxes, leaf_boxes, parse_trees


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


@dataclass(frozen=True, eq=False)
class ProbabilityModel:
    """The trees of a bundle, their calibration, and what to do with unknown values.

    Equal only to itself, so that what is prepared for it can be held beside it.

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
    def trees(self) -> Ensemble:
        """The trees, for explanations."""
        return parse_trees(self.model_text)

    @cached_property
    def leaves(self) -> LeafBoxes:
        """The leaves of the trees, for explanations."""
        return leaf_boxes(self.trees)

    @cached_property
    def _booster(self) -> Booster:
        return Booster(self.model_text)

    @cached_property
    def _never_null(self) -> NDArray[np.bool_]:
        return ~self.null_seen

    def prepare(self, values: Floats) -> Floats:
        """Return features as the trees take them, shape (n, features)."""
        unseen = np.isnan(values) & self._never_null
        return np.where(unseen, self.reference, values)

    def log_odds(self, values: Floats) -> Floats:
        """Return calibrated log-odds of default of each row, shape (n,)."""
        return self.calibration.log_odds(self._booster.margins(self.prepare(values)))
