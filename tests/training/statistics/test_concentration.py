import numpy as np
import pytest

from training.statistics.concentration import concentration, concentration_rise


def test_an_even_book_has_the_least_concentration_and_one_grade_the_most():
    even, one = concentration(np.array([5, 5, 5, 5])), concentration(np.array([0, 0, 9, 0]))

    assert (even.herfindahl, even.normalised) == (0.25, 0)
    assert (one.herfindahl, one.normalised, one.largest, one.largest_share) == (1, 1, 2, 1)


def test_smallest_p_that_four_grades_can_reach_is_the_known_one():
    found = concentration_rise(np.array([40, 30, 20, 10]), np.array([40, 30, 20, 10]))

    assert found.smallest_p == pytest.approx(0.216, abs=5e-4)
    assert found.cannot_fail
    assert found.p == pytest.approx(0.5)


def test_no_later_book_reaches_less_than_the_smallest_p():
    generator = np.random.default_rng(2)
    before = np.array([40, 30, 20, 10])
    later = generator.multinomial(100, [0.7, 0.2, 0.05, 0.05], size=300)

    found = [concentration_rise(before, after).p for after in later]

    smallest = concentration_rise(before, before).smallest_p
    assert min(found) >= smallest - 1e-12
    assert min(found) < smallest + 0.01


def test_twelve_notches_leave_the_test_some_teeth():
    even = np.full(12, 10)
    crowded = np.array([30] + [8] * 11)

    found = concentration_rise(even, crowded)

    assert not found.cannot_fail
    assert found.smallest_p < found.p < 0.05


def test_a_book_that_spreads_out_is_no_rise():
    found = concentration_rise(np.array([90, 5, 5]), np.array([10, 10, 10]))

    assert found.p == 1
    assert concentration_rise(np.array([5, 5]), np.array([5, 5])).p == 0.5
