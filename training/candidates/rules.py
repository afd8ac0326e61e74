"""The plain rule score as a ranking, calibrated so that it tells probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.matrix import Floats, Snapshots
from models.policy.sections import Policy
from models.probability import Calibration
from models.rules import RULE_INPUTS, Book, rule_scores
from training.config import TrainingConfig
from training.fit import fit_calibration
from training.population import Rows, joined
from training.reference import book_of


@dataclass(frozen=True)
class CalibratedRules:
    """The rule score of a policy with a calibration of its own.

    Attributes
    ----------
    policy : Policy
        Weights and curves.
    book : Book
        Quantiles and on-time rate of the rows that it was calibrated beside.
    calibration : Calibration
        From `margins` to log-odds.
    """

    policy: Policy
    book: Book
    calibration: Calibration

    def log_odds(self, snapshots: Snapshots) -> Floats:
        """Return calibrated log-odds of default of each snapshot, shape (n,)."""
        return self.calibration.log_odds(margins(snapshots, self.book, self.policy))


def fit_rules(
    fit: Rows, calibrate: Rows, config: TrainingConfig, *, policy: Policy, book: Book | None = None
) -> CalibratedRules:
    """Return the rules of a policy, calibrated as the trees are; nothing else is fitted.

    Parameters
    ----------
    fit, calibrate : Rows
        The book comes from both, the calibration from the second.
    config : TrainingConfig
        How strongly the slope is held.
    policy : Policy
        Weights and curves.
    book : Book, optional
        In place of these rows' own.

    Raises
    ------
    LedgerError
        If no invoice of any row fell due in its last 365 days.
    """
    book = book or _book(fit, calibrate)
    told = margins(calibrate.snapshots, book, policy)
    return CalibratedRules(
        policy, book, fit_calibration(told, calibrate.defaulted, config.calibration)
    )


def margins(snapshots: Snapshots, book: Book, policy: Policy) -> Floats:
    """Return how far each rule score is below 100, as a share of 100; 0 to 1, riskier is higher."""
    found = rule_scores(snapshots.select(RULE_INPUTS).values, book, policy)
    return 1 - np.array([score.score for score in found]) / 100


def _book(fit: Rows, calibrate: Rows) -> Book:
    both = joined([fit.snapshots, calibrate.snapshots])
    return book_of(Rows(both, np.concatenate([fit.defaulted, calibrate.defaulted])))
