"""Concentration: whether the grades part the book at all, and whether a test could tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from training.statistics.stability import Counts


@dataclass(frozen=True)
class Concentration:
    """How a book is spread over its grades.

    Attributes
    ----------
    herfindahl : float
        Σ of squared shares, 1/K to 1.
    normalised : float
        (H − 1/K) / (1 − 1/K), 0 to 1.
    largest : int
        Place of the grade with most customers.
    largest_share : float
        Its share.
    """

    herfindahl: float
    normalised: float
    largest: int
    largest_share: float


@dataclass(frozen=True)
class Rise:
    """Whether concentration rose between two days.

    Attributes
    ----------
    statistic, p : float
        A small p: it rose.
    smallest_p : float
        The smallest p that any later distribution could reach from the earlier one.
    cannot_fail : bool
        Whether that is above the level of the test: then passing says nothing.
    """

    statistic: float
    p: float
    smallest_p: float
    cannot_fail: bool


def concentration(counts: Counts) -> Concentration:
    """Return the concentration of a histogram over grades (Herfindahl 1950).

    Examples
    --------
    >>> found = concentration(np.array([40, 30, 20, 10]))
    >>> round(found.herfindahl, 12), round(found.normalised, 12), found.largest_share
    (0.3, 0.066666666667, 0.4)
    """
    shares = counts / counts.sum()
    index = float((shares**2).sum())
    even = 1 / len(shares)
    largest = int(np.argmax(shares))
    normalised = (index - even) / (1 - even)
    return Concentration(index, normalised, largest, float(shares[largest]))


def concentration_rise(before: Counts, after: Counts, *, alpha: float = 0.05) -> Rise:
    """Return the ECB's test of a risen concentration, and whether it could ever fail.

    S = √(K−1)·(c₁ − c₀) / √(c₁²·(½ + c₁²)), p = 1 − Φ(S), with the coefficient of variation
    c = √(K·Σ(share − 1/K)²) (ECB, Instructions for reporting the validation results of
    internal models, 2019, section 2.5.5.3). S is largest at the root of
    c³ − 2·c₀·c² − c₀/2 = 0, or at c = √(K−1), where one grade holds everybody.

    Parameters
    ----------
    before, after : ndarray of int, shape (K,)
        Customers of each grade on the earlier and the later day.
    alpha : float
        Level of the test.
    """
    size = len(before)
    earlier, later = _variation(before), _variation(after)
    statistic = _statistic(earlier, later, size)
    roots = np.roots([1.0, -2 * earlier, 0.0, -earlier / 2])
    peak = float(max(root.real for root in roots if abs(root.imag) < 1e-9))
    # from an even book S falls from √(2·(K−1)), its limit for c₁ near 0
    best = (
        _statistic(earlier, min(peak, math.sqrt(size - 1)), size)
        if earlier
        else math.sqrt(2 * (size - 1))
    )
    smallest = 1 - NormalDist().cdf(best)
    p = 1 - NormalDist().cdf(statistic)
    return Rise(statistic, p, smallest, smallest > alpha)


def _variation(counts: Counts) -> float:
    shares = counts / counts.sum()
    return math.sqrt(len(shares) * float(((shares - 1 / len(shares)) ** 2).sum()))


def _statistic(earlier: float, later: float, size: int) -> float:
    if later == 0:
        return 0.0 if earlier == 0 else -math.inf
    return math.sqrt(size - 1) * (later - earlier) / (later * math.sqrt(0.5 + later**2))
