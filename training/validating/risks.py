"""What ranks and what tells the truth: discrimination and calibration of judged rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.matrix import Floats
from models.bands import GRADES, NOTCHES
from models.grading import Grading
from training.outcomes import Flags
from training.statistics.calibration import (
    BinLine,
    BrierParts,
    Fit,
    GradeTest,
    Recalibration,
    bin_lines,
    brier_parts,
    cohort_days,
    grade_tests,
    hosmer_lemeshow,
    recalibration,
)
from training.statistics.discrimination import (
    Fall,
    Interval,
    auc_difference,
    auc_fall,
    auc_interval,
    auc_standard_error,
    gini,
    ks,
    rank_of,
)
from training.statistics.ranking import auc
from training.validating.judged import JudgedRows
from training.validation import ece

CURVE = 101  # points of the curve that is drawn: no more, so that it tells of nobody


@dataclass(frozen=True)
class Sampling:
    """Of the bootstrap and the bins: seed, draws, confidence, bins of equal frequency."""

    seed: int
    resamples: int
    confidence: float
    bins: int


@dataclass(frozen=True)
class Discrimination:
    """How well the model and what is made of it rank.

    Attributes
    ----------
    auc, auc_score, auc_rules, auc_grades, auc_notches : Interval
        Of the default probability, the final score, the rule score alone, the four grades and
        the twelve notches; customers resampled.
    gini, ks : float
        Of the default probability.
    model_over_rules : Interval
        AUC of the model minus that of the rules, paired.
    since_training : Fall or None
        Whether the AUC fell below that of the training's test set, on the cohorts; None
        without a record of the training.
    curve : tuple of (float, float)
        Share of survivors accused and share of defaults caught, from riskiest to safest.
    """

    auc: Interval
    auc_score: Interval
    auc_rules: Interval
    auc_grades: Interval
    auc_notches: Interval
    gini: float
    ks: float
    model_over_rules: Interval
    since_training: Fall | None
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Calibration:
    """Whether as many defaulted as was told, on cohorts that do not overlap.

    Attributes
    ----------
    cohorts : tuple of date
        As-of dates whose horizons do not overlap, the last judged one among them.
    rows, defaults : int
        Of the cohorts.
    default_probability, default_rate : float
        Mean told, and realised.
    ece : float
        Expected calibration error.
    """

    cohorts: tuple[date, ...]
    rows: int
    defaults: int
    default_probability: float
    default_rate: float
    ece: float
    brier: BrierParts
    recalibration: Recalibration
    hosmer_lemeshow: Fit
    bins: tuple[BinLine, ...]
    grades: tuple[GradeTest, ...]
    notches: tuple[GradeTest, ...]


def discrimination(
    judged: JudgedRows, sampling: Sampling, *, horizon_days: int, initial: float | None
) -> Discrimination | None:
    """Return how well everything ranks; None where only one outcome happened.

    Parameters
    ----------
    judged : JudgedRows
        The rows.
    sampling : Sampling
        Of the bootstrap.
    horizon_days : int
        Tells which rows are independent.
    initial : float, optional
        AUC of the test set at the training.
    """
    defaulted, gradings = judged.defaulted, judged.gradings
    if defaulted.all() or not defaulted.any():
        return None
    told, rules = judged.told, _column(gradings, "rule_score")
    risks = {
        "auc": told,
        "auc_score": -_column(gradings, "score"),
        "auc_rules": -rules,
        "auc_grades": rank_of([g.grade for g in gradings], GRADES),
        "auc_notches": rank_of([g.notch for g in gradings], NOTCHES),
    }
    ids = judged.rows.snapshots.customer_ids
    seed, draws, level = sampling.seed, sampling.resamples, sampling.confidence
    intervals = {
        name: auc_interval(risk, defaulted, ids, seed=seed, resamples=draws, confidence=level)
        for name, risk in risks.items()
    }
    return Discrimination(
        **intervals,
        gini=gini(told, defaulted),
        ks=ks(told, defaulted),
        model_over_rules=auc_difference(
            told, -rules, defaulted, ids, seed=seed, resamples=draws, confidence=level
        ),
        since_training=_since(judged, horizon_days, initial),
        curve=_curve(told, defaulted),
    )


def calibration(
    judged: JudgedRows, days: Sequence[date], *, horizon_days: int, bins: int
) -> Calibration:
    """Return whether as many defaulted as was told.

    Parameters
    ----------
    judged : JudgedRows
        The rows.
    days : sequence of date
        The judged month-ends.
    horizon_days : int
        Of the bundle: cohorts are at least so far apart.
    bins : int
        Of equal frequency.
    """
    cohorts = cohort_days(days, horizon_days)
    chosen = judged.on(cohorts)
    told, defaulted = judged.told[chosen], judged.defaulted[chosen]
    gradings = [g for g, own in zip(judged.gradings, chosen, strict=True) if own]
    return Calibration(
        cohorts=cohorts,
        rows=len(told),
        defaults=int(defaulted.sum()),
        default_probability=float(told.mean()),
        default_rate=float(defaulted.mean()),
        ece=ece(told, defaulted, bins=bins),
        brier=brier_parts(told, defaulted, bins=bins),
        recalibration=recalibration(_log_odds(told), defaulted),
        hosmer_lemeshow=hosmer_lemeshow(told, defaulted, bins=bins),
        bins=tuple(bin_lines(told, defaulted, bins=bins)),
        grades=tuple(grade_tests([g.grade for g in gradings], GRADES, told, defaulted)),
        notches=tuple(grade_tests([g.notch for g in gradings], NOTCHES, told, defaulted)),
    )


def _since(judged: JudgedRows, horizon_days: int, initial: float | None) -> Fall | None:
    chosen = judged.on(cohort_days(judged.rows.snapshots.as_of.tolist(), horizon_days))
    told, defaulted = judged.told[chosen], judged.defaulted[chosen]
    if initial is None or defaulted.all() or not defaulted.any():
        return None
    return auc_fall(initial, auc(told, defaulted), auc_standard_error(told, defaulted))


def _curve(told: Floats, defaulted: Flags) -> tuple[tuple[float, float], ...]:
    """Return the ROC at the quantiles of the probability; equal probabilities are one step."""
    edges = np.unique(np.quantile(told, np.linspace(0, 1, CURVE)))[::-1]
    bad, good = np.sort(told[defaulted]), np.sort(told[~defaulted])
    points = [(0.0, 0.0)]
    for edge in edges:
        caught = 1 - np.searchsorted(bad, edge) / len(bad)
        accused = 1 - np.searchsorted(good, edge) / len(good)
        points.append((float(accused), float(caught)))
    return tuple(points)


def _column(gradings: Sequence[Grading], name: str) -> Floats:
    return np.array([getattr(grading, name) for grading in gradings], dtype=np.float64)


def _log_odds(told: Floats) -> Floats:
    least = np.finfo(np.float64).eps
    safe = np.clip(told, least, 1 - least)
    return np.asarray(np.log(safe) - np.log1p(-safe))
