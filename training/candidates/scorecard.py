"""A logistic scorecard on weights of evidence: the card a credit department would draw up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from features.catalogue import FEATURES, MODEL_FEATURES
from features.matrix import Floats, Snapshots
from models.probability import Calibration
from models.scale import PointScale, log_odds
from training.candidates.woe import BinSettings, FeatureBins, Flags, feature_bins
from training.config import CandidateSettings, TrainingConfig
from training.fit import fit_calibration
from training.population import Rows


@dataclass(frozen=True)
class Scorecard:
    """A calibrated scorecard.

    Attributes
    ----------
    names : tuple of str
        Its features, by falling information value.
    bins : tuple of FeatureBins
        Of each feature.
    intercept : float
        Log-odds where every weight of evidence is 0.
    coefficients : ndarray of float64, shape (features,)
        Above 0: a bin with more defaults never lowers the risk.
    calibration : Calibration
        From the card's log-odds to those told.
    """

    names: tuple[str, ...]
    bins: tuple[FeatureBins, ...]
    intercept: float
    coefficients: Floats
    calibration: Calibration

    def margins(self, snapshots: Snapshots) -> Floats:
        """Return log-odds before calibration, shape (n,)."""
        return self.intercept + _woe(self.bins, snapshots, self.names) @ self.coefficients

    def log_odds(self, snapshots: Snapshots) -> Floats:
        """Return calibrated log-odds of default of each snapshot, shape (n,)."""
        return self.calibration.log_odds(self.margins(snapshots))


@dataclass(frozen=True)
class PointsLine:
    """The points of one bin of a card.

    Attributes
    ----------
    feature : str
        Of the catalogue; empty for the base points that everybody has.
    above, up_to : float or None
        The bin is ``above < value ≤ up_to``; None is no end. Both None and not `unknown`:
        every known value.
    unknown : bool
        Whether it is the bin of those whose value is unknown.
    rows, defaults : int
        Of the fit rows.
    points : float
        Added to the score, higher is safer.
    """

    feature: str
    above: float | None
    up_to: float | None
    unknown: bool
    rows: int
    defaults: int
    points: float


def fit_scorecard(fit: Rows, calibrate: Rows, config: TrainingConfig) -> Scorecard:
    """Return a scorecard: bins and weights from one set of rows, calibration from another.

    The features with the most information come first; a feature whose coefficient comes out
    below 0, the worst first, is dropped and the rest fitted again, so that every bin moves the
    risk the way its own default rate says.

    The rows of a sample count by their weights in the regression and the calibration, as in the
    trees, so that the penalty holds the coefficients as it would on all rows. Bins are cut from
    the rows as they are: where outcomes are drawn apart, the shares that weights of evidence
    compare, and the order of the bins' default rates, stay those of all rows but for chance.

    Parameters
    ----------
    fit, calibrate : Rows
        Disjoint in time or in customers.
    config : TrainingConfig
        How features are cut and chosen, and the calibration.

    Returns
    -------
    Scorecard
        Without features, and telling everybody the base rate, where none tells enough.
    """
    settings = config.candidates
    cuts = BinSettings(
        bins=settings.bins,
        least_rows=max(1, round(settings.rows_in_bin_share * len(fit))),
        least_defaults=settings.least_defaults,
        smoothing=settings.smoothing,
    )
    found = {
        name: feature_bins(
            fit.snapshots.column(name),
            fit.defaulted,
            direction=FEATURES[name].direction,
            settings=cuts,
        )
        for name in MODEL_FEATURES
    }
    names = _most_telling(found, settings)
    told = _woe([found[name] for name in names], fit.snapshots, names)
    kept, intercept, coefficients = _non_negative(
        told, fit.defaulted, settings, weights=fit.weights
    )
    chosen = tuple(names[place] for place in kept)
    bins = tuple(found[name] for name in chosen)
    card = Scorecard(chosen, bins, intercept, coefficients, Calibration(0.0, 1.0))
    margin = card.margins(calibrate.snapshots)
    calibration = fit_calibration(
        margin, calibrate.defaulted, config.calibration, weights=calibrate.weights
    )
    return Scorecard(chosen, bins, intercept, coefficients, calibration)


def points_table(card: Scorecard, scale: PointScale) -> list[PointsLine]:
    """Return the card as a person adds it up: base points, then the points of each bin.

    The base points and one line per feature add up to ``scale.points`` of the calibrated
    log-odds.

    Parameters
    ----------
    card : Scorecard
        A calibrated card.
    scale : PointScale
        Of the policy, for the horizon of the rows.
    """
    base = scale.points(np.array(card.calibration.log_odds(np.array(card.intercept))))
    lines = [PointsLine("", None, None, False, 0, 0, float(base))]
    for name, bins, weight in zip(card.names, card.bins, card.coefficients, strict=True):
        points = scale.slope * card.calibration.slope * weight * bins.woe
        ends = [None, *bins.edges.tolist(), None]
        last = len(bins.edges) + 1
        for place in range(last + 1):
            unknown = place == last
            lines.append(
                PointsLine(
                    name,
                    None if unknown else ends[place],
                    None if unknown else ends[place + 1],
                    unknown,
                    int(bins.rows[place]),
                    int(bins.defaults[place]),
                    float(points[place]),
                )
            )
    return lines


def _woe(bins: Sequence[FeatureBins], snapshots: Snapshots, names: Sequence[str]) -> Floats:
    told = np.zeros((len(snapshots), len(names)))
    for place, (found, name) in enumerate(zip(bins, names, strict=True)):
        told[:, place] = found.transform(snapshots.column(name))
    return told


def _most_telling(found: dict[str, FeatureBins], settings: CandidateSettings) -> tuple[str, ...]:
    """Return the features with information enough, the most first, no more than allowed."""
    told = {name: bins.information_value for name, bins in found.items()}
    enough = [name for name in found if told[name] >= settings.least_information]
    return tuple(sorted(enough, key=lambda name: -told[name])[: settings.most_features])


def _non_negative(
    woe: Floats, defaulted: Flags, settings: CandidateSettings, *, weights: Floats | None
) -> tuple[list[int], float, Floats]:
    """Return the columns kept, the intercept and the coefficients, none of them below 0."""
    kept = list(range(woe.shape[1]))
    while kept:
        fitted = LogisticRegression(
            C=settings.inverse_penalty, solver="newton-cholesky", tol=1e-8, max_iter=200
        ).fit(woe[:, kept], defaulted, sample_weight=weights)
        coefficients: Floats = fitted.coef_[0]
        worst = int(np.argmin(coefficients))
        if coefficients[worst] >= 0:
            return kept, float(fitted.intercept_[0]), coefficients
        del kept[worst]
    return kept, log_odds(float(np.average(defaulted, weights=weights))), np.empty(0)
