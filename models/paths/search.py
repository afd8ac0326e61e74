"""The search for plans that reach a grade: days rising, of each day what takes least money.

Every answer is found by grading: a plan is carried out on a copy, and the copy is graded as of
the plan's last day. What is left of a plan cannot be left out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import combinations

from features.copies.looked_up import Desk
from features.matrix import Snapshots
from models.bands import is_better
from models.book import Grader
from models.grading import Grading, grade_snapshots
from models.paths.plan import (
    DONE_AT_ONCE,
    GUARANTEE,
    ON_TIME,
    WAIT,
    Case,
    Plan,
    Step,
    carried_out,
    months_later,
)

ACT_WITHIN_DAYS = 7  # what is done at once is done within a week
MOST_GROUPS = 24  # invoices are left out one by one, or where there are more, some at a time
GUARANTEE_PARTS = 16  # of the largest guarantee
LONGEST_MONTHS = 24  # that good conduct is followed for


@dataclass(frozen=True)
class Reached:
    """A plan that reaches the wanted grade, and the grading that it ends in."""

    plan: Plan
    grading: Grading


@dataclass(frozen=True)
class Found:
    """What the search found.

    Attributes
    ----------
    paths : tuple of Reached
        Least money first; each later one takes more money and fewer days.
    best : Reached
        The best that any plan came to, reached or not.
    """

    paths: tuple[Reached, ...]
    best: Reached


@dataclass
class Search:
    """One customer, what grades it, and what has been graded already.

    Attributes
    ----------
    prior_grade : str
        The customer's grade before override as of the copy's day: an upgrade over it needs
        the policy's margin.
    """

    case: Case
    desk: Desk
    grader: Grader
    wanted: str
    prior_grade: str
    _held: dict[tuple[object, ...], Grading] = field(default_factory=dict, repr=False)

    def grading(self, plan: Plan) -> Grading:
        """Return the grading that a plan ends in."""
        key = plan.key
        if key not in self._held:
            copy = carried_out(self.case, plan)
            row = self.desk.snapshot(copy, plan.until)
            self._held[key] = graded_alone(row, self.grader, self.prior_grade)
        return self._held[key]

    def reaches(self, plan: Plan) -> bool:
        """Tell whether a plan ends in the wanted grade or a better one."""
        return not is_better(self.wanted, self.grading(plan).grade)


def graded_alone(row: Snapshots, grader: Grader, prior_grade: str | None) -> Grading:
    """Return the grading of one snapshot after a prior grade, by the one scoring path."""
    prior = {} if prior_grade is None else {row.customer_ids[0]: prior_grade}
    return grade_snapshots(row, grader.bundle, grader.policy, prior_grades=prior)[0]


def search(asked: Search, steps: Sequence[Step], by: date) -> Found:
    """Return the plans that reach the wanted grade by a day.

    Three days are looked at closely: the first on which all steps together, or none, reach the
    grade (a week from now, each month, the last), the last day, and one between them. Of each the
    kinds of steps that take least money are tried first; of the first that reach the grade,
    whatever can be left out is; and what is left is moved to the first day on which it does.

    Parameters
    ----------
    asked : Search
        Whose, and which grade.
    steps : sequence of Step
        All that could be done at once.
    by : date
        The last day of a regrading.
    """
    as_of = asked.case.copy.as_of
    acts_on = min(as_of + timedelta(days=ACT_WITHIN_DAYS), by)
    days = list(_days(as_of, acts_on, by))
    conducts = (ON_TIME, WAIT) if asked.case.buys else (WAIT,)
    plans = [
        Plan(tuple(steps), acts_on, conduct, until)
        for until in days
        for conduct in (conducts if until > acts_on else (WAIT,))
    ]
    found: list[Plan] = []
    first = next((plan for plan in plans if _end_reaches(asked, plan)), None)
    if first is not None:
        found = [_cheapest(asked, first)]
        later = [plan for plan in plans if plan.until > first.until]
        closely = [days[-1], days[(days.index(first.until) + len(days)) // 2]]
        for day in closely:
            found += _soonest(asked, [plan for plan in later if plan.until == day], days, found)
    ends = [*plans, *(replace(plan, steps=()) for plan in plans), *found]
    best = max(ends, key=lambda plan: asked.grading(plan).score)
    paths = tuple(Reached(plan, asked.grading(plan)) for plan in _worthwhile(found))
    return Found(paths, Reached(best, asked.grading(best)))


def _end_reaches(asked: Search, plan: Plan) -> bool:
    return asked.reaches(replace(plan, steps=())) or asked.reaches(plan)


def _soonest(
    asked: Search, plans: Sequence[Plan], days: Sequence[date], held: Sequence[Plan]
) -> list[Plan]:
    """Return the cheapest of some plans of a day, on the first day on which it is enough.

    None where it takes no less money than a plan of an earlier day.
    """
    least = min(plan.minor for plan in held)
    if not least:
        return []
    cheapest = [_cheapest(asked, plan) for plan in plans if _end_reaches(asked, plan)]
    if not cheapest:
        return []
    best = min(cheapest, key=lambda plan: plan.minor)
    if any(plan.minor <= best.minor and plan.until <= best.until for plan in held):
        return []
    sooner = (replace(best, until=day) for day in days if best.acts_on < day <= best.until)
    return [next(plan for plan in sooner if asked.reaches(plan))]


def _worthwhile(found: Sequence[Plan]) -> list[Plan]:
    """Return the plans that no other beats in money and days, least money first."""
    kept: list[Plan] = []
    for plan in sorted(found, key=lambda plan: (plan.minor, plan.until)):
        if all(plan.until < other.until for other in kept):
            kept.append(plan)
    return kept


def _days(as_of: date, acts_on: date, by: date) -> Iterator[date]:
    yield acts_on
    months = 1
    while (day := months_later(as_of, months)) <= by:
        if day > acts_on:
            yield day
        months += 1
    if by not in (acts_on, months_later(as_of, months - 1)):
        yield by


def _cheapest(asked: Search, whole: Plan) -> Plan:
    """Return the first plan of a day that reaches the grade, made as small as it goes.

    Parameters
    ----------
    whole : Plan
        It reaches the grade, or no step at all does.
    """
    for plan in _of_kinds(asked, whole):
        if asked.reaches(plan):
            return without_needless(asked, plan)
    return without_needless(asked, whole)


def _of_kinds(asked: Search, whole: Plan) -> list[Plan]:
    """Return a plan's parts by kinds of steps, least money first."""
    kinds = _kinds(whole)
    numbers = range(len(kinds) + 1)
    if len(kinds) > 1 and not asked.reaches(whole):
        numbers = range(2)  # more steps hardly ever make it worse: single kinds are looked at
    plans = [_only(whole, chosen) for n in numbers for chosen in combinations(kinds, n)]
    return sorted(plans, key=lambda plan: (plan.minor, len(plan.steps)))


def _kinds(plan: Plan) -> tuple[str, ...]:
    there = {step.kind for step in plan.steps}
    return tuple(kind for kind in DONE_AT_ONCE if kind in there)


def _only(plan: Plan, kinds: Sequence[str]) -> Plan:
    return replace(plan, steps=tuple(step for step in plan.steps if step.kind in kinds))


def without_needless(asked: Search, plan: Plan) -> Plan:
    """Return a plan that reaches the grade and of which no step can be left out.

    The dearest steps are left out first; a guarantee is made as small as sixteenths allow.

    Parameters
    ----------
    asked : Search
        Whose, and which grade.
    plan : Plan
        One that reaches it.
    """
    left = sorted(plan.steps, key=lambda step: (-step.minor, step.kind, step.row_id))
    at_once = max(1, -(-len(left) // MOST_GROUPS))
    while at_once > 1:
        left = _fewer(asked, plan, left, at_once)
        at_once //= 2
    many = len(left) + 1
    while len(left) < many:  # until a whole round finds none to leave out
        many = len(left)
        left = _fewer(asked, plan, left, 1)
    return _smaller_guarantee(asked, replace(plan, steps=tuple(left)))


def _fewer(asked: Search, plan: Plan, steps: Sequence[Step], at_once: int) -> list[Step]:
    """Return the steps without those that can be left out, so many together."""
    left, place = list(steps), 0
    while place < len(left):
        fewer = left[:place] + left[place + at_once :]
        if asked.reaches(replace(plan, steps=tuple(fewer))):
            left = fewer
        else:
            place += at_once
    return left


def _smaller_guarantee(asked: Search, plan: Plan) -> Plan:
    given = next((step for step in plan.steps if step.kind == GUARANTEE), None)
    if given is None:
        return plan
    low, high = 0, GUARANTEE_PARTS  # the first does not do, the last does
    best = plan
    while high - low > 1:
        middle = (low + high) // 2
        part = replace(given, minor=given.minor * middle // GUARANTEE_PARTS)
        smaller = replace(plan, steps=tuple(part if step is given else step for step in plan.steps))
        if part.minor > 0 and asked.reaches(smaller):
            high, best = middle, smaller
        else:
            low = middle
    return best


def good_conduct(asked: Search, steps: Sequence[Step]) -> Reached | None:
    """Return the earliest day on which good conduct alone reaches the wanted grade.

    Good conduct: what is overdue is paid within a week, what is open when it falls due, and
    the customer goes on buying and paying on time. The month in which the grade is reached is
    looked for first, then the day in it.

    Parameters
    ----------
    asked : Search
        Whose, and which grade.
    steps : sequence of Step
        The overdue invoices.
    """
    as_of = asked.case.copy.as_of
    acts_on = as_of + timedelta(days=ACT_WITHIN_DAYS)
    before = as_of
    for until in _days(as_of, acts_on, months_later(as_of, LONGEST_MONTHS)):
        plan = Plan(tuple(steps), acts_on, ON_TIME, until)
        if asked.reaches(plan):
            return _earliest(asked, plan, before)
        before = until
    return None


def _earliest(asked: Search, plan: Plan, before: date) -> Reached:
    """Return the first day found between one that does not reach the grade and one that does."""
    low, high = before, plan.until
    while (high - low).days > 1:
        middle = low + timedelta(days=(high - low).days // 2)
        if middle >= plan.acts_on and asked.reaches(replace(plan, until=middle)):
            high = middle
        else:
            low = middle
    best = replace(plan, until=high)
    return Reached(best, asked.grading(best))
