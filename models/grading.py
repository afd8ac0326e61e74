"""The one scoring path: snapshots, a bundle and a policy in, gradings out.

A grading is a function of (snapshot, bundle, policy, prior grade, override) and of nothing
else: not of the clock, not of the other rows. Batch, service, page, notebook and test call
`grade_snapshots`; there is no second implementation of a grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats, Snapshots
from models.adjustments import Adjusted, Adjustment, Case, Override, adjust, hard_facts
from models.bands import Edges
from models.bundle import Bundle
from models.policy.sections import Policy
from models.rules import RULE_INPUTS, RuleScores, rule_scores
from models.scale import probability
from models.terms import Terms, terms_of


@dataclass(frozen=True)
class Blend:
    """The parts of the blend of n customers, each an array of shape (n,).

    ``score = rule_weight · rules.score + (1 − rule_weight) · model_score``.
    """

    rules: RuleScores
    log_odds: Floats
    model_score: Floats
    score: Floats


@dataclass(frozen=True)
class Grading:
    """The grade of one customer on one day, with all that it came from.

    Attributes
    ----------
    grade, notch : str
        By ``score`` alone.
    score, blend, rule_score, model_score : float
        Points; ``score = blend + Σ adjustments``; model_score is not clipped.
    default_probability : float
        Calibrated, within the bundle's horizon, 0 to 1.
    known_weight : float
        Share of the rules' weight whose indicators are known, 0 to 1.
    rule_score_worst, rule_score_best : float
        What the unknown indicators could still make of the rule score.
    provisional_until : date or None
        Day on which a provisional grade expires.
    prior_grade : str or None
        The last stored grade before override that the hysteresis was measured from.
    grade_before_override : str
        What the next grading takes as its prior grade.
    hard_facts : tuple of str
        Facts that cap a grade whatever the points.
    indicators : dict of str to float or None
        Points of the five indicators; None is unknown.
    unseen_unknowns : tuple of str
        Features unknown here that training never saw unknown; they count as the reference's.
    """

    customer_id: str
    as_of: date
    grade: str
    notch: str
    score: float
    blend: float
    default_probability: float
    rule_score: float
    model_score: float
    known_weight: float
    rule_score_worst: float
    rule_score_best: float
    provisional: bool
    provisional_until: date | None
    prior_grade: str | None
    grade_before_override: str
    override_suspended: bool
    adjustments: tuple[Adjustment, ...]
    hard_facts: tuple[str, ...]
    terms: Terms
    indicators: dict[str, float | None]
    unseen_unknowns: tuple[str, ...]
    model_version: str
    policy_version: str


def blend_of(snapshots: Snapshots, bundle: Bundle, policy: Policy) -> Blend:
    """Return the blend of each snapshot before any adjustment.

    Raises
    ------
    ModelError
        If the policy has no scale anchors for the bundle's horizon.
    """
    scale = policy.point_scale(bundle.horizon_days)
    odds = bundle.probability.log_odds(snapshots.select(bundle.feature_names).values)
    inputs = {name: snapshots.column(name) for name in RULE_INPUTS}
    rules = rule_scores(inputs, bundle.book, policy)
    model_score = scale.points(odds)
    w = policy.blend.rule_weight
    return Blend(rules, odds, model_score, w * rules.score + (1 - w) * model_score)


def grade_snapshots(
    snapshots: Snapshots,
    bundle: Bundle,
    policy: Policy,
    *,
    prior_grades: Mapping[str, str] | None = None,
    overrides: Mapping[str, Override] | None = None,
) -> list[Grading]:
    """Return the grading of each snapshot, in order.

    Parameters
    ----------
    snapshots : Snapshots
        Features as of days.
    bundle : Bundle
        The trained model and what of the book is frozen in it.
    policy : Policy
        The active policy.
    prior_grades : mapping of customer_id to grade, optional
        The last stored grade before override with an earlier as-of; without it there is no
        hysteresis.
    overrides : mapping of customer_id to Override, optional
        Overrides that were approved.

    Raises
    ------
    LedgerError
        If the snapshots lack a feature of the catalogue.
    ModelError
        If the policy has no scale anchors for the bundle's horizon.
    """
    snapshots = snapshots.select(FEATURE_NAMES)
    blend = blend_of(snapshots, bundle, policy)
    chances = probability(blend.log_odds)
    edges = Edges.of(policy.bands)
    gradings = []
    for row, customer_id in enumerate(snapshots.customer_ids):
        facts = snapshots.row(row)
        case = Case(
            as_of=snapshots.as_of[row].item(),
            facts=facts,
            blend=float(blend.score[row]),
            model_score=float(blend.model_score[row]),
            default_probability=float(chances[row]),
            prior_grade=(prior_grades or {}).get(customer_id),
            override=(overrides or {}).get(customer_id),
        )
        adjusted = adjust(case, policy, bundle.horizon_days, edges)
        grade = edges.grade(adjusted.score)
        gradings.append(
            Grading(
                customer_id=customer_id,
                as_of=case.as_of,
                grade=grade,
                notch=edges.notch(adjusted.score),
                score=adjusted.score,
                blend=case.blend,
                default_probability=case.default_probability,
                model_score=case.model_score,
                provisional=adjusted.provisional,
                provisional_until=_until(case, adjusted, policy),
                prior_grade=case.prior_grade,
                grade_before_override=edges.grade(adjusted.before_override),
                override_suspended=adjusted.override_suspended,
                adjustments=adjusted.lines,
                hard_facts=hard_facts(facts, policy),
                terms=terms_of(grade, facts, policy),
                unseen_unknowns=_unseen(facts, bundle),
                model_version=bundle.model_version,
                policy_version=policy.policy_version,
                **_rules_of(blend.rules, row),
            )
        )
    return gradings


def _rules_of(rules: RuleScores, row: int) -> dict[str, Any]:
    points = {name: float(values[row]) for name, values in rules.indicators.items()}
    return {
        "rule_score": float(rules.score[row]),
        "known_weight": float(rules.known_weight[row]),
        "rule_score_worst": float(rules.worst[row]),
        "rule_score_best": float(rules.best[row]),
        "indicators": {k: None if np.isnan(v) else v for k, v in points.items()},
    }


def _until(case: Case, adjusted: Adjusted, policy: Policy) -> date | None:
    if not adjusted.provisional:
        return None
    return case.as_of + timedelta(days=policy.provisional.expires_after_days)


def _unseen(facts: Mapping[str, float], bundle: Bundle) -> tuple[str, ...]:
    seen = bundle.probability.null_seen
    return tuple(
        name
        for name, null_seen in zip(bundle.feature_names, seen, strict=True)
        if not null_seen and np.isnan(facts[name])
    )
