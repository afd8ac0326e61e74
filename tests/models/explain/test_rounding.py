"""Told points add up, whatever the parts."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.explain.rounding import adding_up, tenths_of_score

SCORES = st.floats(0, 100) | st.sampled_from([79.99, 80.0, 59.99, 39.99, 50.0])
PARTS = st.lists(st.floats(-60, 60) | st.just(0.0) | st.sampled_from([-0.1, 0.3, 12.5]), max_size=9)


@given(SCORES, PARTS)
def test_parts_add_up_keep_their_sign_and_are_off_by_less_than_a_tenth(
    start: float, parts: list[float]
) -> None:
    end = start + sum(parts)
    total = tenths_of_score(end) - tenths_of_score(start)
    told = adding_up(parts, total)
    assert sum(told) == total
    for part, tenths in zip(parts, told, strict=True):
        # 1e-5 of a tenth is what the noise of a float may cost, at most once
        assert abs(Fraction(part) * 10 - tenths) < 1 + Fraction(1, 100_000)
        assert part * tenths >= 0
        assert part != 0 or tenths == 0


@given(st.floats(0, 100))
def test_a_score_is_cut_to_its_tenth(score: float) -> None:
    tenths = tenths_of_score(score)
    assert tenths <= score * 10 + 1e-6 < tenths + 1


@pytest.mark.parametrize(
    ("parts", "total", "told"),
    [
        ([-14.25, 0.0, 3.15, 0.1], -110, [-142, 0, 31, 1]),
        ([0.06, 0.06, 0.06], 1, [1, 0, 0]),
        ([0.06, 0.06, 0.06], 2, [1, 1, 0]),
        ([-0.04, -0.04], 0, [0, 0]),
        ([0.09], 0, [0]),
        ([], 0, []),
    ],
)
def test_the_largest_remainders_are_rounded_up(
    parts: list[float], total: int, told: list[int]
) -> None:
    assert adding_up(parts, total) == told


def test_the_noise_of_a_float_does_not_stop_a_sum() -> None:
    assert adding_up([2.0, 1.0], 31) == [21, 10]
    assert adding_up([-2.0, -1.0], -31) == [-21, -10]


def test_parts_that_are_not_the_difference_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 3\.0000 points and not to 9\.0"):
        adding_up([2.0, 1.0], 90)
    with pytest.raises(ValueError, match="once"):
        adding_up([0.0], 1)
