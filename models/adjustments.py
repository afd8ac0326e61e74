"""What moves the points after the blend: each a signed line with its reason, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.bands import GRADES, NOTCHES, TOLERANCE, Edges, is_better
from models.policy.sections import Policy
from models.scale import at_horizon

KINDS = ("bound", "provisional", "ceiling", "hysteresis", "override")
HARD_FACTS = (
    "in_default",
    "dishonest",
    "enforcement_open",
    "overdue_to_c",
    "overdue_to_d",
)


@dataclass(frozen=True)
class Adjustment:
    """A line in points.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    points : float
        What it adds; 0.0 where a fact holds that does not bite.
    reason : str
        Code of the reason.
    also : tuple of str
        Codes of other facts that hold and are no stricter.
    """

    kind: str
    points: float
    reason: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Override:
    """A grade that people granted.

    Attributes
    ----------
    notch : str
        A1 to D3.
    expires_on : date
        Last day that it holds.
    hard_facts : tuple of str
        The hard facts that were known when it was granted; a new one suspends it.
    """

    notch: str
    expires_on: date
    hard_facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """What the adjustments of one customer rest on."""

    as_of: date
    facts: Mapping[str, float]
    blend: float
    model_score: float
    default_probability: float
    prior_grade: str | None
    override: Override | None


@dataclass(frozen=True)
class Adjusted:
    """The lines of one customer and what came of them.

    Attributes
    ----------
    lines : tuple of Adjustment
        In the order in which they were applied.
    score : float
        Blend plus the lines.
    before_override : float
        The points that the override started from.
    provisional : bool
        Whether the customer was set to the entry point.
    override_suspended : bool
        Whether an override is in force but a new hard fact stopped it.
    hard_facts : tuple of str
        The facts that cap the grade whatever the points, strictest first.
    """

    lines: tuple[Adjustment, ...]
    score: float
    before_override: float
    provisional: bool
    override_suspended: bool
    hard_facts: tuple[str, ...]


def adjust(case: Case, policy: Policy, horizon_days: int, edges: Edges) -> Adjusted:
    """Return the adjustments of one customer: bound, provisional, ceiling, hysteresis, override."""
    lines: list[Adjustment] = []
    hard = hard_facts(case.facts, policy)

    def points() -> float:
        return summed(case.blend, lines)

    lines += _bound(case, policy)
    provisional = is_new(case.facts, policy) and not hard
    if provisional:
        entry = policy.provisional.entry_points
        lines.append(Adjustment("provisional", entry - points(), "no_history"))
    held = set(hard) | _likely(case, policy, horizon_days)
    lines += _ceiling(held, policy, edges, points())
    lines += _hysteresis(case, policy, edges, points())
    before = points()
    override, suspended = _override(case, policy, edges, before, hard)
    lines += override
    return Adjusted(tuple(lines), points(), before, provisional, suspended, hard)


def summed(blend: float, lines: Sequence[Adjustment]) -> float:
    """Return blend plus the lines, added in their order."""
    total = blend
    for line in lines:
        total += line.points
    return total


def is_new(facts: Mapping[str, float], policy: Policy) -> bool:
    """Tell whether a customer has too little history to be told by it; unknown is too little."""
    rule = policy.provisional
    return not (
        facts["invoices_due_365d"] >= rule.fewer_invoices_due_than
        and facts["history_days"] >= rule.fewer_days_than
    )


def hard_facts(facts: Mapping[str, float], policy: Policy) -> tuple[str, ...]:
    """Return the facts that cap a grade whatever the points, strictest first."""
    rule = policy.ceilings
    material = facts["open_overdue_amount"] >= rule.overdue_material_amount
    days = facts["oldest_overdue_days"] if material else 0
    held = (
        ("in_default", facts["in_default"] == 1),
        ("dishonest", facts["is_dishonest"] == 1),
        ("overdue_to_d", days > rule.overdue_days_to_d),
        ("enforcement_open", facts["enforcement_open_count"] > 0),
        ("overdue_to_c", rule.overdue_days_to_c < days <= rule.overdue_days_to_d),
    )
    return tuple(code for code, holds in held if holds)


_CAPS = {
    "in_default": "D",
    "dishonest": "D",
    "overdue_to_d": "D",
    "probability_to_d": "D",
    "enforcement_open": "C",
    "overdue_to_c": "C",
    "probability_to_c": "C",
}


def _bound(case: Case, policy: Policy) -> list[Adjustment]:
    clamped = min(max(case.model_score, 0.0), 100.0)
    if clamped == case.model_score:
        return []
    share = 1 - policy.blend.rule_weight
    reason = "probability_beyond_scale"
    return [Adjustment("bound", share * (clamped - case.model_score), reason)]


def _ceiling(held: set[str], policy: Policy, edges: Edges, points: float) -> list[Adjustment]:
    strictest = [code for code in _CAPS if code in held]
    if not strictest:
        return []
    first, *others = strictest
    stop = _top_of(_CAPS[first], edges, policy)
    return [Adjustment("ceiling", min(stop - points, 0.0), first, tuple(others))]


def _likely(case: Case, policy: Policy, horizon_days: int) -> set[str]:
    rule = policy.ceilings
    # a probability that should be the edge may miss it by rounding
    told = case.default_probability * (1 + TOLERANCE)
    if told >= at_horizon(rule.yearly_probability_to_d, horizon_days):
        return {"probability_to_d"}
    if told >= at_horizon(rule.yearly_probability_to_c, horizon_days):
        return {"probability_to_c"}
    return set()


def _hysteresis(case: Case, policy: Policy, edges: Edges, points: float) -> list[Adjustment]:
    prior = case.prior_grade
    if prior is None or not is_better(edges.grade(points), prior):
        return []
    margin = policy.hysteresis.upgrade_margin
    # the best band whose edge is passed by the margin, or the prior one
    reached = next(
        (g for g in GRADES if g == prior or points >= edges.floors[g] + margin - TOLERANCE), prior
    )
    if reached == edges.grade(points):
        return []
    stop = _top_of(reached, edges, policy)
    return [Adjustment("hysteresis", stop - points, "upgrade_needs_margin")]


def _override(
    case: Case, policy: Policy, edges: Edges, points: float, hard: Sequence[str]
) -> tuple[list[Adjustment], bool]:
    granted = case.override
    if granted is None or granted.expires_on < case.as_of:
        return [], False
    known = set(granted.hard_facts)
    if "overdue_to_d" in known:
        known.add("overdue_to_c")  # the same fact grown milder is not a new one
    if set(hard) - known:
        return [], True
    now = NOTCHES.index(edges.notch(points))
    wanted = max(NOTCHES.index(granted.notch), now - policy.override.most_notches_up)
    if wanted == now:
        return [], False
    floor = edges.notch_floors[NOTCHES[wanted]]
    return [Adjustment("override", floor - points, "granted_by_people")], False


def _top_of(grade: str, edges: Edges, policy: Policy) -> float:
    better = GRADES[GRADES.index(grade) - 1]
    return edges.floors[better] - policy.ceilings.margin
