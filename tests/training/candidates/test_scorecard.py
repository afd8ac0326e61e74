from dataclasses import replace

import numpy as np
import pytest

from features.catalogue import FEATURES
from models.scale import PointScale, probability
from tests.training.books import made_rows, rows_of
from training.candidates.scorecard import fit_scorecard, points_table
from training.config import load_config
from training.fit import fit_calibration
from training.validation import auc, ece

CONFIG = load_config()


@pytest.fixture(scope="module")
def parts():
    return made_rows(4000, 1), made_rows(2000, 2), made_rows(2000, 3)


@pytest.fixture(scope="module")
def card(parts):
    return fit_scorecard(parts[0], parts[1], CONFIG)


def test_card_finds_what_the_rows_hide(card, parts):
    test = parts[2]

    told = card.log_odds(test.snapshots)

    assert {"days_beyond_terms_365d", "on_time_rate_365d"} <= set(card.names)
    assert auc(told, test.defaulted) > 0.65
    assert ece(probability(told), test.defaulted) < 0.03


def test_no_feature_counts_against_its_direction(card):
    assert (card.coefficients > 0).all()
    for name, bins in zip(card.names, card.bins, strict=True):
        rising = np.diff(bins.woe[:-1])
        assert (FEATURES[name].direction * rising >= 0).all()


def test_feature_whose_coefficient_would_be_wrong_is_dropped():
    # the second tells something alone, but beside the first only the noise that runs against it
    generator = np.random.default_rng(5)
    risk, noise = generator.normal(size=(2, 6000))
    defaulted = generator.uniform(size=6000) < 1 / (1 + np.exp(1 - risk + 0.5 * noise))
    first, second = {"days_beyond_terms_365d": risk}, {"days_beyond_terms_90d": risk + noise}
    both, alone = rows_of(first | second, defaulted), rows_of(second, defaulted)

    assert fit_scorecard(both, both, CONFIG).names == ("days_beyond_terms_365d",)
    assert fit_scorecard(alone, alone, CONFIG).names == ("days_beyond_terms_90d",)


def test_card_is_calibrated_as_the_trees_are(card, parts):
    calibrate = parts[1]
    margin = card.margins(calibrate.snapshots)

    assert card.calibration == fit_calibration(margin, calibrate.defaulted, CONFIG.calibration)


def test_points_of_a_person_add_up_to_the_scale(card, parts):
    scale = PointScale.through((0.01, 80.0), (0.10, 40.0))
    snapshots = parts[2].snapshots.take(range(300))
    base, *lines = points_table(card, scale)

    total = np.full(len(snapshots), base.points)
    for line in lines:
        value = snapshots.column(line.feature)
        inside = np.isnan(value) if line.unknown else ~np.isnan(value)
        if line.above is not None:
            inside &= value > line.above
        if line.up_to is not None:
            inside &= value <= line.up_to
        total += np.where(inside, line.points, 0.0)

    assert total == pytest.approx(scale.points(card.log_odds(snapshots)), abs=1e-9)


def test_table_counts_every_row_once_for_each_feature(card, parts):
    lines = points_table(card, PointScale.through((0.01, 80.0), (0.10, 40.0)))[1:]

    for name in card.names:
        assert sum(line.rows for line in lines if line.feature == name) == len(parts[0])
        assert sum(line.defaults for line in lines if line.feature == name) == parts[0].defaults


def test_where_nothing_tells_everybody_is_told_the_base_rate(parts):
    fit, calibrate, _ = parts
    config = replace(CONFIG, candidates=replace(CONFIG.candidates, least_information=99.0))

    card = fit_scorecard(fit, calibrate, config)

    assert card.names == ()
    told = probability(card.log_odds(calibrate.snapshots))
    assert told == pytest.approx(np.full(len(calibrate), calibrate.defaulted.mean()))


def test_no_more_features_than_allowed_stand_in_the_card(parts):
    config = replace(CONFIG, candidates=replace(CONFIG.candidates, most_features=1))

    card = fit_scorecard(parts[0], parts[1], config)

    assert len(card.names) == 1


def test_card_of_a_sample_tells_what_the_card_of_all_rows_tells(card, parts):
    fit, calibrate, test = parts
    others = np.flatnonzero(~fit.defaulted)
    kept = np.sort(np.append(np.flatnonzero(fit.defaulted), others[::2]))
    weights = np.where(fit.defaulted[kept], 1.0, len(others) / len(others[::2]))
    sample = replace(fit.at(kept), weights=weights)

    found = fit_scorecard(sample, calibrate, CONFIG)
    unweighted = fit_scorecard(replace(sample, weights=None), calibrate, CONFIG)

    base = fit.defaulted.mean()
    assert probability(found.margins(fit.snapshots)).mean() == pytest.approx(base, rel=0.1)
    assert probability(unweighted.margins(fit.snapshots)).mean() > 1.5 * base
    assert np.corrcoef(found.log_odds(test.snapshots), card.log_odds(test.snapshots))[0, 1] > 0.9


def test_card_of_rows_that_weigh_one_is_that_of_rows_without_weights(card, parts):
    fit, calibrate, test = parts

    found = fit_scorecard(replace(fit, weights=np.ones(len(fit))), calibrate, CONFIG)

    assert found.names == card.names
    assert found.log_odds(test.snapshots) == pytest.approx(card.log_odds(test.snapshots), abs=1e-6)
