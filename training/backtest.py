"""A backtest: the defaults of a quarter, each beside the grades held before it.

It reads outcomes and therefore lives here; nothing is stored, and the store is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from features.errors import LedgerError, UsageError
from features.ledger.open import Ledger
from models.book import Grader
from models.grading import grade_snapshots
from training.backtest_events import events_between
from training.backtest_figures import Traced
from training.backtest_traced import traced
from training.config import DefaultDefinition, TrainingConfig
from training.population import Population
from training.shadow_figures import RealisedLine, realised_lines
from training.validating.months import windows_of

_QUARTER = re.compile(r"([0-9]{4})Q([1-4])")


@dataclass(frozen=True)
class Quarter:
    """A quarter of the calendar: its name such as 2025Q4, its first and its last day."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Backtest:
    """The defaults of a quarter, traced, and what became of each grade.

    Attributes
    ----------
    quarter : Quarter
        Whose events are told.
    grader : Grader
        Bundle and policy that graded the days before.
    definition : DefaultDefinition
        Which events are a default, and whether customers without exposure are graded.
    events : tuple of Traced
        By day, then customer and kind.
    graded_on : date
        The bundle's horizon before the quarter's last day.
    grades : tuple of RealisedLine
        Of ``graded_on``, A to D: who was exposed and not in default, and defaulted within the
        horizon.
    reported : bool
        Whether the reporting lag after the quarter is over; else more events may follow.
    learned : bool
        Whether the model was fitted or calibrated on outcomes of this quarter.
    recorded : bool
        Whether the record of the training was there to tell.
    """

    quarter: Quarter
    grader: Grader
    definition: DefaultDefinition
    events: tuple[Traced, ...]
    graded_on: date
    grades: tuple[RealisedLine, ...]
    reported: bool
    learned: bool
    recorded: bool


def quarter_of(name: str) -> Quarter:
    """Return the quarter that a name such as 2025Q4 means.

    Raises
    ------
    UsageError
        If it is written otherwise.

    Examples
    --------
    >>> found = quarter_of("2024Q1")
    >>> str(found.first), str(found.last)
    ('2024-01-01', '2024-03-31')
    """
    told = _QUARTER.fullmatch(name)
    if told is None or not 1990 <= int(told[1]) < 2200:
        message = f"{name!r} is no quarter from 1990 on. Write the year, Q and 1 to 4: 2025Q4."
        raise UsageError(message)
    year, number = int(told[1]), int(told[2])
    after = date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)
    return Quarter(name, date(year, 3 * number - 2, 1), after - timedelta(days=1))


def backtest(
    ledger: Ledger,
    grader: Grader,
    quarter: Quarter,
    *,
    config: TrainingConfig,
    record: Mapping[str, Any],
) -> Backtest:
    """Return the defaults of a quarter, each beside the grades held 90, 180 and 365 days before.

    Every day is graded from the ledger as it was known then, by the same bundle and policy and
    with no prior grade: no stored grade is read, so hysteresis and overrides are left out.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    grader : Grader
        Bundle and policy.
    quarter : Quarter
        From `quarter_of`.
    config : TrainingConfig
        What a default is, and the reporting lag.
    record : mapping
        Of the run that trained the bundle; empty where there is none.

    Raises
    ------
    LedgerError
        If the ledger does not cover the quarter.
    ModelError
        If the policy has no scale anchors for the bundle's horizon.
    """
    horizon = grader.bundle.horizon_days
    grader.policy.point_scale(horizon)  # refuse an unusable horizon before the work
    last = _covered_to(ledger, quarter)
    events = events_between(ledger, config.default.on, quarter.first, quarter.last)
    graded_on = quarter.last - timedelta(days=horizon)
    lag = timedelta(days=config.windows.reporting_lag_days)
    return Backtest(
        quarter,
        grader,
        config.default,
        tuple(traced(ledger, grader, events, config.default)),
        graded_on,
        tuple(_realised(ledger, grader, graded_on, config.default)),
        reported=last >= quarter.last + lag,
        learned=_learned(ledger, record, quarter, horizon, lag),
        recorded=bool(record),
    )


def _realised(
    ledger: Ledger, grader: Grader, day: date, definition: DefaultDefinition
) -> list[RealisedLine]:
    rows = Population(ledger, definition).rows([day], grader.bundle.horizon_days)
    gradings = grade_snapshots(rows.snapshots, grader.bundle, grader.policy)
    told = np.array([grading.default_probability for grading in gradings], dtype=np.float64)
    return realised_lines([grading.grade for grading in gradings], told, rows.defaulted)


def _covered_to(ledger: Ledger, quarter: Quarter) -> date:
    first, last = ledger.first_day, ledger.last_day
    if first is None or last is None:
        message = f"The ledger {ledger.path} has no invoice, so there is nothing to look back on."
        raise LedgerError(message)
    if quarter.first < first or last < quarter.last:
        message = (
            f"The ledger runs from {first} to {last} and does not cover {quarter.name} "
            f"({quarter.first} to {quarter.last}). Give a quarter within these days."
        )
        raise LedgerError(message)
    return last


def _learned(
    ledger: Ledger, record: Mapping[str, Any], quarter: Quarter, horizon: int, lag: timedelta
) -> bool:
    """Tell whether a label that the model was fitted or calibrated on looks into the quarter."""
    if record.get("ledger_fingerprint") != ledger.fingerprint:
        return False
    fit, calibrate, _ = windows_of(record, horizon + lag.days)
    days = fit + calibrate
    if record.get("split") != "time":  # by customer, every as-of date was learned from
        days = tuple(date.fromisoformat(day) for day in record.get("as_of", ()))
    return any(d < quarter.last and d + timedelta(days=horizon) >= quarter.first for d in days)
