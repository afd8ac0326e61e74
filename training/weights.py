"""Weights of the five indicators that a seller's own defaults would give; never applied.

The rule score is a weighted mean of five indicators. Here a logistic regression of the outcomes on
the indicators' points, no weight below 0, says how much each tells beside the others. Whoever
wants them puts them into a policy, tries it, and activates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import util

import numpy as np

from features.errors import LedgerError, UnavailableError
from features.ledger.open import Ledger
from features.matrix import Floats, Snapshots
from features.snapshot import snapshots
from models.bands import is_better
from models.book import asked_pairs
from models.bundle import Bundle
from models.grading import grade_snapshots
from models.policy.sections import Policy, Weights
from models.rules import INDICATORS, RULE_INPUTS, Book, rule_scores
from training.candidates.draws import customer_draws
from training.config import TrainingConfig
from training.dataset import Dataset, Progress, ledger_dataset
from training.outcomes import Flags
from training.population import Rows
from training.reference import book_of
from training.statistics.discrimination import Interval, auc_difference, auc_interval
from training.weights_fit import fitted_weights, in_hundredths, known_or_shared
from training.windows import TEST

NAMES = tuple(indicator.name for indicator in INDICATORS)


@dataclass(frozen=True)
class WeightLine:
    """The weight of one indicator.

    Attributes
    ----------
    indicator : str
        Its name in the policy.
    present : float
        In the policy given.
    fitted : Interval
        By the outcomes, over draws of customers; the five estimates add up to 1.
    suggested : float
        In hundredths, for a policy; the five add up to 1.
    unknown_share : float
        Share of the rows fitted on for which the indicator is unknown, 0 to 1.
    kept : bool
        Whether too few defaults have it known, or everybody has the same points: it then keeps
        its present weight, and the others share the rest.
    """

    indicator: str
    present: float
    fitted: Interval
    suggested: float
    unknown_share: float
    kept: bool = False


@dataclass(frozen=True)
class BookMoves:
    """What the suggested weights would do to the grades of a day.

    Attributes
    ----------
    as_of : date
        The day.
    model_version : str
        What graded, beside the rules.
    customers, up, down : int
        Graded; of them with a better grade; with a worse one.
    """

    as_of: date
    model_version: str
    customers: int
    up: int
    down: int


@dataclass(frozen=True)
class WeightsFound:
    """Weights fitted to outcomes, and what they would change.

    Attributes
    ----------
    dataset : Dataset
        Rows and split.
    policy : Policy
        Whose weights they stand beside.
    lines : tuple of WeightLine
        One per indicator.
    fit : Rows
        The rows fitted on: all but the test rows.
    auc_present, auc_suggested, difference : Interval
        Of the rule score under either weights on the test rows, and suggested less present.
    moves : BookMoves or None
        None without a bundle.
    """

    dataset: Dataset
    policy: Policy
    lines: tuple[WeightLine, ...]
    fit: Rows
    auc_present: Interval
    auc_suggested: Interval
    difference: Interval
    moves: BookMoves | None

    @property
    def suggested(self) -> Weights:
        """The suggested weights as a policy holds them."""
        return Weights(**{line.indicator: line.suggested for line in self.lines})


def weights_of(
    ledger: Ledger,
    config: TrainingConfig,
    *,
    policy: Policy,
    bundle: Bundle | None = None,
    days: Sequence[date] | None = None,
    prior_grades: dict[str, str] | None = None,
    progress: Progress = lambda _: None,
) -> WeightsFound:
    """Return weights fitted to a ledger's defaults, and what they would change.

    They are fitted on the rows that a model would be fitted and calibrated on, and judged on
    the test rows.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    config : TrainingConfig
        Definition of default, horizons, windows; draws, confidence and seed.
    policy : Policy
        Its curves give the points; its weights are what the fitted ones stand beside.
    bundle : Bundle, optional
        Grades the book of the ledger's last day, and its book ranks amounts; without it the
        rows' own book does and no grade is told.
    days : sequence of date, optional
        As-of dates; without them every month-end whose labels the ledger knows.
    prior_grades : dict of str to str, optional
        What the hysteresis of both gradings is measured from.
    progress : callable
        Told in a sentence what goes on.

    Raises
    ------
    LedgerError
        If the ledger is too short, too few customers defaulted, or no indicator tells them
        from the others.
    UnavailableError
        If the extra `train` is not installed.
    """
    _refuse_without_extra()
    dataset = ledger_dataset(ledger, config, days=days, progress=progress)
    progress(dataset.split_reason)
    fit, test = dataset.rows.where(dataset.parts != TEST), dataset.part(TEST)
    _refuse_few(fit, config)
    book = bundle.book if bundle is not None else book_of(fit)
    lines = _lines(fit, book, policy, config, progress=progress)
    after = replace(policy, weights=Weights(**{line.indicator: line.suggested for line in lines}))
    risks = [-_scores(test.snapshots, book, each)[1] for each in (policy, after)]
    ids, settings = test.snapshots.customer_ids, config.validation
    areas = [
        auc_interval(
            risk,
            test.defaulted,
            ids,
            seed=config.seed,
            resamples=settings.resamples,
            confidence=settings.confidence,
        )
        for risk in risks
    ]
    difference = auc_difference(
        risks[1],
        risks[0],
        test.defaulted,
        ids,
        seed=config.seed,
        resamples=settings.resamples,
        confidence=settings.confidence,
    )
    moves = None
    if bundle is not None:
        progress("grading the book under both weights")
        moves = _moves(ledger, bundle, (policy, after), prior_grades or {})
    return WeightsFound(dataset, policy, lines, fit, areas[0], areas[1], difference, moves)


def _refuse_without_extra() -> None:
    if util.find_spec("scipy") is None:
        message = (
            "Fitting weights needs scipy, which this installation lacks. Install Tradegrade with "
            "the extra `train`."
        )
        raise UnavailableError(message)


def _refuse_few(fit: Rows, config: TrainingConfig) -> None:
    """Raise where too few customers defaulted: rows of one customer repeat one default."""
    bad = {c for c, d in zip(fit.snapshots.customer_ids, fit.defaulted, strict=True) if d}
    least = config.windows.least_defaults_in_all
    if len(bad) < least:
        message = (
            f"Only {len(bad)} customers of the rows to fit on defaulted, and weights need {least}. "
            "Give a longer ledger, more as-of dates (--from, --to), or a longer --horizon-days."
        )
        raise LedgerError(message)


def _scores(snapshots: Snapshots, book: Book, policy: Policy) -> tuple[Floats, Floats]:
    """Return the points of the indicators, NaN where unknown, and the rule score."""
    found = rule_scores(snapshots.select(RULE_INPUTS).values, book, policy)
    points = np.array([[score.indicators[name] for name in NAMES] for score in found])
    return points.reshape(-1, len(NAMES)), np.array([score.score for score in found])


def _lines(
    fit: Rows, book: Book, policy: Policy, config: TrainingConfig, *, progress: Progress
) -> tuple[WeightLine, ...]:
    points, score = _scores(fit.snapshots, book, policy)
    tells = _known_enough(points, fit.defaulted, config)
    shared, ids = known_or_shared(points, score)[:, tells], fit.snapshots.customer_ids
    penalty, settings = config.calibration.inverse_penalty, config.validation
    everybody = np.ones(len(fit))
    found = fitted_weights(shared, fit.defaulted, everybody, inverse_penalty=penalty)
    if found is None:
        message = (
            "No indicator has fewer points for the customers that defaulted, so no weights can be "
            "fitted. Look at the curves in [rules] of the policy, or give a longer ledger."
        )
        raise LedgerError(message)
    progress(f"fitting weights to {settings.resamples} draws of customers")
    drawn = [found]
    for times in customer_draws(ids, seed=config.seed, resamples=settings.resamples):
        once = fitted_weights(
            shared, fit.defaulted, times * everybody, inverse_penalty=penalty, start=found
        )
        if once is not None:
            drawn.append(once)
    tail = (1 - settings.confidence) / 2
    ends = np.quantile(drawn[1:] or drawn, [tail, 1 - tail], axis=0)
    present = np.array([getattr(policy.weights, name) for name in NAMES])
    estimate, low, high = (_beside_kept(part, present, tells) for part in (found, *ends))
    unknown, suggested = np.isnan(points).mean(axis=0), in_hundredths(estimate)
    return tuple(
        WeightLine(
            name,
            float(present[i]),
            Interval(float(estimate[i]), float(low[i]), float(high[i]), settings.confidence),
            suggested[i],
            float(unknown[i]),
            kept=not tells[i],
        )
        for i, name in enumerate(NAMES)
    )


def _known_enough(points: Floats, defaulted: Flags, config: TrainingConfig) -> Flags:
    """Return which indicators are known, and differ, for defaults enough to be fitted."""
    least = config.model.least_defaults_unknown
    known = ~np.isnan(points)
    enough: Flags = (known[defaulted].sum(axis=0) >= least) & (
        known[~defaulted].sum(axis=0) >= least
    )
    differ = [np.ptp(column[seen]) > 0 for column, seen in zip(points.T, known.T, strict=True)
              if seen.any()]  # fmt: skip
    enough[known.any(axis=0)] &= np.array(differ, dtype=bool)
    return enough


def _beside_kept(fitted: Floats, present: Floats, tells: Flags) -> Floats:
    """Return fitted weights of what was fitted in the share that the kept ones leave."""
    beside = present.copy()
    beside[tells] = fitted * max(0.0, 1 - float(present[~tells].sum()))
    return beside


def _moves(
    ledger: Ledger, bundle: Bundle, policies: tuple[Policy, Policy], prior_grades: dict[str, str]
) -> BookMoves:
    if ledger.last_day is None:
        message = f"The ledger {ledger.path} is empty: no day can be graded. Give another."
        raise LedgerError(message)
    found = snapshots(ledger, asked_pairs(ledger, ledger.last_day))
    before, after = (
        [g.grade for g in grade_snapshots(found, bundle, policy, prior_grades=prior_grades)]
        for policy in policies
    )
    pairs = list(zip(before, after, strict=True))
    return BookMoves(
        ledger.last_day,
        bundle.model_version,
        len(found),
        up=sum(is_better(new, old) for old, new in pairs),
        down=sum(is_better(old, new) for old, new in pairs),
    )
