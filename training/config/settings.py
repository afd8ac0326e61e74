"""A training run's settings, section by section; what they mean stands in default.toml too."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from training.config.checks import check

T = TypeVar("T")


@dataclass(frozen=True)
class Windows:
    """As-of dates, horizon and the split.

    Attributes
    ----------
    horizons_days : tuple of int
        Tried in this order; the first for which the ledger is long enough is taken.
    start_after_days : int
        Days from the ledger's first invoice to the first as-of date.
    reporting_lag_days : int
        Days after the end of its horizon at which a label counts as known.
    fit_share, calibrate_share : float
        Shares of the as-of dates, or of the customers; the rest is the test set.
    least_defaults, least_defaults_in_all : int
        Fewer in a window means a split by customer; fewer in all is an error.
    folds : int
        Folds of customers to cross-validate over; 0 for none.
    """

    horizons_days: tuple[int, ...]
    start_after_days: int
    reporting_lag_days: int
    fit_share: float
    calibrate_share: float
    least_defaults: int
    least_defaults_in_all: int
    folds: int


@dataclass(frozen=True)
class DefaultDefinition:
    """Which events are a default, and whether customers without exposure are kept."""

    on: tuple[str, ...]
    keep_unexposed: bool


@dataclass(frozen=True)
class ModelSettings:
    """Size and sampling of the trees; shares are above 0 and at most 1.

    ``least_defaults_unknown``: defaults that must have a feature unknown before the trees
    may learn what its absence means.
    """

    trees: int
    leaves: int
    learning_rate: float
    rows_in_leaf: int
    rows_in_leaf_share: float
    l2: float
    row_share: float
    column_share: float
    least_defaults_unknown: int
    threads: int


@dataclass(frozen=True)
class SamplingSettings:
    """How many rows to fit on at most, 0 for all; of more, every default and a share of others."""

    most_rows: int


@dataclass(frozen=True)
class SearchSettings:
    """How the search for the trees' settings goes; see `training.search`.

    Attributes
    ----------
    trials : int
        Settings judged in all, those of ``[model]`` first; 0 for no search.
    folds : int
        Folds of customers, at least 2.
    seconds : int
        No trial begins after this many; 0 for no such limit.
    leaves, trees : tuple of int
        Least and most, both drawn on a logarithmic scale.
    learning_rate, l2, rows_in_leaf_share : tuple of float
        Least and most, drawn on a logarithmic scale.
    row_share, column_share : tuple of float
        Least and most, drawn evenly.
    """

    trials: int
    folds: int
    seconds: int
    leaves: tuple[int, ...]
    trees: tuple[int, ...]
    learning_rate: tuple[float, ...]
    l2: tuple[float, ...]
    rows_in_leaf_share: tuple[float, ...]
    row_share: tuple[float, ...]
    column_share: tuple[float, ...]


@dataclass(frozen=True)
class CalibrationSettings:
    """The inverse of the penalty on the squared slope of the calibration."""

    inverse_penalty: float


@dataclass(frozen=True)
class ReferenceSettings:
    """How many rows the reference customer is looked for among."""

    sample: int


@dataclass(frozen=True)
class ValidationSettings:
    """Bins of the calibration error; resamples and confidence of the AUC's interval."""

    bins: int
    resamples: int
    confidence: float


@dataclass(frozen=True)
class CandidateSettings:
    """How the scorecard beside the trees is cut and chosen; it never ships.

    Of the bins see `training.candidates.woe.BinSettings`; ``rows_in_bin_share`` is of the fit
    rows. ``inverse_penalty`` is that on the squares of its coefficients.
    """

    bins: int
    rows_in_bin_share: float
    least_defaults: int
    smoothing: float
    least_information: float
    most_features: int
    inverse_penalty: float


@dataclass(frozen=True)
class SurenessSettings:
    """How the error of the probabilities is measured; see `training.sureness`.

    Attributes
    ----------
    splits : int
        How often the customers are halved; 0 leaves the bundle without intervals.
    points : int
        Levels of the curve of the error, at most.
    donors : int
        Customers kept for each fact that others may lack.
    """

    splits: int
    points: int
    donors: int


@dataclass(frozen=True)
class TrackingSettings:
    """Where runs are tracked; an empty ``uri`` is the environment's, else the workspace's."""

    uri: str
    model_name: str
    experiment: str


@dataclass(frozen=True)
class TrainingConfig:
    """All settings of a run; equal settings on an equal ledger give an equal bundle."""

    seed: int
    windows: Windows
    default: DefaultDefinition
    sampling: SamplingSettings
    model: ModelSettings
    search: SearchSettings
    calibration: CalibrationSettings
    reference: ReferenceSettings
    validation: ValidationSettings
    candidates: CandidateSettings
    sureness: SurenessSettings
    tracking: TrackingSettings

    def __post_init__(self) -> None:
        """Refuse settings that make no sense together."""
        check(self)

    def with_options(
        self,
        *,
        horizon_days: int | None = None,
        default_on: tuple[str, ...] | None = None,
        keep_unexposed: bool | None = None,
        folds: int | None = None,
        seed: int | None = None,
        search_trials: int | None = None,
    ) -> TrainingConfig:
        """Return these settings with those that are given replaced.

        Parameters
        ----------
        horizon_days : int, optional
            The one horizon to use, in days.
        default_on : tuple of str, optional
            Some of ``CRITERIA``.
        keep_unexposed : bool, optional
            Keep customers that cannot default on credit.
        folds : int, optional
            0, or at least 2.
        seed : int, optional
            Zero or more.
        search_trials : int, optional
            0 for no search, or at least 2.

        Raises
        ------
        UsageError
            If a value is out of range.
        """
        windows = _replaced(
            self.windows,
            horizons_days=None if horizon_days is None else (horizon_days,),
            folds=folds,
        )
        default = _replaced(self.default, on=default_on, keep_unexposed=keep_unexposed)
        search = _replaced(self.search, trials=search_trials)
        return _replaced(self, seed=seed, windows=windows, default=default, search=search)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain nested values, for the record of the run."""
        return asdict(self)


def _replaced(settings: T, **given: Any) -> T:
    changed = {name: value for name, value in given.items() if value is not None}
    return replace(settings, **changed)  # type: ignore[type-var]
