"""A curve is a straight line between knots and flat beyond them."""

import numpy as np
import pytest

from models.curves import Curve


def test_a_curve_is_straight_between_knots_and_flat_beyond():
    curve = Curve(((1.0, 100.0), (2.0, 92.0), (4.0, 72.0)))
    found = [curve(measure) for measure in (0.0, 1.0, 1.5, 3.0, 4.0, 9.0)]
    assert found == [100.0, 100.0, 96.0, 82.0, 72.0, 72.0]


def test_a_curve_gives_what_numpy_interpolates_to_the_last_bit():
    generator = np.random.default_rng(0)
    for _ in range(20):
        measures = np.unique(generator.normal(0, 100, 6))
        knots = tuple(zip(measures.tolist(), generator.uniform(0, 100, 6).tolist(), strict=True))
        asked = np.concatenate([generator.normal(0, 150, 200), measures, [np.inf, -np.inf]])
        expected = np.interp(asked, measures, [y for _, y in knots])
        assert [Curve(knots)(x) for x in asked.tolist()] == expected.tolist()


def test_an_unknown_measure_has_unknown_points():
    assert np.isnan(Curve(((0.0, 0.0), (1.0, 1.0)))(np.nan))


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
