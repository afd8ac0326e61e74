"""The statistics by which a model is judged; each is defined on both outcomes being there."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from models.scale import probability
from training.statistics.ranking import Flags, auc, ks

__all__ = [
    "NAMES",
    "Flags",
    "Metrics",
    "auc",
    "brier",
    "ece",
    "frequency_bins",
    "ks",
    "log_loss",
    "metrics",
]

NAMES = ("auc", "gini", "ks", "brier", "ece", "log_loss")
_LEAST = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Metrics:
    """How well probabilities tell the defaults of some rows.

    Attributes
    ----------
    auc : float
        Chance that a default is ranked riskier than a survivor, ties half; 0 to 1.
    gini : float
        2 · auc − 1.
    ks : float
        Largest distance between the two distributions of the probability; 0 to 1.
    brier : float
        Mean squared distance of probability and outcome.
    ece : float
        Expected calibration error over bins of equal frequency.
    log_loss : float
        Mean negative log-likelihood in nats.
    """

    auc: float
    gini: float
    ks: float
    brier: float
    ece: float
    log_loss: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


def metrics(log_odds: Floats, defaulted: Flags, *, bins: int = 10) -> Metrics:
    """Return every statistic of a model's log-odds.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        Calibrated log-odds of default.
    defaulted : ndarray of bool, shape (n,)
        What happened.
    bins : int
        Bins of the calibration error.

    Raises
    ------
    LedgerError
        If nobody, or everybody, defaulted.
    """
    area = auc(log_odds, defaulted)
    told = probability(log_odds)
    return Metrics(
        auc=area,
        gini=2 * area - 1,
        ks=ks(log_odds, defaulted),
        brier=brier(told, defaulted),
        ece=ece(told, defaulted, bins=bins),
        log_loss=log_loss(told, defaulted),
    )


def brier(default_probability: Floats, defaulted: Flags) -> float:
    """Return the mean squared distance of probability and outcome (Brier 1950).

    Examples
    --------
    >>> brier(np.array([0.5, 1.0]), np.array([False, True]))
    0.125
    """
    return float(np.mean((default_probability - defaulted) ** 2))


def ece(default_probability: Floats, defaulted: Flags, *, bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal frequency.

    Σ n_b / n · |mean probability − default rate| over the bins b (Naeini et al. 2015); equal
    probabilities share a bin, so the order of the rows does not matter.

    Examples
    --------
    >>> ece(np.array([0.1, 0.1, 0.9, 0.9]), np.array([False, False, True, True]), bins=2)
    0.1
    """
    bin_of = frequency_bins(default_probability, bins)
    gap = np.bincount(bin_of, default_probability) - np.bincount(bin_of, defaulted)
    return float(round(np.abs(gap).sum() / len(defaulted), 15))


def frequency_bins(default_probability: Floats, bins: int) -> NDArray[np.int64]:
    """Return the bin of each row, numbered by rising probability; bins hold about as many."""
    edges = np.quantile(default_probability, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(np.unique(edges), default_probability, side="left").astype(np.int64)


def log_loss(default_probability: Floats, defaulted: Flags) -> float:
    """Return the mean negative log-likelihood of the outcomes in nats.

    Examples
    --------
    >>> round(log_loss(np.array([0.5, 0.5]), np.array([False, True])), 6)
    0.693147
    """
    right = np.where(defaulted, default_probability, 1 - default_probability)
    return float(-np.mean(np.log(np.maximum(right, _LEAST))))
