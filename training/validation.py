"""The statistics by which a model is judged; each is defined on both outcomes being there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import LedgerError
from features.matrix import Floats
from models.scale import probability

Flags = NDArray[np.bool_]
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


def auc(risk: Floats, defaulted: Flags) -> float:
    """Return the chance that a default has a higher risk than a survivor, ties counted half.

    The Mann-Whitney statistic over the number of pairs (Hanley & McNeil 1982).

    Parameters
    ----------
    risk : ndarray of float64, shape (n,)
        Anything that rises with risk.
    defaulted : ndarray of bool, shape (n,)
        What happened.

    Raises
    ------
    LedgerError
        If nobody, or everybody, defaulted.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    return float(_Ranking(risk, defaulted).auc(np.ones(len(risk))))


def auc_interval(
    risk: Floats,
    defaulted: Flags,
    customer_ids: Sequence[str],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> tuple[float, float]:
    """Return a bootstrap percentile interval of the AUC that resamples customers, not rows.

    Monthly rows of a customer repeat one default, so they are drawn together. A draw without
    both outcomes is left out.

    Parameters
    ----------
    risk, defaulted : ndarray, shape (n,)
        As for `auc`.
    customer_ids : sequence of str
        The customer of each row.
    resamples : int
        Number of draws.
    confidence : float
        Share of the draws inside, between 0 and 1.
    seed : int
        Of the draws.

    Returns
    -------
    tuple of float
        Lower and upper end.

    Raises
    ------
    LedgerError
        If nobody, or everybody, defaulted.
    """
    ranking = _Ranking(risk, defaulted)
    unique, customer = np.unique(np.asarray(customer_ids), return_inverse=True)
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        picked = generator.integers(0, len(unique), len(unique))
        times = np.bincount(picked, minlength=len(unique)).astype(np.float64)
        area = ranking.auc(times[customer])
        if not np.isnan(area):
            drawn.append(area)
    if not drawn:
        raise _one_outcome(defaulted)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def ks(risk: Floats, defaulted: Flags) -> float:
    """Return the Kolmogorov-Smirnov distance between the risks of defaults and survivors.

    Raises
    ------
    LedgerError
        If nobody, or everybody, defaulted.

    Examples
    --------
    >>> ks(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.5
    """
    return _Ranking(risk, defaulted).ks()


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


class _Ranking:
    """Rows in order of risk, tied risks as one group, for AUC and KS under row weights."""

    def __init__(self, risk: Floats, defaulted: Flags) -> None:
        if defaulted.all() or not defaulted.any():
            raise _one_outcome(defaulted)
        self._order = np.argsort(risk, kind="stable")
        ordered = risk[self._order]
        self._starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        self._defaulted = defaulted[self._order].astype(np.float64)

    def _groups(self, weights: Floats) -> tuple[Floats, Floats]:
        ordered = weights[self._order]
        bad = np.add.reduceat(ordered * self._defaulted, self._starts)
        return bad, np.add.reduceat(ordered, self._starts) - bad

    def auc(self, weights: Floats) -> float:
        bad, good = self._groups(weights)
        pairs = bad.sum() * good.sum()
        if pairs == 0:
            return float("nan")
        safer = np.cumsum(good) - good / 2
        return float((bad * safer).sum() / pairs)

    def ks(self) -> float:
        bad, good = self._groups(np.ones(len(self._order)))
        gap = np.cumsum(bad) / bad.sum() - np.cumsum(good) / good.sum()
        return float(np.abs(gap).max())


def _one_outcome(defaulted: Flags) -> LedgerError:
    every = "everybody" if len(defaulted) and defaulted.all() else "nobody"
    return LedgerError(
        f"Among {len(defaulted)} rows {every} defaulted, so a model cannot be judged on them. "
        "Give a longer ledger, more as-of dates, or fewer folds."
    )
