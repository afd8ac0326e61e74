"""Non-negative logistic weights of indicators, scaled to add up to 1."""

from __future__ import annotations

import numpy as np

from features.matrix import Floats
from models.scale import log_odds, probability
from training.outcomes import Flags

_MOST_STEPS, _SMALLEST_STEP = 100, 1e-9
_LEAST_SLOPE = 1e-6  # of all slopes together: less tells nothing


def known_or_shared(points: Floats, score: Floats) -> Floats:
    """Return points in which an unknown indicator has its row's rule score.

    An unknown indicator leaves the rule score and its weight is shared among the known ones:
    the score is then the same as if the unknown one had had the score's own points.

    Parameters
    ----------
    points : ndarray of float64, shape (n, indicators)
        NaN is unknown.
    score : ndarray of float64, shape (n,)
        The rule score under the present weights; neutral where nothing is known.

    Examples
    --------
    >>> known_or_shared(np.array([[80.0, np.nan]]), np.array([80.0])).tolist()
    [[80.0, 80.0]]
    """
    return np.where(np.isnan(points), score[:, None], points)


def fitted_weights(
    points: Floats,
    defaulted: Flags,
    times: Floats,
    *,
    inverse_penalty: float,
    start: Floats | None = None,
) -> Floats | None:
    """Return the weights that tell defaults best, none below 0, or None where none tells.

    The most likely a, b ≥ 0 of ln(p / (1 − p)) = a − Σ b_i · points_i / 100, with a penalty on
    b² that matters only where points separate the outcomes; weights are b / Σ b. The problem is
    convex: there is one answer, wherever it is begun.

    Parameters
    ----------
    points : ndarray of float64, shape (n, indicators)
        0 to 100, none unknown.
    defaulted : ndarray of bool, shape (n,)
        What happened.
    times : ndarray of float64, shape (n,)
        How often each row counts.
    inverse_penalty : float
        Of b².
    start : ndarray of float64, shape (indicators,), optional
        Weights to begin near; saves steps.

    Returns
    -------
    ndarray of float64, shape (indicators,), or None
        None where no indicator has more points for survivors, or one outcome is absent.
    """
    seen = times > 0
    bad, count = defaulted[seen].astype(np.float64), times[seen]
    share = float((bad * count).sum() / count.sum())
    if not 0 < share < 1:
        return None
    # points lost rise with risk, so that no sign need be turned
    columns = np.column_stack([np.ones(len(bad)), (100 - points[seen]) / 100])
    begun = np.zeros(columns.shape[1])
    if start is None:
        begun[0] = log_odds(share)
    else:
        begun[1:] = start
        begun[0] = log_odds(share) - columns[:, 1:].mean(axis=0) @ start
    slopes = _most_likely(columns, bad, count, begun, 1 / inverse_penalty)[1:]
    total = float(slopes.sum())
    return slopes / total if total > _LEAST_SLOPE else None


def _most_likely(
    columns: Floats, bad: Floats, count: Floats, begun: Floats, penalty: float
) -> Floats:
    """Return the intercept and the non-negative slopes, by Newton steps within the bounds."""
    from scipy.optimize import lsq_linear  # noqa: PLC0415 - slow to import, needed only to fit

    held = np.full(len(begun), penalty)
    held[0] = 0.0
    bounds = (np.where(held > 0, 0.0, -np.inf), np.full(len(begun), np.inf))

    def cost(free: Floats) -> float:
        odds = columns @ free
        log_loss = np.log1p(np.exp(-np.abs(odds))) + np.maximum(odds, 0) - bad * odds
        return float(count @ log_loss + held @ free**2 / 2)

    free, now = begun, cost(begun)
    for _ in range(_MOST_STEPS):
        chance = probability(columns @ free)
        slope = columns.T @ (count * (chance - bad)) + held * free
        bend = (columns.T * (count * chance * (1 - chance))) @ columns + np.diag(held)
        # the quadratic that touches the cost here, as a sum of squares that bounds can be put on
        upper = np.linalg.cholesky(bend).T
        target = upper @ free - np.linalg.solve(upper.T, slope)
        step = lsq_linear(upper, target, bounds, method="bvls", tol=1e-14).x - free
        while (then := cost(free + step)) > now and np.abs(step).max() > _SMALLEST_STEP:
            step = step / 2
        free, now = free + step, min(then, now)
        if np.abs(step).max() <= _SMALLEST_STEP:
            break
    return np.maximum(free, bounds[0])


def in_hundredths(weights: Floats) -> list[float]:
    """Return weights in hundredths that add up to 1, by largest remainders.

    Parameters
    ----------
    weights : ndarray of float64
        None below 0, adding up to 1.

    Examples
    --------
    >>> in_hundredths(np.array([1, 1, 1]) / 3)
    [0.34, 0.33, 0.33]
    """
    wanted = np.round(weights * 100, 9)
    whole = np.floor(wanted)
    left = round(100 - whole.sum())
    largest = np.argsort(whole - wanted, kind="stable")[:left]
    whole[largest] += 1
    return [float(value) / 100 for value in whole]
