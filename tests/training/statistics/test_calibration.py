from datetime import date

import numpy as np
import pytest

from training.statistics.calibration import (
    bin_lines,
    binomial_power,
    brier_parts,
    cohort_days,
    grade_tests,
    hosmer_lemeshow,
    jeffreys,
    recalibration,
)
from training.statistics.tails import binomial_at_least
from training.windows import month_ends

# ten rows told 0.2 of which three default, ten told 0.5 of which five do
TOLD = np.repeat([0.2, 0.5], 10)
HAPPENED = np.array([True] * 3 + [False] * 7 + [True] * 5 + [False] * 5)


def logit(share):
    return np.log(share / (1 - share))


def test_jeffreys_test_gives_the_published_figure():
    assert jeffreys(2, 6, 0.0367) == pytest.approx(0.00438, abs=5e-6)


def test_one_default_among_fifty_good_customers_is_no_proof():
    assert jeffreys(1, 50, 0.005) == pytest.approx(0.081, abs=5e-4)


def test_cohorts_begin_with_the_last_day_and_never_overlap():
    days = month_ends(date(2024, 1, 1), date(2025, 6, 30))

    chosen = cohort_days(days, 180)

    assert chosen == (date(2024, 6, 30), date(2024, 12, 31), date(2025, 6, 30))
    assert all((b - a).days >= 180 for a, b in zip(chosen, chosen[1:], strict=False))


def test_a_horizon_that_ends_on_the_next_day_of_a_cohort_does_not_overlap_it():
    january, july = date(2025, 1, 1), date(2025, 6, 30)

    assert cohort_days([january, july], (july - january).days) == (january, july)
    assert cohort_days([january, july], (july - january).days + 1) == (july,)


def test_brier_score_falls_apart_into_its_parts():
    parts = brier_parts(TOLD, HAPPENED, bins=2)

    assert parts.reliability == pytest.approx(0.5 * 0.1**2)
    assert parts.resolution == pytest.approx(0.5 * 0.1**2 + 0.5 * 0.1**2)
    assert parts.uncertainty == pytest.approx(0.4 * 0.6)
    assert parts.within == pytest.approx(0, abs=1e-15)
    assert parts.brier == pytest.approx(parts.reliability - parts.resolution + parts.uncertainty)


def test_parts_of_the_brier_score_sum_up_where_a_bin_holds_many_probabilities():
    generator = np.random.default_rng(4)
    told = generator.beta(1, 6, 900)
    happened = generator.uniform(size=900) < told

    parts = brier_parts(told, happened)

    assert parts.within != 0
    assert parts.brier == pytest.approx(np.mean((told - happened) ** 2), abs=1e-15)


def test_recalibration_of_two_values_goes_through_both_rates():
    found = recalibration(logit(TOLD), HAPPENED)

    slope = (logit(0.5) - logit(0.3)) / (logit(0.5) - logit(0.2))
    assert found.slope == pytest.approx(slope, abs=1e-9)
    assert found.intercept == pytest.approx(logit(0.5) - slope * logit(0.5), abs=1e-9)
    # information is n·p·(1 − p) of either value: the slope's variance is their sum of inverses
    variance = (1 / (10 * 0.3 * 0.7) + 1 / (10 * 0.5 * 0.5)) / (logit(0.5) - logit(0.2)) ** 2
    assert found.slope_error == pytest.approx(variance**0.5, rel=1e-6)


def test_shift_of_one_value_told_is_the_distance_of_its_log_odds():
    told = np.full(10, 0.1)

    found = recalibration(logit(told), np.arange(10) < 3)

    assert found.shift == pytest.approx(logit(0.3) - logit(0.1), abs=1e-9)
    assert np.isnan(found.slope)


@pytest.mark.parametrize("happened", [TOLD > 0.3, TOLD > 1, TOLD > 0])
def test_there_is_no_line_where_a_threshold_parts_the_outcomes(happened):
    assert np.isnan(recalibration(logit(TOLD), happened).slope)


def test_binomial_test_rejects_from_the_first_count_that_is_rare_enough():
    critical, power = binomial_power(200, 0.02, alpha=0.05, ratio=2)

    assert (
        binomial_at_least(critical, 200, 0.02) <= 0.05 < binomial_at_least(critical - 1, 200, 0.02)
    )
    assert power == binomial_at_least(critical, 200, 0.04)


def test_power_grows_with_rows():
    powers = [binomial_power(n, 0.02, alpha=0.05, ratio=2)[1] for n in (50, 500, 5000)]

    assert powers == sorted(powers)
    assert powers[0] < 0.3
    assert powers[-1] > 0.99


def test_goodness_of_fit_sums_squared_distances_over_variances():
    found = hosmer_lemeshow(TOLD, HAPPENED, bins=2)

    assert found.statistic == pytest.approx((3 - 2) ** 2 / (10 * 0.2 * 0.8) + 0)
    assert found.freedom == 2
    assert found.p == pytest.approx(np.exp(-found.statistic / 2))  # χ² with 2 degrees


def test_reliability_table_begins_with_the_safest():
    lines = bin_lines(TOLD, HAPPENED, bins=2)

    assert [(line.rows, line.default_probability, line.default_rate) for line in lines] == [
        (10, pytest.approx(0.2), pytest.approx(0.3)),
        (10, pytest.approx(0.5), pytest.approx(0.5)),
    ]


def test_every_grade_has_a_line_and_a_missing_one_no_figure():
    labels = ["A"] * 10 + ["C"] * 10

    a, b, c = grade_tests(labels, ("A", "B", "C"), TOLD, HAPPENED)

    assert (a.rows, a.defaults, a.default_rate) == (10, 3, 0.3)
    assert a.jeffreys_p == jeffreys(3, 10, float(np.mean(TOLD[:10])))
    assert a.binomial_p == pytest.approx(binomial_at_least(3, 10, 0.2))
    assert (b.rows, b.default_rate, b.jeffreys_p, b.power) == (0, None, None, None)
    assert c.default_probability == pytest.approx(0.5)
