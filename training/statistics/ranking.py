"""How well a risk ranks defaults above survivors: AUC and KS, rows weighted or not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.errors import LedgerError
from features.matrix import Floats

Flags = NDArray[np.bool_]


class Ranking:
    """Rows in order of risk, tied risks as one group, for AUC and KS under row weights.

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
    """

    def __init__(self, risk: Floats, defaulted: Flags) -> None:
        if defaulted.all() or not defaulted.any():
            raise one_outcome(defaulted)
        self._order = np.argsort(risk, kind="stable")
        ordered = risk[self._order]
        self._starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        self._defaulted = defaulted[self._order].astype(np.float64)

    def _groups(self, weights: Floats) -> tuple[Floats, Floats]:
        ordered = weights[self._order]
        bad = np.add.reduceat(ordered * self._defaulted, self._starts)
        return bad, np.add.reduceat(ordered, self._starts) - bad

    def auc(self, weights: Floats) -> float:
        """Return the AUC of rows with these weights; NaN where an outcome has no weight."""
        bad, good = self._groups(weights)
        pairs = bad.sum() * good.sum()
        if pairs == 0:
            return float("nan")
        safer = np.cumsum(good) - good / 2
        return float((bad * safer).sum() / pairs)

    def ks(self) -> float:
        """Return the largest distance of the two distributions of the risk."""
        bad, good = self._groups(np.ones(len(self._order)))
        gap = np.cumsum(bad) / bad.sum() - np.cumsum(good) / good.sum()
        return float(np.abs(gap).max())


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
    return float(Ranking(risk, defaulted).auc(np.ones(len(risk))))


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
    return Ranking(risk, defaulted).ks()


def one_outcome(defaulted: Flags) -> LedgerError:
    """Return the error that rows of one outcome only can judge nothing."""
    every = "everybody" if len(defaulted) and defaulted.all() else "nobody"
    return LedgerError(
        f"Among {len(defaulted)} rows {every} defaulted, so a model cannot be judged on them. "
        "Give a longer ledger, more as-of dates, or fewer folds."
    )
