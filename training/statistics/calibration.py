"""Calibration: whether as many defaulted as was told.

Every test here takes rows to be independent. Monthly rows repeat one default, so these
figures are of cohorts: rows of as-of dates whose horizons do not overlap (`cohort_days`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from features.matrix import Floats
from training.statistics.ranking import Flags
from training.statistics.tails import beta_below, binomial_at_least, chi_square_above
from training.validation import brier, frequency_bins

_STEPS, _CLOSE = 50, 1e-10  # of Newton's method


@dataclass(frozen=True)
class BrierParts:
    """The Brier score and what it is made of.

    Attributes
    ----------
    brier : float
        reliability − resolution + uncertainty + within.
    reliability : float
        Mean squared distance of told and realised over the bins; 0 is best.
    resolution : float
        Mean squared distance of a bin's default rate from everybody's; high is best.
    uncertainty : float
        Variance of the outcome, which no model changes.
    within : float
        What is left because the rows of a bin were not told one probability.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


@dataclass(frozen=True)
class Recalibration:
    """The logistic line through what was told and what happened; (0, 1) is perfect.

    Attributes
    ----------
    intercept, slope : float
        A slope below 1: the model was too sure. NaN where no line exists.
    slope_error : float
        Standard error of the slope.
    shift : float
        The intercept with the slope held at 1: above 0 means that too little was told.
    """

    intercept: float
    slope: float
    slope_error: float
    shift: float


@dataclass(frozen=True)
class Fit:
    """A χ² test of goodness of fit."""

    statistic: float
    freedom: int
    p: float


@dataclass(frozen=True)
class BinLine:
    """A bin of rows by the probability told: how many, what was told, what happened."""

    rows: int
    default_probability: float
    default_rate: float


@dataclass(frozen=True)
class GradeTest:
    """Whether more of a grade defaulted than was told.

    Attributes
    ----------
    grade : str
        Or a notch.
    rows, defaults : int
        Of the cohorts.
    default_probability, default_rate : float or None
        Mean told, and realised; None where nobody had the grade.
    jeffreys_p, binomial_p : float or None
        Small means that too little was told.
    critical_defaults : int or None
        The binomial test rejects from so many defaults on.
    power : float or None
        Its chance to reject if the true rate is the alternative; low means that a pass says
        little.
    """

    grade: str
    rows: int
    defaults: int
    default_probability: float | None
    default_rate: float | None
    jeffreys_p: float | None
    binomial_p: float | None
    critical_defaults: int | None
    power: float | None


def cohort_days(days: Sequence[date], horizon_days: int) -> tuple[date, ...]:
    """Return the most recent of the days whose horizons do not overlap, in order.

    Examples
    --------
    >>> january, march, july = date(2025, 1, 31), date(2025, 3, 31), date(2025, 7, 31)
    >>> [str(day) for day in cohort_days([january, march, july], 180)]
    ['2025-01-31', '2025-07-31']
    """
    chosen: list[date] = []
    for day in sorted(days, reverse=True):
        if not chosen or day + timedelta(days=horizon_days) <= chosen[-1]:
            chosen.append(day)
    return tuple(reversed(chosen))


def bin_lines(default_probability: Floats, defaulted: Flags, *, bins: int = 10) -> list[BinLine]:
    """Return the reliability table over bins of equal frequency, the safest first."""
    bin_of = frequency_bins(default_probability, bins)
    return [
        BinLine(
            int(chosen.sum()),
            float(default_probability[chosen].mean()),
            float(defaulted[chosen].mean()),
        )
        for chosen in (bin_of == number for number in np.unique(bin_of))
    ]


def brier_parts(default_probability: Floats, defaulted: Flags, *, bins: int = 10) -> BrierParts:
    """Return the Brier score in parts.

    Σ n_b/n·(p̄_b − r_b)² − Σ n_b/n·(r_b − r)² + r·(1 − r) over bins of equal frequency (Murphy
    1973); exact with one probability to a bin, else the rest is told (Stephenson, Coelho &
    Jolliffe 2008).

    Examples
    --------
    >>> parts = brier_parts(np.array([0.5, 1.0]), np.array([False, True]), bins=2)
    >>> parts.brier, parts.reliability, parts.resolution, parts.uncertainty, parts.within
    (0.125, 0.125, 0.25, 0.25, 0.0)
    """
    lines = bin_lines(default_probability, defaulted, bins=bins)
    share = np.array([line.rows for line in lines]) / len(defaulted)
    told = np.array([line.default_probability for line in lines])
    rate = np.array([line.default_rate for line in lines])
    base = float(defaulted.mean())
    reliability = float((share * (told - rate) ** 2).sum())
    resolution = float((share * (rate - base) ** 2).sum())
    uncertainty = base * (1 - base)
    score = brier(default_probability, defaulted)
    within = score - (reliability - resolution + uncertainty)
    return BrierParts(score, reliability, resolution, uncertainty, within)


def recalibration(log_odds: Floats, defaulted: Flags) -> Recalibration:
    """Return the line logit(rate) = intercept + slope · log-odds told (Cox 1958).

    By maximum likelihood without a penalty; NaN where the likelihood has no maximum: one
    outcome only, one value told, or outcomes that a threshold parts.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        Told.
    defaulted : ndarray of bool, shape (n,)
        What happened.
    """
    ones = np.ones(len(log_odds))
    line, errors = _logistic(np.column_stack([ones, log_odds]), np.zeros(len(ones)), defaulted)
    shift, _ = _logistic(ones[:, None], log_odds, defaulted)
    return Recalibration(float(line[0]), float(line[1]), float(errors[1]), float(shift[0]))


def _logistic(columns: Floats, offset: Floats, defaulted: Flags) -> tuple[Floats, Floats]:
    """Return the coefficients of a logistic regression and their standard errors."""
    weights = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        told = 1 / (1 + np.exp(-np.clip(offset + columns @ weights, -500, 500)))
        information = columns.T @ (columns * (told * (1 - told))[:, None])
        if np.linalg.cond(information) > 1e12:
            break
        step = np.linalg.solve(information, columns.T @ (defaulted - told))
        weights = weights + step
        if np.abs(step).max() < _CLOSE:
            return weights, np.sqrt(np.diag(np.linalg.inv(information)))
    return np.full(len(weights), np.nan), np.full(len(weights), np.nan)


def jeffreys(defaults: int, rows: int, default_probability: float) -> float:
    """Return the Jeffreys test's p that the true rate is at most what was told.

    BetaCDF(PD; d + ½, n − d + ½) (ECB, Instructions for reporting the validation results of
    internal models, 2019, section 2.5.3.1). Small means that too little was told.

    Examples
    --------
    >>> round(jeffreys(2, 6, 0.0367), 5)
    0.00438
    """
    return beta_below(default_probability, defaults + 0.5, rows - defaults + 0.5)


def binomial_power(
    rows: int, default_probability: float, *, alpha: float, ratio: float
) -> tuple[int, float]:
    """Return from how many defaults on the binomial test rejects, and its power.

    The critical value is the least k with P(X ≥ k | PD) ≤ alpha, the power
    P(X ≥ k | ratio · PD) (Basel Committee, Working paper 14, 2005, section III).

    Examples
    --------
    >>> binomial_power(1, 0.04, alpha=0.05, ratio=2)
    (1, 0.08)
    """
    critical = 0
    while binomial_at_least(critical, rows, default_probability) > alpha:
        critical += 1
    return critical, binomial_at_least(critical, rows, min(1.0, ratio * default_probability))


def hosmer_lemeshow(default_probability: Floats, defaulted: Flags, *, bins: int = 10) -> Fit:
    """Return the Hosmer–Lemeshow test over bins of equal frequency.

    Σ (d_b − n_b·p̄_b)² / (n_b·p̄_b·(1 − p̄_b)), χ² with as many degrees of freedom as bins,
    because the rows were not fitted on (Hosmer, Lemeshow & Sturdivant 2013, section 5.2.2).
    """
    lines = bin_lines(default_probability, defaulted, bins=bins)
    rows = np.array([line.rows for line in lines])
    told = np.array([line.default_probability for line in lines])
    rate = np.array([line.default_rate for line in lines])
    spread = np.maximum(rows * told * (1 - told), np.finfo(np.float64).tiny)
    statistic = float(((rows * (rate - told)) ** 2 / spread).sum())
    return Fit(statistic, len(lines), chi_square_above(statistic, len(lines)))


def grade_tests(
    labels: Sequence[str],
    order: Sequence[str],
    default_probability: Floats,
    defaulted: Flags,
    *,
    alpha: float = 0.05,
    ratio: float = 2.0,
) -> list[GradeTest]:
    """Return one test per grade of the order, whether or not anybody has it.

    Parameters
    ----------
    labels : sequence of str, length n
        Grade or notch of each row.
    order : sequence of str
        All grades or notches, the best first.
    default_probability : ndarray of float64, shape (n,)
        Told.
    defaulted : ndarray of bool, shape (n,)
        What happened.
    alpha : float
        Of the binomial test whose power is told.
    ratio : float
        The alternative: the true rate over what was told.
    """
    label_of = np.asarray(labels)
    tests = []
    for grade in order:
        chosen = label_of == grade
        rows, defaults = int(chosen.sum()), int(defaulted[chosen].sum())
        if not rows:
            tests.append(GradeTest(grade, 0, 0, None, None, None, None, None, None))
            continue
        told = float(default_probability[chosen].mean())
        critical, power = binomial_power(rows, told, alpha=alpha, ratio=ratio)
        jeffreys_p = jeffreys(defaults, rows, told)
        p = binomial_at_least(defaults, rows, told)
        rate = defaults / rows
        tests.append(GradeTest(grade, rows, defaults, told, rate, jeffreys_p, p, critical, power))
    return tests
