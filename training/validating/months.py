"""Which month-ends a model is judged on, and by which definition of default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from features.errors import LedgerError
from features.ledger.open import Ledger
from training.config import TrainingConfig, Windows, load_config
from training.windows import covered_month_ends

PATH_MONTHS = 12
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Months:
    """The month-ends of a validation.

    Attributes
    ----------
    judged : tuple of date
        Those whose rows are judged by their outcomes.
    path : tuple of date
        Those over which grades are followed: the judged, and before them until there are
        twelve.
    reference : date
        The book that the last one is compared with: of the last day that the trees were
        fitted on, else the first of the path.
    learned : tuple of date
        The judged ones that the model was fitted or calibrated on.
    learned_path : tuple of date
        Those of the path.
    """

    judged: tuple[date, ...]
    path: tuple[date, ...]
    reference: date
    learned: tuple[date, ...]
    learned_path: tuple[date, ...] = ()


def config_of(record: Record, horizon_days: int) -> TrainingConfig:
    """Return the settings by which rows and outcomes come about: those of the training.

    Parameters
    ----------
    record : mapping
        Of the run that trained the model; empty where there is none.
    horizon_days : int
        Of the bundle.
    """
    told = record.get("config", {})
    default, windows = told.get("default", {}), told.get("windows", {})
    config = load_config().with_options(
        horizon_days=horizon_days,
        default_on=tuple(default["on"]) if "on" in default else None,
        keep_unexposed=default.get("keep_unexposed"),
        seed=told.get("seed"),
    )
    kept = ("reporting_lag_days", "start_after_days")
    same = {name: windows[name] for name in kept if name in windows}
    return replace(config, windows=replace(config.windows, **same))


def months_of(
    ledger: Ledger,
    record: Record,
    windows: Windows,
    *,
    horizon_days: int,
    first: date | None = None,
    last: date | None = None,
) -> Months:
    """Return the month-ends to judge a model on.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    record : mapping
        Of the run that trained the model; empty where there is none.
    windows : Windows
        Start and reporting lag.
    horizon_days : int
        Of the bundle.
    first, last : date, optional
        Ends of the span asked for; without both the test window of the training, where the
        ledger covers it, else the last twelve.

    Raises
    ------
    LedgerError
        If the ledger covers no such month-end with horizon and reporting lag.
    """
    usable = _usable(ledger, windows, horizon_days)
    fit, calibrate, test = windows_of(record, horizon_days + windows.reporting_lag_days)
    if first is None and last is None:
        judged = tuple(day for day in usable if day in test) or usable[-PATH_MONTHS:]
    else:
        judged = tuple(d for d in usable if (first or d) <= d <= (last or d))
    if not judged:
        message = (
            f"Between {first or 'the beginning'} and {last or 'the end'} there is no month-end "
            f"whose {horizon_days} days and reporting lag the ledger covers; it covers "
            f"{usable[0]} to {usable[-1]}. Give --from and --to within these."
        )
        raise LedgerError(message)
    before = tuple(day for day in usable if day <= judged[-1])
    path = before[-max(PATH_MONTHS, before.index(judged[-1]) - before.index(judged[0]) + 1) :]
    fitted_on = [day for day in fit if day in usable and day < judged[-1]]
    same_ledger = record.get("ledger_fingerprint") == ledger.fingerprint
    seen = (*fit, *calibrate) if same_ledger else ()
    return Months(
        judged,
        path,
        fitted_on[-1] if fitted_on else path[0],
        learned=tuple(day for day in judged if day in seen),
        learned_path=tuple(day for day in path if day in seen),
    )


def windows_of(
    record: Record, gap_days: int
) -> tuple[tuple[date, ...], tuple[date, ...], tuple[date, ...]]:
    """Return the as-of dates that a training fitted, calibrated and tested on.

    Where the record does not say, they are told by the gaps that a split by time leaves: the
    labels of one window are known before the next begins. Split by customer, or without a
    record, there are none.

    Examples
    --------
    >>> days = ["2024-01-31", "2024-02-29", "2024-09-30", "2025-05-31", "2025-06-30"]
    >>> fit, calibrate, test = windows_of({"split": "time", "as_of": days}, 210)
    >>> len(fit), len(calibrate), [str(day) for day in test]
    (2, 1, ['2025-05-31', '2025-06-30'])
    """
    if record.get("split") != "time":
        return (), (), ()
    days = [date.fromisoformat(day) for day in record["as_of"]]
    runs: list[list[date]] = []
    for day in days:
        if not runs or runs[-1][-1] + timedelta(days=gap_days) < day:
            runs.append([])
        runs[-1].append(day)
    if len(runs) != 3:
        return (), (), _told(record.get("test_as_of", []))
    fit, calibrate, test = (tuple(run) for run in runs)
    return fit, calibrate, test


def _told(days: Sequence[str]) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in days)


def _usable(ledger: Ledger, windows: Windows, horizon_days: int) -> tuple[date, ...]:
    if ledger.first_day is None or ledger.last_day is None:
        message = f"The ledger {ledger.path} has no invoice, so no model can be judged on it."
        raise LedgerError(message)
    usable = covered_month_ends(
        ledger.first_day, ledger.last_day, horizon_days=horizon_days, windows=windows
    )
    if not usable:
        needed = windows.start_after_days + horizon_days + windows.reporting_lag_days
        message = (
            f"The ledger runs from {ledger.first_day} to {ledger.last_day}: history, a horizon of "
            f"{horizon_days} days and the reporting lag need {needed} days and a month-end "
            "between. Give a longer ledger."
        )
        raise LedgerError(message)
    return usable
