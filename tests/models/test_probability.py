"""Calibrated log-odds, the leaves behind them, and what an unknown value does."""

import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES, FEATURES
from models.bundle import Bundle
from models.probability import Calibration
from models.scale import probability
from tests.models.bundles import NEVER_UNKNOWN, certain, random_snapshots, snapshots_of


def test_log_odds_are_the_calibrated_margin_of_the_leaves(bundle: Bundle):
    model = bundle.probability
    values = random_snapshots(200, seed=21).values
    margins = np.array([model.leaves.margin(row) for row in model.prepare(values)])
    expected = model.calibration.intercept + model.calibration.slope * margins
    assert model.log_odds(values).tolist() == pytest.approx(expected.tolist(), rel=0, abs=1e-12)


def test_no_rows_have_no_log_odds(bundle: Bundle):
    assert bundle.probability.log_odds(np.empty((0, len(FEATURE_NAMES)))).shape == (0,)


def test_a_calibration_without_slope_tells_everybody_the_same(bundle: Bundle):
    found = certain(bundle, 0.037).probability.log_odds(random_snapshots(20).values)
    assert probability(found) == pytest.approx(0.037)


def test_an_unknown_that_training_never_saw_counts_as_the_reference_customers(bundle: Bundle):
    for name in NEVER_UNKNOWN:
        hidden = snapshots_of({name: None}).values
        as_reference = snapshots_of({name: bundle.reference[name]}).values
        model = bundle.probability
        np.testing.assert_array_equal(model.prepare(hidden), as_reference)
        assert model.log_odds(hidden) == model.log_odds(as_reference)


def test_an_unknown_that_training_saw_stays_unknown(bundle: Bundle):
    place = FEATURE_NAMES.index("on_time_rate_365d")
    prepared = bundle.probability.prepare(snapshots_of({"on_time_rate_365d": None}).values)
    assert np.isnan(prepared[0, place])


def test_one_row_alone_has_the_log_odds_that_it_has_among_many(bundle: Bundle):
    values = random_snapshots(300, seed=5).values
    together = bundle.probability.log_odds(values)
    alone = [bundle.probability.log_odds(values[i : i + 1])[0] for i in range(len(values))]
    assert together.tolist() == alone


@pytest.mark.parametrize("name", [f for f in FEATURE_NAMES if FEATURES[f].direction])
def test_a_feature_with_a_direction_moves_the_odds_no_other_way(bundle: Bundle, name: str):
    direction = FEATURES[name].direction
    rows = random_snapshots(12, seed=31).values
    place = FEATURE_NAMES.index(name)
    seen = random_snapshots(300, seed=32).column(name)
    grid = np.nanquantile(seen, np.linspace(0, 1, 15))
    probes = np.repeat(rows, len(grid), axis=0)
    probes[:, place] = np.tile(grid, len(rows))
    odds = bundle.probability.log_odds(probes).reshape(len(rows), len(grid))
    assert (np.diff(odds, axis=1) * direction >= -1e-12).all()


def test_a_calibration_is_a_straight_line_in_log_odds():
    assert Calibration(-1.0, 0.5).log_odds(np.array([0.0, 2.0])).tolist() == [-1.0, 0.0]
