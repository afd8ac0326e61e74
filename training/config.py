"""A training run's settings: the packaged defaults, a file over them, options over both."""

from __future__ import annotations

import difflib
import math
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from features.errors import UsageError

CRITERIA = ("bad_debt", "bankruptcy", "days_past_due")
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
    """How the scorecard that is compared is cut and chosen; it never ships.

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
    model: ModelSettings
    calibration: CalibrationSettings
    reference: ReferenceSettings
    validation: ValidationSettings
    candidates: CandidateSettings
    tracking: TrackingSettings

    def __post_init__(self) -> None:
        """Refuse settings that make no sense together."""
        _check(self)

    def with_options(
        self,
        *,
        horizon_days: int | None = None,
        default_on: tuple[str, ...] | None = None,
        keep_unexposed: bool | None = None,
        folds: int | None = None,
        seed: int | None = None,
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
        return _replaced(self, seed=seed, windows=windows, default=default)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain nested values, for the record of the run."""
        return asdict(self)


def load_config(path: Path | None = None) -> TrainingConfig:
    """Return the packaged settings, with those of a TOML file over them.

    Raises
    ------
    UsageError
        If the file cannot be read, or a key is unknown or out of range.
    """
    packaged = (resources.files("training") / "default.toml").read_text(encoding="utf-8")
    document = tomllib.loads(packaged)
    if path is not None:
        document = _merged(document, _read(Path(path)), "")
    return _built(TrainingConfig, document, "")


def config_of(document: Mapping[str, Any]) -> TrainingConfig:
    """Return the settings that a run's record tells; what it does not tell is as packaged.

    Raises
    ------
    UsageError
        If a key is unknown or out of range: another version wrote the record.
    """
    packaged = (resources.files("training") / "default.toml").read_text(encoding="utf-8")
    return _built(TrainingConfig, _merged(tomllib.loads(packaged), document, ""), "")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"The configuration {path} cannot be read ({error.strerror}). Give a TOML file."
        raise UsageError(message) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"The configuration {path} is not readable TOML: {error}. Correct the line."
        raise UsageError(message) from error


def _merged(base: dict[str, Any], over: Mapping[str, Any], path: str) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        if key not in base:
            near = difflib.get_close_matches(key, base, n=2)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"Keys: {', '.join(base)}."
            message = f"The configuration has the unknown key {path}{key}. {hint}"
            raise UsageError(message)
        if isinstance(base[key], dict) != isinstance(value, dict):
            kind = "a table" if isinstance(base[key], dict) else "a value"
            message = f"The configuration's {path}{key} must be {kind}, not {value!r}."
            raise UsageError(message)
        nested = isinstance(value, dict)
        result[key] = _merged(base[key], value, f"{path}{key}.") if nested else value
    return result


def _built(kind: type[T], document: Mapping[str, Any], path: str) -> T:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: _value(hints[name], document[name], f"{path}{name}") for name in names})


def _value(kind: Any, given: Any, key: str) -> Any:
    if is_dataclass(kind):
        return _built(typing.cast("type[Any]", kind), given, f"{key}.")
    if typing.get_origin(kind) is tuple and isinstance(given, list):
        return tuple(_value(typing.get_args(kind)[0], item, key) for item in given)
    if kind is float and type(given) is int:
        return float(given)
    if type(given) is not kind:
        wanted = "a list" if typing.get_origin(kind) is tuple else f"of type {kind.__name__}"
        message = f"The configuration's {key} must be {wanted}, not {given!r}."
        raise UsageError(message)
    return given


def _replaced(settings: T, **given: Any) -> T:
    changed = {name: value for name, value in given.items() if value is not None}
    return replace(settings, **changed)  # type: ignore[type-var]


def _check(config: TrainingConfig) -> None:
    windows, model, cards = config.windows, config.model, config.candidates
    rules = [
        (0 <= config.seed < 2**31, "seed", config.seed, "zero or more, and below 2147483648"),
        (
            bool(windows.horizons_days) and min(windows.horizons_days) >= 1,
            "windows.horizons_days",
            list(windows.horizons_days),
            "at least one day",
        ),
        (
            windows.folds == 0 or windows.folds >= 2,
            "windows.folds",
            windows.folds,
            "0 for none, or at least 2",
        ),
        (
            min(windows.reporting_lag_days, windows.start_after_days) >= 0,
            "windows.reporting_lag_days and windows.start_after_days",
            [windows.reporting_lag_days, windows.start_after_days],
            "zero or more",
        ),
        (
            min(windows.fit_share, windows.calibrate_share) > 0
            and windows.fit_share + windows.calibrate_share < 1,
            "windows.fit_share and windows.calibrate_share",
            [windows.fit_share, windows.calibrate_share],
            "above 0 and together below 1, so that a test set is left",
        ),
        (
            bool(config.default.on) and set(config.default.on) <= set(CRITERIA),
            "default.on",
            list(config.default.on),
            f"one or more of {', '.join(CRITERIA)}",
        ),
        (
            all(0 < share <= 1 for share in (model.row_share, model.column_share)),
            "model.row_share and model.column_share",
            [model.row_share, model.column_share],
            "above 0 and at most 1",
        ),
        (
            min(model.trees, model.rows_in_leaf, model.threads, model.least_defaults_unknown) >= 1
            and model.leaves >= 2,
            "model.trees, rows_in_leaf, threads, least_defaults_unknown and leaves",
            [
                model.trees,
                model.rows_in_leaf,
                model.threads,
                model.least_defaults_unknown,
                model.leaves,
            ],
            "at least 1, leaves at least 2",
        ),
        (
            0 < model.learning_rate <= 1 and 0 <= model.l2 < math.inf,
            "model.learning_rate and model.l2",
            [model.learning_rate, model.l2],
            "above 0 and at most 1, and zero or more",
        ),
        (
            0 <= model.rows_in_leaf_share < 0.5,
            "model.rows_in_leaf_share",
            model.rows_in_leaf_share,
            "zero or more and below 0.5, so that a leaf can be split",
        ),
        (
            0 < config.calibration.inverse_penalty < math.inf,
            "calibration.inverse_penalty",
            config.calibration.inverse_penalty,
            "above 0",
        ),
        (
            min(
                windows.least_defaults,
                windows.least_defaults_in_all,
                config.reference.sample,
                config.validation.bins,
            )
            >= 1,
            "windows.least_defaults, least_defaults_in_all, reference.sample and validation.bins",
            [
                windows.least_defaults,
                windows.least_defaults_in_all,
                config.reference.sample,
                config.validation.bins,
            ],
            "at least 1",
        ),
        (
            0 < config.validation.confidence < 1 and config.validation.resamples >= 1,
            "validation.confidence and validation.resamples",
            [config.validation.confidence, config.validation.resamples],
            "between 0 and 1, and at least 1",
        ),
        (
            min(cards.bins, cards.least_defaults, cards.most_features) >= 1,
            "candidates.bins, least_defaults and most_features",
            [cards.bins, cards.least_defaults, cards.most_features],
            "at least 1",
        ),
        (
            0 <= cards.rows_in_bin_share < 0.5 and 0 <= cards.least_information < math.inf,
            "candidates.rows_in_bin_share and candidates.least_information",
            [cards.rows_in_bin_share, cards.least_information],
            "zero or more and below 0.5, and zero or more",
        ),
        (
            all(0 < value < math.inf for value in (cards.smoothing, cards.inverse_penalty)),
            "candidates.smoothing and candidates.inverse_penalty",
            [cards.smoothing, cards.inverse_penalty],
            "above 0",
        ),
    ]
    for holds, key, value, wanted in rules:
        if not holds:
            message = f"The configuration's {key} is {value}, but must be {wanted}."
            raise UsageError(message)
