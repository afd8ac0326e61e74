"""How wrong a model's probabilities may be: measured by fitting it again on halves.

Two sources of error are measured in log-odds and added as variances, level by level:

* *the sample*: the customers are split into two halves, the model is fitted and calibrated on
  each, and a quarter of the squared difference is an unbiased estimate of the variance of the
  model fitted on all (half-sample replication: McCarthy 1969; Wolter 2007, chapter 3);
* *the form of the model*: half the squared difference to the logistic scorecard, and half that to
  freer trees, fitted on the same rows. Resampling cannot see that trees held back by their
  penalties lean to one side; other forms of model lean otherwise.

Without the second the intervals covered far too little (measured in training/README.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.matrix import Floats, Snapshots
from models.booster import Booster
from models.sureness.curve import Donors, ErrorCurve, Sureness
from models.sureness.facts import FACTS, Fact
from training.config import ModelSettings, TrainingConfig
from training.dataset import Progress
from training.fit import Fitted, Flags, fit_calibration, fit_model, fit_trees
from training.population import Rows

BOTH = "sample and form"
_LEAST_IN_STRATUM = 2  # customers with a default, so that each half has one
_LEAST_KNOWN = 30  # customers of whom a fact is known, for it to have donors
_FEWER_TREES = 3  # so many times fewer in a model beside, each with as many times the weight
_FREER_LEAVES, _FREER_L2 = 2, 100  # times the leaves, and this part of the penalty
_DIGITS = 6


def sureness_of(
    fit: Rows, calibrate: Rows, fitted: Fitted, config: TrainingConfig, *, progress: Progress
) -> Sureness | None:
    """Return how wrong a fitted model may be, or None where halves have too few defaults.

    The same rows, settings and seed give the same result.

    Parameters
    ----------
    fit, calibrate : Rows
        What the model was fitted and calibrated on. The error is looked at on the latter,
        which the trees have not seen.
    fitted : Fitted
        The model.
    config : TrainingConfig
        Its ``sureness.splits`` says how often to split, its ``seed`` how.
    progress : callable
        Told in a sentence what goes on.
    """
    curves = parts_of_error(fit, calibrate, fitted, config, progress=progress)
    if not curves:
        return None
    donors = _donors(fit.latest().snapshots, fitted, at_most=config.sureness.donors)
    return Sureness(curves[BOTH], donors)


def parts_of_error(
    fit: Rows,
    calibrate: Rows,
    fitted: Fitted,
    config: TrainingConfig,
    *,
    progress: Progress = lambda _: None,
) -> dict[str, ErrorCurve]:
    """Return the curve of the error, and those of its two parts alone; empty as `sureness_of`.

    Parameters
    ----------
    fit, calibrate, fitted, config, progress
        As for `sureness_of`.
    """
    halves = list(_halves(fit, calibrate, splits=config.sureness.splits, seed=config.seed))
    if not halves:
        return {}
    progress(
        f"fitting {2 * len(halves)} half models and two of another form, to tell how sure it is"
    )
    told = fitted.log_odds(calibrate.snapshots)
    of_sample = _of_sample(fit, calibrate, fitted, config, halves=halves)
    of_form = _of_form(told, fit, calibrate, config)
    return {
        name: error_curve(told, variance, points=config.sureness.points)
        for name, variance in (
            (BOTH, of_sample + of_form),
            ("the sample alone", of_sample),
            ("the form alone", of_form),
        )
    }


def _of_form(told: Floats, fit: Rows, calibrate: Rows, config: TrainingConfig) -> Floats:
    """Return the variance among forms of model of each calibration row, shape (n,)."""
    from training.candidates.scorecard import fit_scorecard  # noqa: PLC0415 - slow to import

    model = _fewer(config.model)
    freer = replace(model, leaves=_FREER_LEAVES * model.leaves, l2=model.l2 / _FREER_L2)
    others = (
        fit_scorecard(fit, calibrate, config),
        fit_model(fit, calibrate, replace(config, model=freer)),
    )
    total = np.zeros(len(told))
    for other in others:
        total += (told - other.log_odds(calibrate.snapshots)) ** 2 / 2
    return total


def _fewer(model: ModelSettings) -> ModelSettings:
    """Return settings of fewer trees that each count for more: near enough, and cheaper."""
    return replace(
        model,
        trees=-(-model.trees // _FEWER_TREES),
        learning_rate=min(1.0, model.learning_rate * _FEWER_TREES),
    )


@dataclass(frozen=True)
class _Half:
    """Which fit and which calibration rows are of the one half's customers."""

    fit: Flags
    calibrate: Flags


def _halves(fit: Rows, calibrate: Rows, *, splits: int, seed: int) -> Iterator[_Half]:
    """Yield splits of the customers, those with a default in either window spread evenly."""
    ids = [np.asarray(rows.snapshots.customer_ids) for rows in (fit, calibrate)]
    customers = np.unique(np.concatenate(ids))
    places = [np.searchsorted(customers, one) for one in ids]
    stratum = np.zeros(len(customers), dtype=np.int64)
    for bit, (rows, place) in enumerate(zip((fit, calibrate), places, strict=True)):
        bad = np.unique(place[rows.defaulted])
        if len(bad) < _LEAST_IN_STRATUM:
            return
        stratum[bad] += 1 << bit
    generator = np.random.default_rng(seed)
    for _ in range(splits):
        chosen = np.zeros(len(customers), dtype=bool)
        for value in range(4):
            drawn = generator.permutation(np.flatnonzero(stratum == value))
            chosen[drawn[: len(drawn) // 2]] = True
        half = _Half(chosen[places[0]], chosen[places[1]])
        if _has_both(fit, half.fit) and _has_both(calibrate, half.calibrate):
            yield half


def _has_both(rows: Rows, half: Flags) -> bool:
    """Tell whether both halves of the rows have both outcomes."""
    return all(0 < rows.defaulted[side].sum() < np.count_nonzero(side) for side in (half, ~half))


def _of_sample(
    fit: Rows, calibrate: Rows, fitted: Fitted, config: TrainingConfig, *, halves: list[_Half]
) -> Floats:
    """Return the variance of the log-odds of each calibration row, shape (n,)."""
    prepare, names = fitted.probability.prepare, fitted.names
    x_fit, x_judged = (prepare(r.snapshots.select(names).values) for r in (fit, calibrate))
    settings = _fewer(config.model)
    total = np.zeros(len(calibrate))
    for half in halves:
        told = []
        for of_fit, of_calibrate in ((half.fit, half.calibrate), (~half.fit, ~half.calibrate)):
            half_rows, half_calibrate = fit.where(of_fit), calibrate.where(of_calibrate)
            text = fit_trees(
                x_fit[of_fit],
                half_rows.defaulted,
                names,
                settings=settings,
                seed=config.seed,
                weights=half_rows.weights,
            )
            margin = Booster(text).margins(x_judged)
            calibration = fit_calibration(
                margin[of_calibrate],
                half_calibrate.defaulted,
                config.calibration,
                weights=half_calibrate.weights,
            )
            told.append(calibration.log_odds(margin))
        total += (told[0] - told[1]) ** 2 / 4
    variance: Floats = total / len(halves)
    return variance


def error_curve(log_odds: Floats, variance: Floats, *, points: int) -> ErrorCurve:
    """Return the standard error by level: of equally many rows each, at their mean.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (n,)
        What the model tells of each row.
    variance : ndarray of float64, shape (n,)
        Of each; its mean within a level counts.
    points : int
        Levels at most; equal log-odds are never parted.

    Examples
    --------
    >>> curve = error_curve(np.array([-3.0, -2.0]), np.array([0.04, 0.09]), points=2)
    >>> curve.at(-2.5)
    0.25
    """
    edges = np.unique(np.quantile(log_odds, np.linspace(0, 1, points + 1)[1:-1]))
    level = np.searchsorted(edges, log_odds, side="right")
    _, level = np.unique(level, return_inverse=True)
    rows = np.bincount(level)
    middle, mean = (np.bincount(level, weights=of) / rows for of in (log_odds, variance))
    return ErrorCurve(_rounded(middle), _rounded(np.sqrt(mean)))


def _donors(known: Snapshots, fitted: Fitted, *, at_most: int) -> dict[str, Donors]:
    found = {}
    for fact in FACTS:
        chosen = known.take(np.flatnonzero(~fact.is_unknown(known.values)))
        if len(chosen) >= _LEAST_KNOWN:
            found[fact.code] = _donors_of(fact, chosen, fitted, at_most)
    return found


def _donors_of(fact: Fact, known: Snapshots, fitted: Fitted, at_most: int) -> Donors:
    hidden = Snapshots(known.customer_ids, known.as_of, known.names, fact.hidden(known.values))
    told = _rounded(fitted.log_odds(hidden))
    order: NDArray[np.intp] = np.argsort(told, kind="stable")
    # evenly over the levels: most customers are good, but the rest must find their like too
    places = order[np.unique(np.linspace(0, len(order) - 1, at_most).round().astype(np.intp))]
    return Donors(told[places], known.values[places][:, fact.places])


def _rounded(values: Floats) -> Floats:
    """Return values without the noise of the last digits, as they are written."""
    return np.array([float(f"{value:.{_DIGITS}g}") for value in values])
