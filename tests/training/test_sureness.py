"""How wrong a model's probabilities may be, measured on halves and against a scorecard."""

from dataclasses import replace

import numpy as np
import pytest

from models.bundle import load_bundle
from models.sureness.curve import sureness_bytes
from models.sureness.facts import BY_CODE
from training.fit import fit_model
from training.population import Rows
from training.sureness import error_curve, parts_of_error, sureness_of
from training.windows import CALIBRATE, FIT


@pytest.fixture(scope="module")
def small(trained):
    """Return settings, rows and a model of few trees."""
    config = replace(trained.config, model=replace(trained.config.model, trees=30))
    config = replace(config, sureness=replace(config.sureness, splits=2))
    rows = [trained.result.dataset.part(part) for part in (FIT, CALIBRATE)]
    return config, *rows, fit_model(*rows, config)


def silent(_: str) -> None:
    pass


def test_a_trained_bundle_keeps_its_error_and_donors_without_ids(trained) -> None:
    bundle = load_bundle(trained.result.bundle)
    assert bundle.sureness is not None
    assert (bundle.sureness.error.sd > 0).all()
    assert len(bundle.sureness.error.sd) <= trained.config.sureness.points
    assert {"own_score", "litigation", "credit_limit"} <= set(bundle.sureness.donors)
    for code, donors in bundle.sureness.donors.items():
        assert len(donors.log_odds) <= trained.config.sureness.donors
        assert (np.diff(donors.log_odds) >= 0).all()
        known = trained.result.dataset.part(FIT).snapshots.values[:, BY_CODE[code].places]
        rows = {row.tobytes() for row in np.nan_to_num(known, nan=-1.0)}
        assert {row.tobytes() for row in np.nan_to_num(donors.values, nan=-1.0)} <= rows
    assert b"C00" not in bundle.files["sureness.json"]


def test_both_parts_of_the_error_add_up_as_variances(small) -> None:
    config, fit, calibrate, model = small
    found = parts_of_error(fit, calibrate, model, config)
    both, sample, form = found.values()
    np.testing.assert_allclose(both.sd**2, sample.sd**2 + form.sd**2, rtol=1e-4)
    np.testing.assert_array_equal(both.log_odds, sample.log_odds)


def test_the_same_rows_and_seed_give_the_same_bytes_and_another_seed_others(small) -> None:
    config, fit, calibrate, model = small
    first, again, other = (
        sureness_of(fit, calibrate, model, settings, progress=silent)
        for settings in (config, config, replace(config, seed=2))
    )
    assert sureness_bytes(first) == sureness_bytes(again)
    assert (first.error.sd != other.error.sd).any()


def test_more_customers_make_a_model_surer(small) -> None:
    config, fit, calibrate, model = small
    some = [
        rows.where(np.array([int(c[1:]) % 3 == 0 for c in rows.snapshots.customer_ids]))
        for rows in (fit, calibrate)
    ]
    few = parts_of_error(*some, fit_model(*some, config), config)["the sample alone"]
    many = parts_of_error(fit, calibrate, model, config)["the sample alone"]
    assert few.sd.mean() > many.sd.mean()


def test_rows_of_a_sample_count_by_their_weights(small) -> None:
    config, fit, calibrate, model = small
    alike = replace(fit, weights=np.ones(len(fit)))
    heavy = replace(fit, weights=np.where(fit.defaulted, 1.0, 20.0))
    plain, same, other = (
        parts_of_error(rows, calibrate, model, config)["the sample alone"].sd
        for rows in (fit, alike, heavy)
    )
    np.testing.assert_allclose(plain, same, rtol=1e-4)
    assert abs(other / plain - 1).max() > 0.02


def test_no_splits_and_too_few_defaults_leave_a_bundle_without_intervals(small) -> None:
    config, fit, calibrate, model = small
    none = replace(config, sureness=replace(config.sureness, splits=0))
    assert sureness_of(fit, calibrate, model, none, progress=silent) is None
    first = np.flatnonzero(calibrate.defaulted)[0]
    one = calibrate.defaulted & (np.arange(len(calibrate)) == first)
    lonely = Rows(calibrate.snapshots, one)
    assert sureness_of(fit, lonely, model, config, progress=silent) is None


def test_equal_log_odds_are_one_level() -> None:
    curve = error_curve(np.full(50, -3.0), np.linspace(0, 2, 50), points=10)
    assert curve.log_odds.tolist() == [-3.0]
    assert curve.sd.tolist() == [1.0]
