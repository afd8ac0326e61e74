"""A curve is a straight line between knots and flat beyond them."""

import numpy as np
import pytest

from models.curves import Curve


def test_a_curve_is_straight_between_knots_and_flat_beyond():
    curve = Curve(((1.0, 100.0), (2.0, 92.0), (4.0, 72.0)))
    assert curve(np.array([0.0, 1.0, 1.5, 3.0, 9.0])).tolist() == [100.0, 100.0, 96.0, 82.0, 72.0]


def test_an_unknown_measure_has_unknown_points():
    assert np.isnan(Curve(((0.0, 0.0), (1.0, 1.0)))(np.array([np.nan]))).all()


def test_the_span_of_a_curve_is_the_least_and_most_it_gives():
    assert Curve(((0.0, 30.0), (0.5, 100.0), (1.0, 70.0))).span == (30.0, 100.0)


@pytest.mark.parametrize(
    ("knots", "fault"),
    [
        (((0.0, 1.0),), "two or more knots with rising values"),
        (((1.0, 1.0), (1.0, 2.0)), "two or more knots with rising values"),
        (((0.0, 1.0), (np.nan, 2.0)), "needs finite numbers"),
        (((0.0, 1.0), (1.0, np.inf)), "needs finite numbers"),
    ],
)
def test_knots_that_do_not_rise_or_are_not_finite_are_refused(knots, fault):
    with pytest.raises(ValueError, match=fault):
        Curve(knots)
