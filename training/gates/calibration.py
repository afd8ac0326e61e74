"""Whether probabilities mean what they say: their slope, and their mean."""

from __future__ import annotations

import math

from models.explain.words.text import Text
from models.policy.sections import PromotionSection
from models.scale import probability
from training.gates.evidence import Evidence, risk_of
from training.gates.gate import Gate
from training.statistics.calibration import recalibration


def calibration(evidence: Evidence) -> Gate:
    """Hold slope and mean on the model's own test rows against the policy's limits.

    The slope is that of a logistic line through told log-odds and outcomes; below 1 the model
    was too sure of itself.
    """
    rows = evidence.own_test
    odds = risk_of(evidence.bundle, rows)
    slope = recalibration(odds, rows.defaulted).slope
    return judged_figures(
        slope,
        float(probability(odds).mean()),
        float(rows.defaulted.mean()),
        evidence.case.policy.promotion,
    )


def judged_figures(slope: float, told: float, realised: float, limits: PromotionSection) -> Gate:
    """Return the gate of a slope, a mean probability told, and the rate that came true.

    Parameters
    ----------
    slope : float
        1 is perfect; NaN where no line exists.
    told, realised : float
        Mean probability and default rate, 0 to 1.
    limits : PromotionSection
        Of the policy.
    """
    slopes = (limits.least_calibration_slope, limits.most_calibration_slope)
    shares = (limits.least_told_to_realised, limits.most_told_to_realised)
    share = told / realised if realised else math.inf
    lined = math.isfinite(slope)
    zh = f"校准斜率{slope:.3f}" if lined else "校准斜率无法估计"
    en = f"slope {slope:.3f}" if lined else "no slope can be estimated"
    return Gate(
        "calibration",
        lined and slopes[0] <= slope <= slopes[1] and shares[0] <= share <= shares[1],
        slope if lined else None,
        slopes,
        Text(
            f"{zh}（须在{slopes[0]:g}至{slopes[1]:g}之间）；平均违约概率{told:.2%}，"
            f"实际违约率{realised:.2%}，二者之比{share:.2f}（须在{shares[0]:g}至{shares[1]:g}之间）",
            f"{en} (to lie between {slopes[0]:g} and {slopes[1]:g}); mean probability "
            f"{told:.2%} against {realised:.2%} realised, a ratio of {share:.2f} (to lie between "
            f"{shares[0]:g} and {shares[1]:g})",
        ),
    )
