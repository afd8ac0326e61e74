"""Candidates compared: the shipped trees, a scorecard and the plain rules, on the same rows.

Nothing of a comparison enters a bundle, and none of the others can be shipped by it: it says
what the trees are worth over what a credit department could do by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypedDict

import numpy as np

from features.matrix import Floats
from models.bundle import Bundle
from models.policy.sections import Policy
from models.scale import probability
from training.candidates.draws import customer_draws
from training.candidates.figures import LIGHTGBM, RULES, SCORECARD, Candidate
from training.candidates.rules import fit_rules
from training.config import TrainingConfig
from training.dataset import Dataset, Progress
from training.folds import Fitter, FoldFigures, cross_validated
from training.population import Rows
from training.statistics.discrimination import Interval, auc_difference, auc_interval
from training.validation import Flags, brier, ece, ks
from training.windows import CALIBRATE, FIT, TEST

_Statistic = Callable[[Floats, Flags], float]


class _Draws(TypedDict):
    seed: int
    resamples: int
    confidence: float


def compared(
    dataset: Dataset,
    bundle: Bundle,
    config: TrainingConfig,
    *,
    policy: Policy,
    folds: FoldFigures | None,
    progress: Progress,
) -> tuple[Candidate, ...]:
    """Return the shipped trees, the scorecard and the rules on the same test set and folds.

    Each is fitted on the fit rows and calibrated on the calibration rows, in the same way, and
    judged on the test rows with the same draws of customers.

    Parameters
    ----------
    dataset : Dataset
        The rows and their split.
    bundle : Bundle
        The shipped one: its trees, and the book that the rules read.
    config : TrainingConfig
        How the scorecard is cut; draws, confidence and seed.
    policy : Policy
        The rules.
    folds : mapping of str to Spread, optional
        The trees' figures over folds of customers; then the others are cross-validated too.
    progress : callable
        Told in a sentence what goes on.
    """
    fit, calibrate, test = (dataset.part(part) for part in (FIT, CALIBRATE, TEST))
    fitters = _fitters(policy)
    told = {LIGHTGBM: _trees(bundle, test)}
    for name, fitter in fitters.items():
        progress(f"fitting the {name} to compare")
        ours = partial(fit_rules, policy=policy, book=bundle.book) if name == RULES else fitter
        told[name] = ours(fit, calibrate, config).log_odds(test.snapshots)
    spreads = {LIGHTGBM: folds}
    for name, fitter in fitters.items():
        spreads[name] = (
            cross_validated(dataset.unsampled, config, progress=_silent, fitter=fitter)
            if folds
            else None
        )
    return tuple(
        _judged(name, told, test, config, folds=spreads[name])
        for name in (LIGHTGBM, SCORECARD, RULES)
    )


def _fitters(policy: Policy) -> dict[str, Fitter]:
    # seconds to import scikit-learn, needed only to compare
    from training.candidates.scorecard import fit_scorecard  # noqa: PLC0415

    # over folds the rules read a book of the fold's own fit rows, as the trees do
    return {SCORECARD: fit_scorecard, RULES: partial(fit_rules, policy=policy)}


def _trees(bundle: Bundle, rows: Rows) -> Floats:
    return bundle.probability.log_odds(rows.snapshots.select(bundle.feature_names).values)


def _silent(message: str) -> None:
    """Say nothing: the trees' own folds were told of."""


def _judged(
    name: str,
    told: dict[str, Floats],
    test: Rows,
    config: TrainingConfig,
    *,
    folds: FoldFigures | None,
) -> Candidate:
    settings, happened = config.validation, test.defaulted
    ids = test.snapshots.customer_ids
    shared: _Draws = {
        "seed": config.seed,
        "resamples": settings.resamples,
        "confidence": settings.confidence,
    }
    distance, score, error = _intervals(told[name], test, _statistics(settings.bins), **shared)
    return Candidate(
        name,
        auc=auc_interval(told[name], happened, ids, **shared),
        ks=distance,
        brier=score,
        ece=error,
        difference_to_lightgbm=None
        if name == LIGHTGBM
        else auc_difference(told[name], told[LIGHTGBM], happened, ids, **shared),
        folds=folds,
    )


def _statistics(bins: int) -> tuple[_Statistic, ...]:
    """Return KS, Brier score and ECE as functions of log-odds and outcome."""
    return (
        ks,
        lambda odds, happened: brier(probability(odds), happened),
        lambda odds, happened: ece(probability(odds), happened, bins=bins),
    )


def _intervals(
    odds: Floats,
    test: Rows,
    statistics: Sequence[_Statistic],
    *,
    seed: int,
    resamples: int,
    confidence: float,
) -> list[Interval]:
    """Return each statistic with a percentile interval over draws of customers."""
    happened, drawn = test.defaulted, []
    for times in customer_draws(test.snapshots.customer_ids, seed=seed, resamples=resamples):
        places = np.repeat(np.arange(len(times)), times)
        if 0 < happened[places].sum() < len(places):
            drawn.append([statistic(odds[places], happened[places]) for statistic in statistics])
    tail = (1 - confidence) / 2
    ends = np.quantile(np.array(drawn), [tail, 1 - tail], axis=0)
    return [
        Interval(statistic(odds, happened), float(low), float(high), confidence)
        for statistic, low, high in zip(statistics, *ends, strict=True)
    ]
