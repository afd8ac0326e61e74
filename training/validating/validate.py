"""Validate: a bundle and a policy judged on the month-ends of a ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from features.ledger.open import Ledger
from models.bundle import Bundle
from models.explain.words.text import Text
from models.policy.sections import Policy
from training.config import TrainingConfig
from training.dataset import Progress
from training.statistics.lead_time import LeadTime
from training.statistics.monotonicity import Audit
from training.validating.book import (
    ConflictFigures,
    Unknown,
    conflict_figures,
    monotonicity,
    unknowns,
    warnings_before_default,
)
from training.validating.judged import JudgedRows, judged_rows
from training.validating.months import config_of, months_of
from training.validating.risks import (
    Calibration,
    Discrimination,
    Sampling,
    calibration,
    discrimination,
)
from training.validating.steadiness import Spread, Steadiness, spread, steadiness
from training.validating.warned import warnings_of


@dataclass(frozen=True)
class Validation:
    """What a ledger says of a model under the active policy; aggregates only.

    Attributes
    ----------
    model_version, policy_version : str
        What was judged.
    horizon_days : int
        Days after a month-end within which a default counts.
    months : tuple of date
        The month-ends judged.
    rows, customers, defaults : int
        Rows judged, the customers behind them, and the rows that defaulted.
    considered : int
        Customers known on these month-ends, a customer once for each.
    in_default_share, unexposed_share : float
        Of these, who was left out because in default, and because nothing was owed.
    discrimination : Discrimination or None
        None where only one outcome happened.
    calibration : Calibration
        On the cohorts among the months.
    stability : Steadiness
        Against the reference day, and along the path of grades.
    concentration : tuple of two Spread
        Of the grades and of the notches.
    conflicts : ConflictFigures
        Rules against model.
    missing : tuple of Unknown
        Every feature, the most unknown first.
    lead_time : LeadTime
        From the first grade below B to the default.
    monotonicity : tuple of Audit
        Every feature with a direction.
    warnings : tuple of Text
        What a reader of the figures should know.
    """

    model_version: str
    policy_version: str
    horizon_days: int
    months: tuple[date, ...]
    rows: int
    customers: int
    defaults: int
    considered: int
    in_default_share: float
    unexposed_share: float
    discrimination: Discrimination | None
    calibration: Calibration
    stability: Steadiness
    concentration: tuple[Spread, Spread]
    conflicts: ConflictFigures
    missing: tuple[Unknown, ...]
    lead_time: LeadTime
    monotonicity: tuple[Audit, ...]
    warnings: tuple[Text, ...]


def validate(
    ledger: Ledger,
    bundle: Bundle,
    policy: Policy,
    *,
    record: Mapping[str, Any],
    first: date | None = None,
    last: date | None = None,
    progress: Progress = lambda _: None,
) -> Validation:
    """Return what a ledger says of a model.

    Rows, outcomes and the definition of default are those of training; everybody is graded
    by the one scoring path, each month-end with the grades of the one before as prior grades.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    bundle, policy
        What grades.
    record : mapping
        Of the run that trained the bundle; empty where there is none.
    first, last : date, optional
        Span of month-ends; without both the training's test window, else the last twelve.
    progress : callable
        Told in a sentence what goes on.

    Raises
    ------
    LedgerError
        If no month-end can be judged, or nobody is exposed on them.
    ModelError
        If the policy has no scale anchors for the bundle's horizon.
    """
    horizon = bundle.horizon_days
    policy.point_scale(horizon)  # refuse an unusable horizon before the work
    config = config_of(record, horizon)
    months = months_of(ledger, record, config.windows, horizon_days=horizon, first=first, last=last)
    progress(f"grading {len(months.path)} month-ends {months.path[0]} to {months.path[-1]}")
    judged = judged_rows(ledger, bundle, policy, config, months)
    progress(f"judging {len(judged.rows)} rows, {judged.rows.defaults} defaults")
    ranks, steady = _ranks(judged, config, record, horizon), steadiness(judged, bundle, months)
    true = calibration(judged, months.judged, horizon_days=horizon, bins=config.validation.bins)
    spreads = spread(judged, "grade"), spread(judged, "notch")
    audits = tuple(monotonicity(judged, bundle, seed=config.seed))
    considered = max(judged.counts.considered, 1)
    return Validation(
        model_version=bundle.model_version,
        policy_version=policy.policy_version,
        horizon_days=horizon,
        months=months.judged,
        rows=len(judged.rows),
        customers=len(set(judged.rows.snapshots.customer_ids)),
        defaults=judged.rows.defaults,
        considered=judged.counts.considered,
        in_default_share=judged.counts.in_default / considered,
        unexposed_share=judged.counts.unexposed / considered,
        discrimination=ranks,
        calibration=true,
        stability=steady,
        concentration=spreads,
        conflicts=conflict_figures(judged, policy),
        missing=unknowns(judged),
        lead_time=warnings_before_default(judged),
        monotonicity=audits,
        warnings=warnings_of(
            months, true, spreads, audits,
            least_defaults=config.windows.least_defaults,
            defaults=judged.rows.defaults,
            record_found=bool(record),
        ),
    )  # fmt: skip


def _ranks(
    judged: JudgedRows, config: TrainingConfig, record: Mapping[str, Any], horizon_days: int
) -> Discrimination | None:
    settings = config.validation
    sampling = Sampling(config.seed, settings.resamples, settings.confidence, settings.bins)
    return discrimination(judged, sampling, horizon_days=horizon_days, initial=record.get("auc"))
