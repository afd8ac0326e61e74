"""Points are linear in log-odds, through the anchors of the bundle's horizon."""

import numpy as np
import pytest

from features.errors import ModelError
from models.scale import PointScale, at_horizon, log_odds, probability
from tests.models.bundles import POLICY, policy_with


@pytest.mark.parametrize("horizon", [30, 90, 180, 365])
def test_one_percent_a_year_is_80_points_and_ten_are_40_over_every_horizon(horizon):
    scale = POLICY.point_scale(horizon)
    assert scale.points_of_probability(at_horizon(0.01, horizon)) == pytest.approx(80, abs=1e-9)
    assert scale.points_of_probability(at_horizon(0.10, horizon)) == pytest.approx(40, abs=1e-9)


def test_the_default_anchors_are_the_yearly_ones_at_the_same_hazard():
    for days, anchors in POLICY.scale.anchors.items():
        wanted = (at_horizon(0.01, int(days)), at_horizon(0.10, int(days)))
        assert anchors == pytest.approx(wanted, rel=1e-14)


def test_between_the_anchors_points_fall_evenly_with_the_log_odds():
    scale = POLICY.point_scale(365)
    middle = (log_odds(0.01) + log_odds(0.10)) / 2
    assert scale.points(np.array([middle]))[0] == pytest.approx(60)
    assert probability(np.array([middle]))[0] == pytest.approx(0.0324, abs=1e-4)


def test_a_horizon_without_anchors_is_refused_with_the_mend():
    message = r"no scale anchors for the bundle's horizon of 200 days \(it has 30, 90, 180, 365\)"
    with pytest.raises(ModelError, match=message) as caught:
        POLICY.point_scale(200)
    assert caught.value.exit_code == 4
    assert "Add 200 to [scale.anchors]" in str(caught.value)


def test_a_policy_may_bring_anchors_of_its_own():
    policy = policy_with(("365 = [0.01, 0.10]", "365 = [0.02, 0.20]\n200 = [0.01, 0.05]"))
    assert policy.point_scale(365).points_of_probability(0.02) == pytest.approx(80)
    assert policy.point_scale(200).points_of_probability(0.05) == pytest.approx(40)


@pytest.mark.parametrize("wrong", [0.0, 1.0, -0.1, 3.5, float("nan")])
def test_log_odds_of_what_is_no_probability_are_refused(wrong):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        log_odds(wrong)


def test_probability_and_log_odds_undo_each_other_without_overflow():
    odds = np.array([-800.0, -30.0, -1.0, 0.0, 2.0, 30.0, 800.0])
    chances = probability(odds)
    assert chances[[0, -1]].tolist() == [0.0, 1.0]
    assert [log_odds(p) for p in chances[1:-2]] == pytest.approx(odds[1:-2].tolist(), rel=1e-9)


def test_a_scale_falls_as_the_odds_rise():
    assert PointScale.through((0.01, 80.0), (0.10, 40.0)).slope < 0
