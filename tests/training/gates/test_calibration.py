"""Slope and mean are held against the policy's limits, and a figure that is none does not pass."""

import math

import pytest

from models.policy.sections import PromotionSection
from training.gates.calibration import judged_figures

LIMITS = PromotionSection()


@pytest.mark.parametrize(
    ("slope", "told", "realised", "passed"),
    [
        (1.0, 0.03, 0.03, True),
        (0.6, 0.03, 0.03, True),
        (0.59, 0.03, 0.03, False),
        (1.61, 0.03, 0.03, False),
        (1.0, 0.015, 0.03, True),
        (1.0, 0.014, 0.03, False),
        (1.0, 0.061, 0.03, False),
        (1.0, 0.03, 0.0, False),
        (math.nan, 0.03, 0.03, False),
    ],
)
def test_both_figures_lie_between_their_limits(
    slope: float, told: float, realised: float, passed: bool
) -> None:
    gate = judged_figures(slope, told, realised, LIMITS)
    assert gate.passed is passed
    assert gate.limit == (0.6, 1.6)
    assert gate.figure == (None if math.isnan(slope) else slope)


def test_a_slope_that_cannot_be_estimated_is_said_and_is_no_number() -> None:
    gate = judged_figures(math.nan, 0.03, 0.03, LIMITS)
    assert gate.to_dict()["figure"] is None
    assert "无法估计" in gate.detail.zh
    assert "no slope can be estimated" in gate.detail.en
