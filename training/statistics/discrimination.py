"""Discrimination with its uncertainty: intervals that resample customers, and comparisons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from training.statistics.ranking import Flags, Ranking, auc, ks, one_outcome

__all__ = [
    "Fall",
    "Flags",
    "Interval",
    "auc",
    "auc_difference",
    "auc_fall",
    "auc_interval",
    "auc_standard_error",
    "gini",
    "ks",
    "rank_of",
]


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval around it.

    Attributes
    ----------
    estimate : float
        On the rows as they are.
    low, high : float
        Ends of the percentile interval.
    confidence : float
        Share of the draws inside, between 0 and 1.
    """

    estimate: float
    low: float
    high: float
    confidence: float


@dataclass(frozen=True)
class Fall:
    """Whether an AUC fell below what it was.

    Attributes
    ----------
    initial, current : float
        The AUC then and now.
    standard_error : float
        Of the current one.
    statistic : float
        (initial − current) / standard error.
    p : float
        Chance of so large a fall, or a larger, where there was none.
    """

    initial: float
    current: float
    standard_error: float
    statistic: float
    p: float


def auc_interval(
    risk: Floats,
    defaulted: Flags,
    customer_ids: Sequence[str],
    *,
    seed: int,
    resamples: int,
    confidence: float,
) -> Interval:
    """Return the AUC with a bootstrap percentile interval that resamples customers, not rows.

    Monthly rows of a customer repeat one default, so they are drawn together (Efron &
    Tibshirani 1993, chapter 13, by clusters). A draw without both outcomes is left out.

    Parameters
    ----------
    risk, defaulted : ndarray, shape (n,)
        As for `training.statistics.ranking.auc`.
    customer_ids : sequence of str, length n
        The customer of each row.
    seed : int
        Of the draws.
    resamples : int
        Number of draws.
    confidence : float
        Share of the draws inside, between 0 and 1.

    Raises
    ------
    LedgerError
        If nobody, or everybody, defaulted.
    """
    ranking = Ranking(risk, defaulted)
    drawn = [ranking.auc(weights) for weights in _draws(customer_ids, seed, resamples)]
    return _interval(auc(risk, defaulted), drawn, confidence, defaulted)


def auc_difference(
    risk_a: Floats,
    risk_b: Floats,
    defaulted: Flags,
    customer_ids: Sequence[str],
    *,
    seed: int,
    resamples: int,
    confidence: float,
) -> Interval:
    """Return AUC of ``risk_a`` minus AUC of ``risk_b`` with a paired interval.

    Both risks are judged on the same drawn customers, so that what moves both AUCs alike
    drops out of the difference.

    Parameters
    ----------
    risk_a, risk_b : ndarray of float64, shape (n,)
        Two risks of the same rows.
    defaulted, customer_ids, seed, resamples, confidence
        As for `auc_interval`.

    Raises
    ------
    LedgerError
        If nobody, or everybody, defaulted.
    """
    one, other = Ranking(risk_a, defaulted), Ranking(risk_b, defaulted)
    drawn = [one.auc(w) - other.auc(w) for w in _draws(customer_ids, seed, resamples)]
    estimate = auc(risk_a, defaulted) - auc(risk_b, defaulted)
    return _interval(estimate, drawn, confidence, defaulted)


def gini(risk: Floats, defaulted: Flags) -> float:
    """Return the accuracy ratio, 2 · AUC − 1 (Engelmann, Hayden & Tasche 2003).

    Raises
    ------
    LedgerError
        If nobody, or everybody, defaulted.

    Examples
    --------
    >>> gini(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.5
    """
    return 2 * auc(risk, defaulted) - 1


def rank_of(labels: Sequence[str], order: Sequence[str]) -> Floats:
    """Return the place of each grade or notch in an order from best to worst, as a risk.

    Examples
    --------
    >>> rank_of(["B", "A", "D"], ("A", "B", "C", "D")).tolist()
    [1.0, 0.0, 3.0]
    """
    place = {label: float(number) for number, label in enumerate(order)}
    return np.array([place[label] for label in labels], dtype=np.float64)


def auc_standard_error(risk: Floats, defaulted: Flags) -> float:
    """Return the standard error of an AUC of independent rows (DeLong et al. 1988).

    √(var(V₁)/d + var(V₀)/s), where V₁ is each default's share of survivors that it outranks
    and V₀ each survivor's share of defaults that outrank it, ties counted half; NaN with
    fewer than two of either.

    Parameters
    ----------
    risk, defaulted : ndarray, shape (n,)
        Each customer once, else the error comes out too small.

    Examples
    --------
    >>> told = np.array([0.1, 0.4, 0.35, 0.8])
    >>> round(auc_standard_error(told, np.array([False, False, True, True])) ** 2, 12)
    0.125
    """
    bad, good = risk[defaulted], risk[~defaulted]
    if min(len(bad), len(good)) < 2:
        return float("nan")
    of_bad = _outranked(bad, good)
    of_good = 1 - _outranked(good, bad)
    return math.sqrt(of_bad.var(ddof=1) / len(bad) + of_good.var(ddof=1) / len(good))


def auc_fall(initial: float, current: float, standard_error: float) -> Fall:
    """Return the test of a fall of the AUC since the model was approved.

    S = (AUC_init − AUC_curr) / s, p = 1 − Φ(S) (ECB, Instructions for reporting the
    validation results of internal models, 2019, section 2.5.3.1).

    Parameters
    ----------
    initial : float
        What the AUC was at approval; taken as known.
    current : float
        What it is.
    standard_error : float
        Of the current AUC; from `auc_standard_error`.

    Examples
    --------
    >>> fall = auc_fall(0.80, 0.75, 0.025)
    >>> round(fall.statistic, 6), round(fall.p, 6)
    (2.0, 0.02275)
    """
    gap = initial - current
    statistic = gap / standard_error if standard_error else math.copysign(math.inf, gap or -1.0)
    p = float("nan") if math.isnan(statistic) else 1 - NormalDist().cdf(statistic)
    return Fall(initial, current, standard_error, statistic, p)


def _draws(customer_ids: Sequence[str], seed: int, resamples: int) -> Iterator[Floats]:
    """Yield the weight of each row in each draw of as many customers as there are."""
    unique, customer = np.unique(np.asarray(customer_ids), return_inverse=True)
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        picked = generator.integers(0, len(unique), len(unique))
        yield np.bincount(picked, minlength=len(unique)).astype(np.float64)[customer]


def _interval(
    estimate: float, drawn: Sequence[float], confidence: float, defaulted: Flags
) -> Interval:
    seen = [value for value in drawn if not math.isnan(value)]
    if not seen:
        raise one_outcome(defaulted)
    tail = (1 - confidence) / 2
    low, high = np.quantile(seen, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high), confidence)


def _outranked(one: Floats, others: Floats) -> NDArray[np.float64]:
    """Return the share of the others below each, ties counted half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, one, side="left") + np.searchsorted(ordered, one, side="right")
    return below / (2 * len(others))
