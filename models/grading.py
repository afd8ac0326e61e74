"""The one scoring path: snapshots, a bundle and a policy in, gradings out.

A grading is a function of (snapshot, bundle, policy, prior grade, override) and of nothing
else: not of the clock, not of the other rows. Batch, service, page, notebook and test call
`grade_snapshots`; there is no second implementation of a grade.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from features.catalogue import FEATURE_NAMES
from features.matrix import Floats, Snapshots
from models.adjustments import Adjusted, Adjustment, Case, Override, adjust
from models.bands import edges_of
from models.bundle import Bundle
from models.policy.sections import Policy
from models.rules import RULE_PLACES, RuleScore, rule_scores
from models.scale import probability
from models.terms import Terms, terms_of


@dataclass(frozen=True)
class Blend:
    """The parts of the blend of n customers, each an array of shape (n,).

    ``score = rule_weight · rule_score + (1 − rule_weight) · model_score``; `rules` has the
    indicators behind each rule score.
    """

    rules: list[RuleScore]
    rule_score: Floats
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
    return _blend(in_catalogue_order(snapshots), bundle, policy)


def in_catalogue_order(snapshots: Snapshots) -> Floats:
    """Return the values of the catalogue's features, shape (n, features).

    Raises
    ------
    LedgerError
        If the snapshots lack a feature of the catalogue.
    """
    if snapshots.names == FEATURE_NAMES:
        return snapshots.values
    return snapshots.select(FEATURE_NAMES).values


def _blend(values: Floats, bundle: Bundle, policy: Policy) -> Blend:
    return _blend_at(bundle.probability.log_odds(values[:, bundle.places]), values, bundle, policy)


def _blend_at(odds: Floats, values: Floats, bundle: Bundle, policy: Policy) -> Blend:
    rules = rule_scores(values[:, RULE_PLACES], bundle.book, policy)
    points = np.array([rule.score for rule in rules])
    model_score = policy.point_scale(bundle.horizon_days).points(odds)
    w = policy.blend.rule_weight
    return Blend(rules, points, odds, model_score, w * points + (1 - w) * model_score)


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
    values = in_catalogue_order(snapshots)
    blend = _blend(values, bundle, policy)
    chances = probability(blend.log_odds).tolist()
    blends, model_scores = blend.score.tolist(), blend.model_score.tolist()
    days = snapshots.as_of.tolist()
    unseen = _unseen(values, bundle)
    priors, granted = prior_grades or {}, overrides or {}
    gradings = []
    for row, customer_id in enumerate(snapshots.customer_ids):
        case = Case(
            as_of=days[row],
            facts=dict(zip(FEATURE_NAMES, values[row].tolist(), strict=True)),
            blend=blends[row],
            model_score=model_scores[row],
            default_probability=chances[row],
            prior_grade=priors.get(customer_id),
            override=granted.get(customer_id),
        )
        gradings.append(
            _grading(customer_id, case, blend.rules[row], unseen.get(row, ()), bundle, policy)
        )
    return gradings


def grades_at(
    values: Floats,
    log_odds: Floats,
    grading: Grading,
    grader: tuple[Bundle, Policy],
    *,
    override: Override | None = None,
) -> list[list[str]]:
    """Return the grades that a customer would have if the model told other log-odds.

    Everything else is as in `grade_snapshots`, which for the customer's own values and the
    model's own log-odds gives the same grade.

    Parameters
    ----------
    values : ndarray of float64, shape (n, features)
        The customer's features in the catalogue's order, as they are or might be.
    log_odds : ndarray of float64, shape (n, m)
        For each of them the log-odds of default to grade by.
    grading : Grading
        Of the customer: tells its day and prior grade.
    grader : tuple of Bundle and Policy
        What grades.
    override : Override, optional
        The customer's, where one was approved.

    Returns
    -------
    list of n lists of m str
    """
    bundle, policy = grader
    edges, found = edges_of(policy.bands), []
    for row, odds in zip(values, log_odds, strict=True):
        facts = dict(zip(FEATURE_NAMES, row.tolist(), strict=True))
        blend = _blend_at(odds, np.broadcast_to(row, (1, len(row))), bundle, policy)
        told = zip(
            blend.score.tolist(),
            blend.model_score.tolist(),
            probability(odds).tolist(),
            strict=True,
        )
        cases = (
            Case(
                as_of=grading.as_of,
                facts=facts,
                blend=points,
                model_score=model_score,
                default_probability=chance,
                prior_grade=grading.prior_grade,
                override=override,
            )
            for points, model_score, chance in told
        )
        found.append(
            [edges.grade(adjust(c, policy, bundle.horizon_days, edges).score) for c in cases]
        )
    return found


def _grading(
    customer_id: str,
    case: Case,
    rules: RuleScore,
    unseen: tuple[str, ...],
    bundle: Bundle,
    policy: Policy,
) -> Grading:
    edges = edges_of(policy.bands)
    adjusted = adjust(case, policy, bundle.horizon_days, edges)
    grade = edges.grade(adjusted.score)
    return Grading(
        customer_id=customer_id,
        as_of=case.as_of,
        grade=grade,
        notch=edges.notch(adjusted.score),
        score=adjusted.score,
        blend=case.blend,
        default_probability=case.default_probability,
        rule_score=rules.score,
        model_score=case.model_score,
        known_weight=rules.known_weight,
        rule_score_worst=rules.worst,
        rule_score_best=rules.best,
        provisional=adjusted.provisional,
        provisional_until=_until(case, adjusted, policy),
        prior_grade=case.prior_grade,
        grade_before_override=edges.grade(adjusted.before_override),
        override_suspended=adjusted.override_suspended,
        adjustments=adjusted.lines,
        hard_facts=adjusted.hard_facts,
        terms=terms_of(grade, case.facts, policy),
        indicators={k: None if math.isnan(v) else v for k, v in rules.indicators.items()},
        unseen_unknowns=unseen,
        model_version=bundle.model_version,
        policy_version=policy.policy_version,
    )


def _until(case: Case, adjusted: Adjusted, policy: Policy) -> date | None:
    if not adjusted.provisional:
        return None
    return case.as_of + timedelta(days=policy.provisional.expires_after_days)


def _unseen(values: Floats, bundle: Bundle) -> dict[int, tuple[str, ...]]:
    """Return the features that count as the reference's, by row, for the rows that have any."""
    found: dict[int, tuple[str, ...]] = {}
    rows, places = np.isnan(values[:, bundle.unseen_places]).nonzero()
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        found[row] = (*found.get(row, ()), FEATURE_NAMES[bundle.unseen_places[place]])
    return found
