"""Grades and notches are a pure function of the score."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bands import GRADES, NOTCHES, Edges, is_better
from models.policy.sections import Bands

EDGES = Edges.of(Bands(A=80.0, B=60.0, C=40.0))


@pytest.mark.parametrize(
    ("score", "grade", "notch"),
    [
        (1000.0, "A", "A1"),
        (100.0, "A", "A1"),
        (93.34, "A", "A1"),
        (93.33, "A", "A2"),
        (80.0, "A", "A3"),
        (79.99, "B", "B1"),
        (60.0, "B", "B3"),
        (59.99, "C", "C1"),
        (50.0, "C", "C2"),
        (40.0, "C", "C3"),
        (39.99, "D", "D1"),
        (13.4, "D", "D2"),
        (13.3, "D", "D3"),
        (0.0, "D", "D3"),
        (-500.0, "D", "D3"),
    ],
)
def test_a_score_has_one_grade_and_one_notch(score, grade, notch):
    assert (EDGES.grade(score), EDGES.notch(score)) == (grade, notch)


@pytest.mark.parametrize("notch", NOTCHES[:-1])
def test_a_sum_that_misses_a_floor_by_rounding_is_on_it(notch):
    floor = EDGES.notch_floors[notch]
    assert EDGES.notch(floor) == notch
    assert EDGES.notch(floor - 1e-10) == notch
    assert EDGES.notch(floor - 1e-6) != notch


def test_each_band_is_cut_in_three_equal_notches():
    floors = [EDGES.notch_floors[notch] for notch in NOTCHES]
    assert floors[:4] == pytest.approx([80 + 40 / 3, 80 + 20 / 3, 80, 60 + 40 / 3])
    assert floors == sorted(floors, reverse=True)


@settings(max_examples=60, deadline=None)
@given(st.floats(-200, 200), st.floats(-200, 200))
def test_a_higher_score_never_has_a_worse_grade_and_the_notch_is_of_the_grade(one, other):
    low, high = sorted((one, other))
    assert not is_better(EDGES.grade(low), EDGES.grade(high))
    assert NOTCHES.index(EDGES.notch(high)) <= NOTCHES.index(EDGES.notch(low))
    assert EDGES.notch(low)[0] == EDGES.grade(low)


def test_grades_fall_from_a_to_d():
    assert [g for g in GRADES if is_better(g, "C")] == ["A", "B"]
