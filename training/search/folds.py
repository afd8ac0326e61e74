"""The folds of a search: other customers, and later in time where the fit window allows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from features.errors import LedgerError
from training.config import TrainingConfig, Windows
from training.population import Rows
from training.validation import Flags
from training.windows import customer_folds, places

TIME, CUSTOMER = "time", "customer"
_LEAST_FITTED = 0.5  # settings that suit a few of the rows do not suit all of them


@dataclass(frozen=True)
class Fold:
    """Which rows are fitted on, calibrated on and judged; no customer is in two of them."""

    fit: Flags
    calibrate: Flags
    judged: Flags


@dataclass(frozen=True)
class Layout:
    """The folds of a search, and why they are what they are.

    Attributes
    ----------
    kind : str
        ``time``: judged rows are later, by more than horizon and reporting lag, than those fitted
        on; or ``customer``: of other customers only.
    reason : str
        A sentence for a person.
    fitted_days, judged_days : tuple of date
        As-of dates.
    folds : tuple of Fold
        In every fold each of the three parts has both outcomes.
    """

    kind: str
    reason: str
    fitted_days: tuple[date, ...]
    judged_days: tuple[date, ...]
    folds: tuple[Fold, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what tells this layout from another of the same rows."""
        return {
            "kind": self.kind,
            "folds": len(self.folds),
            "fitted": [str(day) for day in self.fitted_days],
            "judged": [str(day) for day in self.judged_days],
        }


def search_folds(rows: Rows, config: TrainingConfig, *, horizon_days: int) -> Layout:
    """Return the folds over the rows of the fit window.

    Each fold's customers are judged by what was fitted, and calibrated, on others. Where the
    window is long enough they are judged on later as-of dates too, whose first lies after the
    last label of the dates fitted on was known.

    Parameters
    ----------
    rows : Rows
        Of the fit window.
    config : TrainingConfig
        Number of folds, reporting lag and shares.
    horizon_days : int
        Days of the horizon.

    Raises
    ------
    LedgerError
        If a part of a fold has only one outcome, however time is dealt with.
    """
    as_of = rows.snapshots.as_of
    days = tuple(sorted({day.item() for day in np.unique(as_of)}))
    gap = config.windows.reporting_lag_days + horizon_days
    cut = _cut(days, timedelta(days=gap), config.windows)
    short = (
        f"the fit window of {_told(days)} is too short to fit on half of it and judge later dates, "
        f"{gap} days of horizon and reporting lag between"
    )
    if cut is not None:
        found = _layout(rows, config, TIME, cut)
        least = config.windows.least_defaults
        short = f"the dates before or after such a gap have fewer than {least} defaults"
        if _is_whole(found, rows) and _defaults(rows, cut) >= least:
            return found
    found = _layout(rows, config, CUSTOMER, (days, days), because=short)
    if not _is_whole(found, rows):
        message = (
            f"A fold of {config.search.folds} has only one outcome among the {rows.defaults} "
            f"defaults of the {len(rows)} rows to fit on. Ask for fewer search.folds, give a "
            "longer ledger, or train without --search."
        )
        raise LedgerError(message)
    return found


def _layout(
    rows: Rows,
    config: TrainingConfig,
    kind: str,
    cut: tuple[Sequence[date], Sequence[date]],
    *,
    because: str = "",
) -> Layout:
    ids, as_of = rows.snapshots.customer_ids, rows.snapshots.as_of
    fitted, judged = (np.isin(as_of, np.array(days, dtype=as_of.dtype)) for days in cut)
    fold_of = customer_folds(ids, config.search.folds)
    # a hash of its own: that of the split has put whole parts of it elsewhere already
    share = config.windows.calibrate_share
    calibrate = places(ids, "search") < share / (share + config.windows.fit_share)
    folds = tuple(
        Fold(
            fitted & (fold_of != fold) & ~calibrate,
            fitted & (fold_of != fold) & calibrate,
            judged & (fold_of == fold),
        )
        for fold in range(config.search.folds)
    )
    told = (
        f"Folds of customers, fitted on {_told(cut[0])} and judged on {_told(cut[1])}."
        if kind == TIME
        else f"Folds of customers on the same as-of dates: {because}."
    )
    return Layout(kind, told, tuple(cut[0]), tuple(cut[1]), folds)


def _cut(
    days: Sequence[date], gap: timedelta, windows: Windows
) -> tuple[Sequence[date], Sequence[date]] | None:
    """Return the days to fit on and those to judge, None where too few would be left to fit on."""
    share = 1 - windows.fit_share - windows.calibrate_share
    best = None
    for count in range(1, len(days)):
        judged = days[-count:]
        fitted = [day for day in days if day + gap < judged[0]]
        if len(fitted) < _LEAST_FITTED * len(days):
            break
        best = (fitted, judged)
        if count >= share * (len(fitted) + count):
            break
    return best


def _defaults(rows: Rows, cut: tuple[Sequence[date], Sequence[date]]) -> int:
    """Return the defaults of the dates fitted on or of those judged, whichever are fewer."""
    as_of = rows.snapshots.as_of
    on = (np.isin(as_of, np.array(days, dtype=as_of.dtype)) for days in cut)
    return min(int(rows.defaulted[chosen].sum()) for chosen in on)


def _is_whole(layout: Layout, rows: Rows) -> bool:
    """Whether every part of every fold has both outcomes."""
    return all(
        0 < rows.defaulted[part].sum() < part.sum()
        for fold in layout.folds
        for part in (fold.fit, fold.calibrate, fold.judged)
    )


def _told(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} dates {days[0]} to {days[-1]}"
