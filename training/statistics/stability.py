"""Stability: whether the book looks as it did, and how far grades migrate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats
from training.statistics.tails import chi_square_quantile

Counts = NDArray[np.int64]
WATCH, SHIFTED = 0.10, 0.25  # the rule of thumb (Siddiqi 2006)
_EMPTY = 0.5  # rows that an empty bin is taken to have: the logarithm of 0 has no value


@dataclass(frozen=True)
class Shift:
    """How far a distribution moved.

    Attributes
    ----------
    index : float
        The population stability index, 0 and above.
    verdict : str
        ``stable``, ``watch`` or ``shifted`` by the rule of thumb, which is blind to the number
        of rows.
    critical : float
        What chance alone exceeds with the given small probability at these numbers of rows.
    beyond_chance : bool
        Whether the index exceeds it.
    """

    index: float
    verdict: str
    critical: float
    beyond_chance: bool


@dataclass(frozen=True)
class Step:
    """A cell of the migration matrix against its neighbour nearer to the diagonal.

    Attributes
    ----------
    origin, near, far : int
        Places of the grades.
    statistic : float
        Of the difference of the two shares; above 0: more went far than near.
    p : float
        Chance of so large a statistic where the shares are equal.
    """

    origin: int
    near: int
    far: int
    statistic: float
    p: float


def stability_index(before: Counts, after: Counts, *, alpha: float = 0.05) -> Shift:
    """Return the population stability index of two histograms over the same bins.

    Σ (a_b − e_b)·ln(a_b / e_b) over shares, an empty bin counting half a row. Where both are
    drawn from one distribution it is near (1/n + 1/m)·χ²(bins − 1), which gives the critical
    value (Yurdakul & Naranjo 2020, Statistical properties of the population stability index).
    Customers that are in both histograms make the critical value cautious.

    Parameters
    ----------
    before, after : ndarray of int, shape (bins,)
        Rows of each bin; neither is empty as a whole.
    alpha : float
        How often chance alone exceeds the critical value.

    Examples
    --------
    >>> shift = stability_index(np.array([50, 50]), np.array([40, 60]))
    >>> round(shift.index, 7), shift.verdict, shift.beyond_chance
    (0.0405465, 'stable', False)
    """
    used = (before > 0) | (after > 0)
    old, new = (np.maximum(counts[used], _EMPTY) for counts in (before, after))
    e, a = old / old.sum(), new / new.sum()
    index = float(((a - e) * np.log(a / e)).sum())
    freedom = int(used.sum()) - 1
    scale = 1 / float(before.sum()) + 1 / float(after.sum())
    critical = scale * chi_square_quantile(1 - alpha, freedom) if freedom else 0.0
    verdict = "stable" if index < WATCH else "watch" if index < SHIFTED else "shifted"
    return Shift(index, verdict, critical, index > critical)


def histogram(labels: Sequence[str], order: Sequence[str]) -> Counts:
    """Return how many rows have each label of the order.

    Examples
    --------
    >>> histogram(["B", "A", "B"], ("A", "B", "C")).tolist()
    [1, 2, 0]
    """
    label_of = np.asarray(labels)
    return np.array([int((label_of == label).sum()) for label in order], dtype=np.int64)


def feature_shift(before: Floats, after: Floats, *, bins: int = 10, alpha: float = 0.05) -> Shift:
    """Return the stability index of one feature (its CSI); unknown is a bin of its own.

    Parameters
    ----------
    before, after : ndarray of float64
        Values of the feature; NaN is unknown. Bins are quantiles of the known ones before.
    bins : int
        At most so many, and one for unknown.
    alpha : float
        As for `stability_index`.
    """
    known = before[~np.isnan(before)]
    edges = (
        np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else known
    )
    return stability_index(_binned(before, edges), _binned(after, edges), alpha=alpha)


def migration_counts(before: Sequence[str], after: Sequence[str], order: Sequence[str]) -> Counts:
    """Return how many went from each label to each, shape (labels, labels).

    Examples
    --------
    >>> migration_counts(["A", "B", "B"], ["A", "A", "B"], ("A", "B")).tolist()
    [[1, 0], [1, 1]]
    """
    place = {label: number for number, label in enumerate(order)}
    counts = np.zeros((len(order), len(order)), dtype=np.int64)
    for old, new in zip(before, after, strict=True):
        counts[place[old], place[new]] += 1
    return counts


def bandwidths(counts: Counts) -> tuple[float | None, float | None]:
    """Return lower and upper bandwidth of a migration matrix: how far those who move go.

    Upper: Σ_{i<j} |i−j|·n_ij / Σ_i max(|i−K|, |i−1|)·Σ_{j>i} n_ij, lower with j < i (ECB,
    Instructions for reporting the validation results of internal models, 2019, section
    2.5.5.1). 1 means that everybody who moves goes as far as there is; None: nobody moves so.

    Parameters
    ----------
    counts : ndarray of int, shape (K, K)
        From each grade (row, the best first) to each.
    """
    size = len(counts)
    row, column = np.indices(counts.shape)
    furthest = np.maximum(row, size - 1 - row)

    def band(side: NDArray[np.bool_]) -> float | None:
        most = float((furthest * counts)[side].sum())
        return float((np.abs(row - column) * counts)[side].sum()) / most if most else None

    return band(np.less(column, row)), band(np.greater(column, row))


def neighbour_tests(counts: Counts) -> list[Step]:
    """Return a test for each pair of neighbouring cells on one side of the diagonal.

    z = (p_far − p_near) / √((p_far·(1−p_far) + p_near·(1−p_near) + 2·p_far·p_near) / n), one
    sided (ECB, as for `bandwidths`, section 2.5.5.2). A small p: more customers jump over a
    grade than stop at it. Pairs without any customer are left out.
    """
    steps = []
    for i, line in enumerate(counts):
        rows = int(line.sum())
        for far in range(len(counts)):
            near = far - 1 if far > i else far + 1
            if far == i or not line[far] + line[near]:
                continue
            p_far, p_near = float(line[far]) / rows, float(line[near]) / rows
            spread = (p_far * (1 - p_far) + p_near * (1 - p_near) + 2 * p_far * p_near) / rows
            gap = p_far - p_near
            z = gap / math.sqrt(spread) if spread > 0 else math.copysign(math.inf, gap)
            steps.append(Step(i, near, far, z, 1 - NormalDist().cdf(z)))
    return steps


def _binned(values: Floats, edges: Floats) -> Counts:
    known = values[~np.isnan(values)]
    places = np.searchsorted(edges, known, side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return np.append(counts, len(values) - len(known)).astype(np.int64)
