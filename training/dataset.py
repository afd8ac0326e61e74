"""The rows of a training run: horizon, as-of dates, and the split into fit, calibrate, test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from features.errors import LedgerError
from features.ledger.open import Ledger
from training.config import TrainingConfig, Windows
from training.population import Counts, Population, Rows
from training.sampling import Sampling, Thinner, joined_rows
from training.windows import (
    CALIBRATE,
    FIT,
    TEST,
    Parts,
    TimeWindows,
    covered_month_ends,
    customer_parts,
    time_windows,
)

Progress = Callable[[str], None]
PartOf = Callable[[Rows], Parts]
_Drawn = tuple[Rows, Parts, Sampling | None]
PART_NAMES = {FIT: "fit", CALIBRATE: "calibration", TEST: "test"}


@dataclass(frozen=True)
class Dataset:
    """Rows with their part of the split, and how they came about.

    Attributes
    ----------
    rows : Rows
        Every row used; of a large fit window a sample, with weights.
    parts : ndarray of int8, shape (n,)
        FIT, CALIBRATE or TEST of each row.
    split : str
        ``time`` or ``customer``.
    split_reason : str
        A sentence for a person.
    horizon_days : int
        Days after the as-of date within which a default counts.
    days : tuple of date
        The as-of dates used.
    counts : Counts
        Customers considered and left out.
    warnings : tuple of str
        What a reader of the results should know.
    sampling : Sampling, optional
        What was kept of a large fit window; None where every row was.
    """

    rows: Rows
    parts: Parts
    split: str
    split_reason: str
    horizon_days: int
    days: tuple[date, ...]
    counts: Counts
    warnings: tuple[str, ...] = ()
    sampling: Sampling | None = None

    @property
    def size(self) -> int:
        """The number of rows in all, those that a sample left out among them."""
        return len(self.rows) + (self.sampling.left_out if self.sampling else 0)

    @property
    def base_rate(self) -> float:
        """The share of defaults among all rows."""
        return self.rows.defaults / self.size

    @property
    def unsampled(self) -> Rows:
        """The rows of the windows that were kept whole: all, or all but the fit window's."""
        if self.sampling is None:
            return self.rows
        return replace(self.rows.where(self.parts != FIT), weights=None)

    def fit_customers(self) -> Rows:
        """Return rows with the latest of every customer of the fit window."""
        return self.sampling.latest if self.sampling else self.part(FIT)

    def book_customers(self) -> Rows:
        """Return rows with the latest of every customer of the fit and calibration windows."""
        if self.sampling is None:
            return self.rows.where(self.parts != TEST)
        return joined_rows([self.sampling.latest, self.part(CALIBRATE)])

    def part(self, part: int) -> Rows:
        """Return the rows of FIT, CALIBRATE or TEST."""
        return self.rows.where(self.parts == part)

    def poorest(self) -> tuple[str, int]:
        """Return the name and the number of defaults of the part with the fewest."""
        found = [(int(self.rows.defaulted[self.parts == p].sum()), p) for p in PART_NAMES]
        defaults, part = min(found)
        return PART_NAMES[part], defaults


def ledger_dataset(
    ledger: Ledger,
    config: TrainingConfig,
    *,
    days: Sequence[date] | None = None,
    sampled: bool = False,
    progress: Progress,
) -> Dataset:
    """Return the rows that a ledger gives, split by time where it is long enough.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger.
    config : TrainingConfig
        Horizons to try, windows, and the definition of default.
    days : sequence of date, optional
        As-of dates; without them every month-end whose labels the ledger knows.
    sampled : bool
        Keep no more of the fit window than ``sampling.most_rows``.
    progress : callable
        Told in a sentence what goes on.

    Raises
    ------
    LedgerError
        If the ledger is too short, or has too few defaults.
    """
    first, last = _span(ledger)
    source = _Source(
        Population(ledger, config.default), config.sampling.most_rows if sampled else 0
    )
    choice = _Choice(config.windows, first, last, None if days is None else tuple(days))
    reasons: list[str] = []
    for horizon in choice.horizons():
        windows = time_windows(choice.days(horizon), horizon_days=horizon, windows=config.windows)
        if windows is None:
            reasons.append(choice.no_windows(horizon))
            continue
        progress(f"computing {len(windows.days)} as-of dates, horizon {horizon} days")
        found = _by_time(
            source.rows(windows.days, horizon, partial(_parts_by_time, windows)),
            windows,
            horizon_days=horizon,
            counts=source.population.counts(windows.days),
            warnings=choice.warnings(horizon),
            why_not_longer="; ".join(reasons),
        )
        name, defaults = found.poorest()
        if defaults >= config.windows.least_defaults:
            return found
        reasons.append(f"at {horizon} days the {name} window has {defaults} defaults")
    return _of_customers(source, choice, "; ".join(reasons), progress=progress)


def given_dataset(rows: Rows, config: TrainingConfig, *, sampled: bool = False) -> Dataset:
    """Return rows whose outcomes were given, split by time where no row would be lost.

    Parameters
    ----------
    rows : Rows
        From `training.given.given_rows`.
    config : TrainingConfig
        The first horizon is taken as that of the outcomes.
    sampled : bool
        Keep no more of the fit window than ``sampling.most_rows``.

    Raises
    ------
    LedgerError
        If too few of them defaulted.
    """
    found = _given(rows, config)
    if not (sampled and config.sampling.most_rows):
        return found
    kept, parts, sampling = _thinned([(rows, found.parts)], config.sampling.most_rows)
    return _with_sampling(replace(found, rows=kept, parts=parts), sampling) if sampling else found


def _given(rows: Rows, config: TrainingConfig) -> Dataset:
    horizon = config.windows.horizons_days[0]
    if rows.defaults < config.windows.least_defaults_in_all:
        raise _too_few(rows.defaults, len(rows), config.windows)
    warnings = (
        (f"The outcomes do not tell their horizon: {horizon} days are taken. Set it to be sure.",)
        if len(config.windows.horizons_days) > 1
        else ()
    )
    days = tuple(sorted({day.item() for day in np.unique(rows.snapshots.as_of)}))
    windows = time_windows(days, horizon_days=horizon, windows=config.windows)
    counts = Counts(len(rows))
    if windows is not None and windows.days == days:
        drawn = (rows, _parts_by_time(windows, rows), None)
        found = _by_time(drawn, windows, horizon_days=horizon, counts=counts, warnings=warnings)
        if found.poorest()[1] >= config.windows.least_defaults:
            return found
    return Dataset(
        rows,
        customer_parts(rows.snapshots.customer_ids, config.windows),
        "customer",
        "Split by customer: the given as-of dates leave no three windows in time that hold every "
        f"row and {config.windows.least_defaults} defaults each.",
        horizon,
        days,
        counts,
        warnings,
    )


@dataclass(frozen=True)
class _Source:
    """The rows of a ledger, thinned on the way where they are more than is fitted on at most."""

    population: Population
    most_rows: int

    def rows(self, days: Sequence[date], horizon: int, part_of: PartOf) -> _Drawn:
        if not self.most_rows or self.population.pairs(days) <= self.most_rows:
            rows = self.population.rows(days, horizon)
            return rows, part_of(rows), None
        batches = self.population.batches(days, horizon)
        return _thinned(((rows, part_of(rows)) for rows in batches), self.most_rows)


def _thinned(batches: Iterable[tuple[Rows, Parts]], most_rows: int) -> _Drawn:
    """Return the rows of batches in order of day and customer, the fit rows among them a sample."""
    thinner, others, other_parts = Thinner(most_rows), [], []
    for rows, parts in batches:
        thinner.add(rows.where(parts == FIT))
        others.append(rows.where(parts != FIT))
        other_parts.append(parts[parts != FIT])
    fit, sampling = thinner.result()
    rows = joined_rows([fit, *others])
    parts = np.concatenate([np.full(len(fit), FIT, dtype=np.int8), *other_parts])
    order = np.lexsort((np.asarray(rows.snapshots.customer_ids), rows.snapshots.as_of))
    return rows.at(order), parts[order], sampling


def _with_sampling(found: Dataset, sampling: Sampling) -> Dataset:
    return replace(found, sampling=sampling, warnings=(*found.warnings, sampling.told))


@dataclass(frozen=True)
class _Choice:
    """The as-of dates and horizons that a ledger allows, or that were asked for."""

    settings: Windows
    first: date
    last: date
    asked: tuple[date, ...] | None

    def days(self, horizon: int) -> tuple[date, ...]:
        if self.asked is not None:
            return tuple(sorted(set(self.asked)))
        return covered_month_ends(
            self.first, self.last, horizon_days=horizon, windows=self.settings
        )

    def horizons(self) -> tuple[int, ...]:
        every = self.settings.horizons_days
        if self.asked is None:
            return every
        wait = self.settings.reporting_lag_days
        room = (self.last - max(self.asked)).days - wait
        return tuple(h for h in every if h <= room) or every[-1:]

    def no_windows(self, horizon: int) -> str:
        count = len(self.days(horizon))
        dates = "one as-of date leaves" if count == 1 else f"{count} as-of dates leave"
        return f"at {horizon} days {dates} no three windows"

    def warnings(self, horizon: int) -> tuple[str, ...]:
        days = self.days(horizon)
        beyond = (max(days) - self.last).days + horizon
        if beyond <= 0:
            return ()
        return (
            f"The horizon of {horizon} days from {max(days)} ends {beyond} days after the "
            f"ledger's last event on {self.last}: defaults after that are not counted.",
        )


def _span(ledger: Ledger) -> tuple[date, date]:
    if ledger.first_day is None or ledger.last_day is None:
        message = f"The ledger {ledger.path} has no invoice, so nothing can be learned from it."
        raise LedgerError(message)
    return ledger.first_day, ledger.last_day


def _parts_by_time(windows: TimeWindows, rows: Rows) -> Parts:
    days = rows.snapshots.as_of
    parts = np.full(len(rows), TEST, dtype=np.int8)
    parts[np.isin(days, np.array(windows.fit, dtype=days.dtype))] = FIT
    parts[np.isin(days, np.array(windows.calibrate, dtype=days.dtype))] = CALIBRATE
    return parts


def _parts_by_customer(settings: Windows, rows: Rows) -> Parts:
    return customer_parts(rows.snapshots.customer_ids, settings)


def _by_time(
    drawn: _Drawn,
    windows: TimeWindows,
    *,
    horizon_days: int,
    counts: Counts,
    warnings: tuple[str, ...],
    why_not_longer: str = "",
) -> Dataset:
    rows, parts, sampling = drawn
    why = f" ({why_not_longer})" if why_not_longer else ""
    reason = (
        f"Split by time with a horizon of {horizon_days} days{why}: "
        f"fitted on {_told(windows.fit)}, calibrated on {_told(windows.calibrate)}, "
        f"tested on {_told(windows.test)}."
    )
    found = Dataset(rows, parts, "time", reason, horizon_days, windows.days, counts, warnings)
    return _with_sampling(found, sampling) if sampling else found


def _of_customers(source: _Source, choice: _Choice, reasons: str, *, progress: Progress) -> Dataset:
    found: Dataset | None = None
    for horizon in choice.horizons():
        days = choice.days(horizon)
        if not days:
            continue
        progress(f"computing {len(days)} as-of dates, horizon {horizon} days")
        rows, parts, sampling = source.rows(
            days, horizon, partial(_parts_by_customer, choice.settings)
        )
        found = Dataset(
            rows,
            parts,
            "customer",
            f"Split by customer with a horizon of {horizon} days, because {reasons}; a split "
            f"by time needs {choice.settings.least_defaults} defaults in each window.",
            horizon,
            days,
            source.population.counts(days),
            choice.warnings(horizon),
        )
        found = _with_sampling(found, sampling) if sampling else found
        if rows.defaults >= choice.settings.least_defaults_in_all:
            return _thin_warned(found, choice.settings.least_defaults)
    if found is None:
        raise _too_short(choice)
    raise _too_few(found.rows.defaults, found.size, choice.settings)


def _thin_warned(found: Dataset, least: int) -> Dataset:
    """Return the dataset with a warning where a part has too few defaults to be relied on."""
    name, defaults = found.poorest()
    if defaults >= least:
        return found
    warning = (
        f"The {name} part has {defaults} defaults, fewer than {least}: what is calibrated or "
        "measured on it is little more than a guess. Give a longer ledger or a wider definition "
        "of default."
    )
    return replace(found, warnings=(*found.warnings, warning))


def _too_short(choice: _Choice) -> LedgerError:
    settings = choice.settings
    needed = settings.start_after_days + min(settings.horizons_days) + settings.reporting_lag_days
    return LedgerError(
        f"The ledger runs from {choice.first} to {choice.last}, too short to learn from: "
        f"history, horizon and reporting lag need {needed} days and a month-end between. Give a "
        "longer ledger, a shorter --horizon-days, or an --as-of date."
    )


def _too_few(defaults: int, rows: int, settings: Windows) -> LedgerError:
    return LedgerError(
        f"Only {defaults} of {rows} rows defaulted, and a model needs "
        f"{settings.least_defaults_in_all}. Give a longer ledger, more as-of dates, a longer "
        "--horizon-days or a wider --default-on."
    )


def _told(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} dates {days[0]} to {days[-1]}"
