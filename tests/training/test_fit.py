from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from features.catalogue import FEATURE_NAMES, FEATURES
from features.errors import LedgerError
from models.probability import Calibration
from tests.training.books import made_rows, rows_of
from training.config import load_config
from training.fit import fit_calibration, fit_model, fit_trees, parameters
from training.validation import auc

SMALL = replace(load_config().model, trees=25, threads=1)
CONFIG = replace(load_config(), model=SMALL)


def trees_of(rows, *, settings=SMALL, seed=1):
    return fit_trees(
        rows.snapshots.values, rows.defaulted, rows.snapshots.names, settings=settings, seed=seed
    )


def test_constraints_are_the_directions_of_the_catalogue():
    found = parameters(FEATURE_NAMES, 1000, settings=SMALL, seed=1)

    assert found["monotone_constraints"] == [FEATURES[n].direction for n in FEATURE_NAMES]
    assert found["monotone_constraints_method"] == "basic"
    assert {-1, 0, 1} == set(found["monotone_constraints"])


def test_classes_have_no_weights():
    found = parameters(FEATURE_NAMES, 1000, settings=SMALL, seed=1)

    assert not {"class_weight", "scale_pos_weight", "is_unbalance"} & set(found)


@pytest.mark.parametrize(("rows", "least"), [(1000, 20), (100_000, 500)])
def test_leaf_holds_a_share_of_the_rows_but_never_too_few(rows, least):
    assert parameters(FEATURE_NAMES, rows, settings=SMALL, seed=1)["min_data_in_leaf"] == least


def test_trees_are_monotone_in_every_feature_that_has_a_direction():
    rows = made_rows(3000, 1)
    booster = lightgbm.Booster(model_str=trees_of(rows))
    base = rows.snapshots.values[:40]
    for place, name in enumerate(FEATURE_NAMES):
        known = rows.snapshots.values[:, place]
        steps = np.quantile(known[~np.isnan(known)], np.linspace(0, 1, 9))
        told = []
        for step in steps:
            probe = base.copy()
            probe[:, place] = step
            told.append(booster.predict(probe, raw_score=True))
        rise = np.diff(told, axis=0) * FEATURES[name].direction
        assert (rise >= -1e-12).all(), name


def test_trees_are_the_same_text_on_one_thread_and_on_more():
    rows = made_rows(6000, 2)

    one, two = (trees_of(rows, settings=replace(SMALL, threads=n)) for n in (1, 2))

    assert one == two
    assert "[num_threads: 1]" in one


def test_seed_draws_rows_and_columns():
    rows = made_rows(2000, 2)

    assert trees_of(rows, seed=1) == trees_of(rows, seed=1)
    assert trees_of(rows, seed=1) != trees_of(rows, seed=2)


def test_calibration_recovers_a_known_slope_and_intercept():
    generator = np.random.default_rng(4)
    margin = generator.normal(-2, 1.5, 200_000)
    defaulted = generator.uniform(size=len(margin)) < 1 / (1 + np.exp(0.4 - 0.7 * margin))

    found = fit_calibration(margin, defaulted, CONFIG.calibration)

    assert found.slope == pytest.approx(0.7, abs=0.02)
    assert found.intercept == pytest.approx(-0.4, abs=0.04)


def test_calibration_is_the_same_on_one_thread_of_algebra_and_on_more():
    generator = np.random.default_rng(4)
    margin = generator.normal(-2, 1.5, 50_000)
    defaulted = generator.uniform(size=len(margin)) < 1 / (1 + np.exp(-margin))

    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(fit_calibration(margin, defaulted, CONFIG.calibration))

    assert found[0] == found[1]


def test_margins_that_rank_the_wrong_way_round_get_the_base_rate():
    margin = np.linspace(-3, 3, 1000)
    defaulted = np.arange(1000) < 200

    found = fit_calibration(margin, defaulted, CONFIG.calibration)

    assert found.slope == 0
    assert found.log_odds(margin) == pytest.approx(np.full(1000, np.log(0.2 / 0.8)))


def test_margins_that_are_all_equal_get_the_base_rate():
    found = fit_calibration(np.zeros(100), np.arange(100) < 10, CONFIG.calibration)

    assert (found.slope, found.intercept) == (0, pytest.approx(np.log(0.1 / 0.9)))


def test_margins_that_separate_the_outcomes_keep_a_finite_slope():
    margin = np.concatenate([np.full(50, -1.0), np.full(50, 1.0)])

    found = fit_calibration(margin, margin > 0, CONFIG.calibration)

    assert 0 < found.slope < 100


def test_model_is_calibrated_on_rows_it_was_not_fitted_on():
    fit, calibrate, test = (made_rows(4000, seed) for seed in (1, 2, 3))

    model = fit_model(fit, calibrate, CONFIG)

    told = 1 / (1 + np.exp(-model.log_odds(test.snapshots)))
    raw = replace(model.probability, calibration=Calibration(0.0, 1.0)).log_odds(
        calibrate.snapshots.select(model.names).values
    )
    fitted = fit_calibration(raw, calibrate.defaulted, CONFIG.calibration)
    assert model.probability.calibration == fitted
    assert told.mean() == pytest.approx(test.defaulted.mean(), abs=0.02)
    assert auc(told, test.defaulted) > 0.65


def test_model_remembers_where_training_saw_unknown_values():
    fit = made_rows(2000, 1)

    model = fit_model(fit, made_rows(1000, 2), CONFIG)

    seen = dict(zip(model.names, model.probability.null_seen.tolist(), strict=True))
    assert seen["external_score"]
    assert not seen["on_time_rate_365d"]


def test_an_unknown_that_few_defaults_had_counts_as_the_reference_customers():
    fit = made_rows(2000, 1)
    place = fit.snapshots.names.index("credit_limit")
    fit.snapshots.values[np.flatnonzero(fit.defaulted)[:5], place] = np.nan

    model = fit_model(fit, made_rows(1000, 2), CONFIG)

    few = fit.snapshots.select(model.names)
    column = model.names.index("credit_limit")
    assert not model.probability.null_seen[column]
    filled = few.values.copy()
    filled[np.isnan(filled[:, column]), column] = model.reference["credit_limit"]
    assert np.array_equal(model.log_odds(fit.snapshots), model.probability.log_odds(filled))


def test_the_model_learns_nothing_from_what_tells_of_the_seller():
    model = fit_model(made_rows(500, 1), made_rows(500, 2), CONFIG)

    assert set(FEATURE_NAMES) - set(model.names) == {
        "external_score_source",
        "known_share",
        "payment_days_median_365d",
        "dso_90d",
    }
    assert set(model.reference) == set(FEATURE_NAMES)


@pytest.mark.parametrize("which", ["fit", "calibration"])
def test_rows_of_one_outcome_are_refused(which):
    both, none = made_rows(500, 1), rows_of({}, [False] * 500)
    fit, calibrate = (none, both) if which == "fit" else (both, none)

    with pytest.raises(LedgerError, match=f"The {which} rows have 0 defaults among 500"):
        fit_model(fit, calibrate, CONFIG)
