import numpy as np
import pytest
from scipy.stats import norm

from training.statistics.stability import (
    bandwidths,
    feature_shift,
    histogram,
    migration_counts,
    neighbour_tests,
    stability_index,
)

# published with the ECB's instructions' formulae worked out by hand: facts of the project
MATRIX = np.array(
    [
        [10, 8, 15, 9, 10],
        [11, 9, 13, 9, 8],
        [0, 10, 10, 11, 10],
        [0, 0, 9, 11, 11],
        [0, 0, 0, 11, 10],
    ]
)


def test_index_of_a_tenth_moved_between_two_halves():
    found = stability_index(np.array([50, 50]), np.array([40, 60]))

    assert found.index == pytest.approx(-0.1 * np.log(0.8) + 0.1 * np.log(1.2))


def test_the_same_index_is_chance_in_a_small_book_and_none_in_a_large_one():
    small = stability_index(np.array([50, 50]), np.array([40, 60]))
    large = stability_index(np.array([5000, 5000]), np.array([4000, 6000]))

    assert small.index == pytest.approx(large.index)
    assert small.verdict == large.verdict == "stable"
    assert (small.beyond_chance, large.beyond_chance) == (False, True)


def test_critical_value_is_that_of_chi_square_over_the_numbers_of_rows():
    rows = np.full(10, 100)

    assert stability_index(rows, rows).critical == pytest.approx(2 / 1000 * 16.918977, abs=1e-8)
    assert stability_index(rows, rows).index == 0


def test_chance_exceeds_the_critical_value_about_as_often_as_it_should():
    generator = np.random.default_rng(11)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    drawn = [generator.multinomial(500, shares, size=2) for _ in range(1000)]

    beyond = np.mean([stability_index(a, b, alpha=0.1).beyond_chance for a, b in drawn])

    assert 0.07 < beyond < 0.13


@pytest.mark.parametrize(("moved", "verdict"), [(0, "stable"), (20, "watch"), (24, "shifted")])
def test_rule_of_thumb_names_what_it_sees(moved, verdict):
    before, after = np.array([50, 50]), np.array([50 - moved, 50 + moved])

    assert stability_index(before, after).verdict == verdict


def test_an_empty_bin_counts_half_a_row_and_keeps_the_index_finite():
    found = stability_index(np.array([10, 10, 0]), np.array([10, 0, 0]))
    a, e = np.array([10, 0.5]) / 10.5, np.array([0.5, 0.5])

    assert found.index == pytest.approx(((a - e) * np.log(a / e)).sum())


def test_a_feature_that_went_unknown_has_shifted():
    values = np.arange(100.0)
    unknown = values.copy()
    unknown[:40] = np.nan

    assert feature_shift(values, values).index == 0
    assert feature_shift(values, unknown).verdict == "shifted"
    assert feature_shift(np.full(5, np.nan), values).verdict == "shifted"


def test_histogram_and_migration_count_in_the_order_given():
    assert histogram(["D", "A", "A"], ("A", "B", "C", "D")).tolist() == [2, 0, 0, 1]
    assert migration_counts(["A", "A"], ["B", "A"], ("A", "B")).tolist() == [[1, 1], [0, 0]]


def test_bandwidths_are_those_of_the_published_formula():
    lower, upper = bandwidths(MATRIX)

    assert lower == pytest.approx(0.3306, abs=5e-5)
    assert upper == pytest.approx(0.6066, abs=5e-5)


def test_nobody_who_moves_has_no_bandwidth_and_everybody_to_the_end_has_one():
    assert bandwidths(np.diag([3, 4, 5])) == (None, None)
    assert bandwidths(np.array([[0, 0, 5], [0, 5, 0], [0, 0, 5]])) == (None, 1.0)


def test_neighbours_are_compared_towards_the_diagonal():
    steps = {(s.origin, s.near, s.far): s for s in neighbour_tests(MATRIX)}

    assert (0, 1, 2) in steps
    assert (4, 3, 2) in steps
    assert (4, 1, 0) not in steps  # nobody went to either
    n, near, far = 52, 8 / 52, 15 / 52
    spread = (near * (1 - near) + far * (1 - far) + 2 * near * far) / n
    assert steps[0, 1, 2].statistic == pytest.approx((far - near) / spread**0.5)
    assert steps[0, 1, 2].p == pytest.approx(norm.sf(steps[0, 1, 2].statistic), abs=1e-12)
    assert steps[4, 3, 2].p > 0.99


def test_when_everybody_jumps_a_grade_there_is_no_doubt():
    [step] = [s for s in neighbour_tests(np.array([[0, 0, 4], [0, 1, 0], [0, 0, 1]]))
              if (s.origin, s.far) == (0, 2)]  # fmt: skip

    assert step.p == 0
