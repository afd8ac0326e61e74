import math

import numpy as np
import pytest

from training.candidates.woe import BinSettings, feature_bins

LOOSE = BinSettings(bins=20, least_rows=1, least_defaults=1)


def drawn(*cells):
    """Return values and outcomes: (value, rows, defaults) of each cell."""
    values = np.concatenate([np.full(rows, float(value)) for value, rows, _ in cells])
    defaulted = np.concatenate([np.arange(rows) < bad for _, rows, bad in cells])
    return values, defaulted


def rates(bins):
    """Return the default rate of each bin of known values."""
    return (bins.defaults[:-1] / bins.rows[:-1]).tolist()


def test_weight_of_evidence_and_information_value_by_hand():
    values, defaulted = drawn((1, 100, 10), (2, 100, 30))

    bins = feature_bins(values, defaulted, direction=1, settings=LOOSE)

    # one row at the base rate of 20 % is added to each bin; the base odds are 40 to 160
    low = math.log(10.2 / 90.8) - math.log(40 / 160)
    high = math.log(30.2 / 70.8) - math.log(40 / 160)
    assert bins.edges.tolist() == [1.0]
    assert bins.woe[:2] == pytest.approx([low, high], rel=1e-12)
    wanted = (10 / 40 - 90 / 160) * low + (30 / 40 - 70 / 160) * high
    assert bins.information_value == pytest.approx(wanted, rel=1e-12)


def test_smoothing_draws_a_bin_to_nothing_and_more_of_it_draws_further():
    values, defaulted = drawn((1, 100, 10), (2, 100, 30))

    told = [
        feature_bins(
            values,
            defaulted,
            direction=1,
            settings=BinSettings(least_rows=1, least_defaults=1, smoothing=smoothing),
        ).woe[1]
        for smoothing in (1.0, 100.0, 1e9)
    ]

    assert told[0] > told[1] > told[2]
    assert told[2] == pytest.approx(0, abs=1e-6)


def test_neighbours_whose_rate_turns_back_are_pooled():
    cells = ((1, 100, 10), (2, 100, 30), (3, 100, 20), (4, 100, 50))

    bins = feature_bins(*drawn(*cells), direction=1, settings=LOOSE)

    assert bins.edges.tolist() == [1.0, 3.0]
    assert rates(bins) == [0.10, 0.25, 0.50]


def test_pooling_goes_back_as_far_as_it_must():
    cells = ((1, 100, 20), (2, 100, 30), (3, 100, 4), (4, 100, 50))

    bins = feature_bins(*drawn(*cells), direction=1, settings=LOOSE)

    assert bins.edges.tolist() == [3.0]
    assert rates(bins) == [0.18, 0.50]


def test_feature_that_runs_against_its_direction_tells_nothing():
    bins = feature_bins(*drawn((1, 100, 30), (2, 100, 10)), direction=1, settings=LOOSE)

    assert len(bins.edges) == 0
    assert bins.information_value == 0
    assert (bins.transform(np.array([1.0, 2.0, np.nan])) == 0).all()


@pytest.mark.parametrize(("low", "high", "edges"), [(10, 30, [1.0]), (30, 10, [1.0])])
def test_feature_without_direction_may_run_either_way(low, high, edges):
    bins = feature_bins(*drawn((1, 100, low), (2, 100, high)), direction=0, settings=LOOSE)

    assert bins.edges.tolist() == edges
    assert np.sign(bins.woe[1] - bins.woe[0]) == np.sign(high - low)


def test_feature_without_direction_runs_the_way_that_tells_more():
    # up to 2 it rises steeply, after it falls a little: rising tells more
    cells = ((1, 100, 5), (2, 100, 40), (3, 100, 38))

    free = feature_bins(*drawn(*cells), direction=0, settings=LOOSE)
    up, down = (feature_bins(*drawn(*cells), direction=d, settings=LOOSE) for d in (1, -1))

    assert free.information_value == up.information_value > down.information_value


def test_unknown_has_a_bin_of_its_own():
    values, defaulted = drawn((1, 100, 10), (2, 100, 30), (math.nan, 100, 60))

    bins = feature_bins(values, defaulted, direction=1, settings=LOOSE)

    assert (bins.rows[-1], bins.defaults[-1]) == (100, 60)
    assert bins.transform(np.array([math.nan]))[0] == bins.woe[-1] > bins.woe[1]


@pytest.mark.parametrize("cell", [(math.nan, 100, 9), (math.nan, 19, 15), (math.nan, 100, 95)])
def test_unknown_of_too_few_rows_or_outcomes_says_nothing(cell):
    settings = BinSettings(least_rows=20, least_defaults=10)
    values, defaulted = drawn((1, 100, 10), (2, 100, 30), cell)

    bins = feature_bins(values, defaulted, direction=1, settings=settings)

    assert bins.woe[-1] == 0
    assert bins.woe[1] > bins.woe[0]


def test_feature_that_is_nowhere_known_tells_nothing():
    values, defaulted = drawn((math.nan, 100, 30))

    bins = feature_bins(values, defaulted, direction=1, settings=LOOSE)

    assert bins.information_value == 0


def test_few_values_above_many_zeros_are_cut_too():
    cells = ((0, 1000, 10), *((value, 20, value) for value in range(1, 11)))

    bins = feature_bins(*drawn(*cells), direction=1, settings=LOOSE)

    assert len(bins.edges) > 5


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("direction", [-1, 1])
def test_every_bin_has_enough_and_rates_run_one_way(seed, direction):
    generator = np.random.default_rng(seed)
    values = generator.normal(size=3000)
    values[generator.uniform(size=3000) < 0.1] = np.nan
    odds = -2 + direction * np.nan_to_num(values) + np.sin(5 * np.nan_to_num(values))
    defaulted = generator.uniform(size=3000) < 1 / (1 + np.exp(-odds))
    settings = BinSettings(bins=30, least_rows=60, least_defaults=12)

    bins = feature_bins(values, defaulted, direction=direction, settings=settings)

    assert len(bins.edges) >= 2
    assert bins.rows[:-1].min() >= 60
    assert bins.defaults[:-1].min() >= 12
    assert (direction * np.diff(rates(bins)) > 0).all()
    assert (direction * np.diff(bins.woe[:-1]) > 0).all()
    assert bins.rows.sum() == 3000


def test_value_beyond_the_training_rows_falls_in_the_outer_bin():
    bins = feature_bins(*drawn((1, 100, 10), (2, 100, 30)), direction=1, settings=LOOSE)

    assert bins.transform(np.array([-1e9, 1e9])).tolist() == bins.woe[:2].tolist()


def test_one_outcome_is_refused():
    with pytest.raises(ValueError, match="both outcomes, but all 10 rows have one"):
        feature_bins(*drawn((1, 10, 10)), direction=1, settings=LOOSE)


def test_settings_that_cut_nothing_are_refused():
    with pytest.raises(ValueError, match="smoothing above 0"):
        BinSettings(smoothing=0.0)
