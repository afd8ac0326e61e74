"""Settings that make no sense, refused by their name, value and mend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from features.errors import UsageError

if TYPE_CHECKING:
    from training.config import settings as told

CRITERIA = ("bad_debt", "bankruptcy", "days_past_due")
SEARCHED = (
    "leaves",
    "trees",
    "learning_rate",
    "l2",
    "rows_in_leaf_share",
    "row_share",
    "column_share",
)
_Rule = tuple[bool, str, object, str]


def check(config: told.TrainingConfig) -> None:
    """Raise a UsageError that names the first setting that is refused, its value and the mend."""
    # a rule may lean on an earlier one, so none is looked at before its turn
    rules = chain(
        [(0 <= config.seed < 2**31, "seed", config.seed, "zero or more, and below 2147483648")],
        _windows(config.windows),
        _default(config.default),
        _sampling(config.sampling),
        _model(config.model),
        _search(config.search),
        _in_ranges(config.model, config.search),
        _judging(config.calibration, config.reference, config.validation),
        _candidates(config.candidates),
        _sureness(config.sureness),
    )
    for holds, key, value, wanted in rules:
        if not holds:
            message = f"The configuration's {key} is {value}, but must be {wanted}."
            raise UsageError(message)


def _windows(windows: told.Windows) -> Iterable[_Rule]:
    yield (
        bool(windows.horizons_days) and min(windows.horizons_days) >= 1,
        "windows.horizons_days",
        list(windows.horizons_days),
        "at least one day",
    )
    yield (
        windows.folds == 0 or windows.folds >= 2,
        "windows.folds",
        windows.folds,
        "0 for none, or at least 2",
    )
    yield (
        min(windows.reporting_lag_days, windows.start_after_days) >= 0,
        "windows.reporting_lag_days and windows.start_after_days",
        [windows.reporting_lag_days, windows.start_after_days],
        "zero or more",
    )
    yield (
        min(windows.fit_share, windows.calibrate_share) > 0
        and windows.fit_share + windows.calibrate_share < 1,
        "windows.fit_share and windows.calibrate_share",
        [windows.fit_share, windows.calibrate_share],
        "above 0 and together below 1, so that a test set is left",
    )
    yield (
        min(windows.least_defaults, windows.least_defaults_in_all) >= 1,
        "windows.least_defaults and windows.least_defaults_in_all",
        [windows.least_defaults, windows.least_defaults_in_all],
        "at least 1",
    )


def _default(default: told.DefaultDefinition) -> Iterable[_Rule]:
    yield (
        bool(default.on) and set(default.on) <= set(CRITERIA),
        "default.on",
        list(default.on),
        f"one or more of {', '.join(CRITERIA)}",
    )


def _sampling(sampling: told.SamplingSettings) -> Iterable[_Rule]:
    yield (
        sampling.most_rows >= 0,
        "sampling.most_rows",
        sampling.most_rows,
        "0 for all rows, or the most to fit on",
    )


def _model(model: told.ModelSettings) -> Iterable[_Rule]:
    yield (
        all(0 < share <= 1 for share in (model.row_share, model.column_share)),
        "model.row_share and model.column_share",
        [model.row_share, model.column_share],
        "above 0 and at most 1",
    )
    counts = [model.trees, model.rows_in_leaf, model.threads, model.least_defaults_unknown]
    yield (
        min(counts) >= 1 and model.leaves >= 2,
        "model.trees, rows_in_leaf, threads, least_defaults_unknown and leaves",
        [*counts, model.leaves],
        "at least 1, leaves at least 2",
    )
    yield (
        0 < model.learning_rate <= 1 and 0 <= model.l2 < math.inf,
        "model.learning_rate and model.l2",
        [model.learning_rate, model.l2],
        "above 0 and at most 1, and zero or more",
    )
    yield (
        0 <= model.rows_in_leaf_share < 0.5,
        "model.rows_in_leaf_share",
        model.rows_in_leaf_share,
        "zero or more and below 0.5, so that a leaf can be split",
    )


def _search(search: told.SearchSettings) -> Iterable[_Rule]:
    yield (
        search.trials == 0 or search.trials >= 2,
        "search.trials",
        search.trials,
        "0 for no search, or at least 2: the first judges the settings as they are",
    )
    yield search.folds >= 2, "search.folds", search.folds, "at least 2"
    yield search.seconds >= 0, "search.seconds", search.seconds, "0 for no limit, or more"
    yield _range("leaves", search.leaves, least=2, most=math.inf)
    yield _range("trees", search.trees, least=1, most=math.inf)
    yield _range("learning_rate", search.learning_rate, least=math.ulp(0), most=1)
    yield _range("l2", search.l2, least=math.ulp(0), most=math.inf)
    yield _range("rows_in_leaf_share", search.rows_in_leaf_share, least=math.ulp(0), most=0.499)
    yield _range("row_share", search.row_share, least=math.ulp(0), most=1)
    yield _range("column_share", search.column_share, least=math.ulp(0), most=1)


def _range(name: str, ends: Sequence[float], *, least: float, most: float) -> _Rule:
    """Return the rule that a range has two finite ends in order, within limits."""
    holds = len(ends) == 2 and least <= ends[0] <= ends[1] <= most and math.isfinite(ends[1])
    above = "above 0" if least < 1 else f"at least {least:g}"
    below = "" if math.isinf(most) else f" and at most {most:g}"
    return holds, f"search.{name}", list(ends), f"[least, most], {above}{below}, least first"


def _in_ranges(model: told.ModelSettings, search: told.SearchSettings) -> Iterable[_Rule]:
    """Yield the rules that a search can start from the settings as they are."""
    if search.trials:
        for name in SEARCHED:
            low, high = getattr(search, name)
            value = getattr(model, name)
            wanted = f"from {low} to {high}, the range of search.{name}, which can be widened"
            yield low <= value <= high, f"model.{name}", value, wanted


def _judging(
    calibration: told.CalibrationSettings,
    reference: told.ReferenceSettings,
    validation: told.ValidationSettings,
) -> Iterable[_Rule]:
    yield (
        0 < calibration.inverse_penalty < math.inf,
        "calibration.inverse_penalty",
        calibration.inverse_penalty,
        "above 0",
    )
    yield (
        min(reference.sample, validation.bins) >= 1,
        "reference.sample and validation.bins",
        [reference.sample, validation.bins],
        "at least 1",
    )
    yield (
        0 < validation.confidence < 1 and validation.resamples >= 1,
        "validation.confidence and validation.resamples",
        [validation.confidence, validation.resamples],
        "between 0 and 1, and at least 1",
    )


def _candidates(cards: told.CandidateSettings) -> Iterable[_Rule]:
    yield (
        min(cards.bins, cards.least_defaults, cards.most_features) >= 1,
        "candidates.bins, least_defaults and most_features",
        [cards.bins, cards.least_defaults, cards.most_features],
        "at least 1",
    )
    yield (
        0 <= cards.rows_in_bin_share < 0.5 and 0 <= cards.least_information < math.inf,
        "candidates.rows_in_bin_share and candidates.least_information",
        [cards.rows_in_bin_share, cards.least_information],
        "zero or more and below 0.5, and zero or more",
    )
    yield (
        all(0 < value < math.inf for value in (cards.smoothing, cards.inverse_penalty)),
        "candidates.smoothing and candidates.inverse_penalty",
        [cards.smoothing, cards.inverse_penalty],
        "above 0",
    )


def _sureness(sureness: told.SurenessSettings) -> Iterable[_Rule]:
    yield (sureness.splits >= 0, "sureness.splits", sureness.splits, "0 for none, or more")
    yield (
        min(sureness.points, sureness.donors) >= 1,
        "sureness.points and sureness.donors",
        [sureness.points, sureness.donors],
        "at least 1",
    )
