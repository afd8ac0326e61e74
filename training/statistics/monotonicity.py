"""Monotonicity: an audit of a model by asking it, not by reading how it was trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.matrix import Floats

ROUNDING = 1e-12  # a step against the direction that small is no violation


@dataclass(frozen=True)
class Audit:
    """One feature, probed on real rows.

    Attributes
    ----------
    feature : str
        Its name.
    direction : int
        1: risk may only rise with it; −1: only fall.
    steps : int
        Steps from one probed value to the next, over all rows.
    violations : int
        Steps that went the wrong way.
    largest : float
        The worst of them in log-odds; 0 where there is none.
    """

    feature: str
    direction: int
    steps: int
    violations: int
    largest: float


def audit(
    log_odds: Callable[[Floats], Floats],
    rows: Floats,
    names: Sequence[str],
    directions: Mapping[str, int],
    *,
    book: Floats | None = None,
    probes: int = 11,
) -> list[Audit]:
    """Return an audit of each feature that has a direction, in the order of the columns.

    Each feature of each row is set to rising quantiles of the values that the book knows, each
    taken once so that a common value does not crowd out the others, while the rest stays as it
    is; log-odds must move in the direction, beyond rounding. A step from unknown to a value is
    not probed: no constraint holds there.

    Parameters
    ----------
    log_odds : callable
        The model, of rows of shape (m, features).
    rows : ndarray of float64, shape (n, features)
        Real customers; NaN is unknown.
    names : sequence of str, length features
        Feature of each column.
    directions : mapping of str to int
        1, −1, or 0 for none.
    book : ndarray of float64, shape (m, features), optional
        Whose values are probed; without it those of the rows.
    probes : int
        Quantiles, the least and the largest value among them.

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [2.0]])
    >>> [found] = audit(lambda x: -x[:, 0], rows, ["late"], {"late": 1}, probes=3)
    >>> found.steps, found.violations, found.largest
    (6, 6, 1.0)
    """
    known = rows if book is None else book
    return [
        _probed(log_odds, rows, place, name, directions[name], _values(known[:, place], probes))
        for place, name in enumerate(names)
        if directions[name]
    ]


def _values(column: Floats, probes: int) -> Floats:
    known = np.unique(column[~np.isnan(column)])
    if not len(known):
        return known
    return np.unique(np.quantile(known, np.linspace(0, 1, probes), method="nearest"))


def _probed(
    log_odds: Callable[[Floats], Floats],
    rows: Floats,
    place: int,
    name: str,
    direction: int,
    values: Floats,
) -> Audit:
    if len(values) < 2:
        return Audit(name, direction, 0, 0, 0.0)
    asked = np.repeat(rows, len(values), axis=0)
    asked[:, place] = np.tile(values, len(rows))
    wrong = -direction * np.diff(log_odds(asked).reshape(len(rows), len(values)), axis=1)
    against = wrong > ROUNDING
    largest = float(wrong[against].max()) if against.any() else 0.0
    return Audit(name, direction, int(wrong.size), int(against.sum()), largest)
