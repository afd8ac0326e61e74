"""What would bring a customer to a grade: found on a copy of the ledger, proved by regrading it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path as Folder

import numpy as np

from features.copies.copy import Copy, copy_of
from features.copies.looked_up import desk
from features.copies.written import write_copy
from features.errors import ModelError, UsageError
from features.ledger.open import Ledger, open_ledger
from features.matrix import Snapshots
from features.online import online_source, snapshot
from models.bands import GRADES, is_better
from models.book import Grader
from models.explain.drivers import explain
from models.explain.words import Text
from models.grading import Grading
from models.paths.fades import Fade, fades_of
from models.paths.plan import (
    DONE_AT_ONCE,
    ON_TIME,
    PAY,
    Case,
    Plan,
    Step,
    carried_out,
    months_later,
)
from models.paths.search import Reached, Search, good_conduct, graded_alone, search
from models.paths.words import action_note, because

MONTHS = 12  # that are looked ahead where no last day is given
LONGEST_YEARS = 3


@dataclass(frozen=True)
class Action:
    """Something to do.

    Attributes
    ----------
    kind : str
        ``pay_invoices``, ``reduce_exposure`` (pay before the due date), ``pay_bad_debt``,
        ``close_suit``, ``provide_guarantee``, ``pay_on_time`` or ``wait``.
    row_ids : tuple of str
        Invoices, bad debts or legal events that it is about.
    minor : int or None
        What it takes in minor units; None where it takes time alone.
    by : date
        When it is to be done, or how long the conduct goes on.
    note : Text
        The same in words.
    """

    kind: str
    row_ids: tuple[str, ...]
    minor: int | None
    by: date
    note: Text


@dataclass(frozen=True)
class Path:
    """A set of actions that reaches the wanted grade, and what it was proved to end in."""

    actions: tuple[Action, ...]
    minor: int
    grading: Grading


@dataclass(frozen=True)
class Paths:
    """What would bring a customer to a grade.

    Attributes
    ----------
    now : Grading
        As of the day asked.
    wanted : str
        The grade.
    by : date
        The last day looked at.
    paths : tuple of Path
        Least money first; empty where the grade is not reachable, or held already.
    best : Grading
        The best that any plan came to.
    because : Text or None
        Why the grade is not reachable.
    fades : tuple of Fade
        Bad facts, and when each stops counting.
    good_conduct : Grading or None
        On the earliest day on which good conduct alone gives the wanted grade.
    """

    now: Grading
    wanted: str
    by: date
    paths: tuple[Path, ...]
    best: Grading
    because: Text | None
    fades: tuple[Fade, ...]
    good_conduct: Grading | None

    @property
    def reachable(self) -> bool:
        """Whether the grade is held already, or some path reaches it."""
        return bool(self.paths) or not is_better(self.wanted, self.now.grade)


def next_better(grade: str) -> str | None:
    """Return the next better grade, None above A.

    Examples
    --------
    >>> next_better("C"), next_better("A")
    ('B', None)
    """
    place = GRADES.index(grade)
    return GRADES[place - 1] if place else None


def find_paths(
    ledger: Ledger,
    customer_id: str,
    as_of: date,
    grader: Grader,
    *,
    wanted: str,
    by: date | None = None,
    prior_grade: str | None = None,
) -> Paths:
    """Return what would bring a customer of a ledger to a grade.

    Parameters
    ----------
    ledger : Ledger
        An opened ledger, left as it is.
    customer_id : str
        Whose.
    as_of : date
        The day that the ledger is copied as of.
    grader : Grader
        Bundle and policy.
    wanted : str
        A to D.
    by : date, optional
        The last day; a year later without it.
    prior_grade : str, optional
        The last stored grade before override with an earlier day.

    Raises
    ------
    UsageError
        If the customer is not known on the day, or the last day does not lie after it or lies
        more than three years later.
    """
    return paths_of(
        copy_of(ledger, customer_id, as_of),
        grader,
        wanted=wanted,
        by=by,
        prior_grade=prior_grade,
    )


def paths_of(
    copy: Copy,
    grader: Grader,
    *,
    wanted: str,
    by: date | None = None,
    prior_grade: str | None = None,
) -> Paths:
    """Return what would bring the customer of a copy to a grade; the ledger is not asked again.

    Parameters
    ----------
    copy : Copy
        From `features.copies.copy.copy_of`.
    grader, wanted, by, prior_grade
        As `find_paths` takes them.
    """
    last = _last_day(copy.as_of, by)
    with desk() as looking:
        row = looking.snapshot(copy, copy.as_of)
        now = graded_alone(row, grader, prior_grade)
        case = Case(copy)
        asked = Search(case, looking, grader, wanted, now.grade_before_override)
        fades = fades_of(looking, copy)
        if not is_better(wanted, now.grade):
            return Paths(now, wanted, last, (), now, None, fades, now)
        steps = list(case.steps(_uncovered(row)))
        found = search(asked, steps, last)
        overdue = [step for step in steps if step.kind == PAY]
        well = good_conduct(asked, overdue) if case.buys else None
        paths = tuple(_proved(asked, reached) for reached in found.paths)
        why = None if paths else _why(asked, found.best, last)
    conduct = None if well is None else well.grading
    return Paths(now, wanted, last, paths, found.best.grading, why, fades, conduct)


def _last_day(as_of: date, by: date | None) -> date:
    if by is None:
        return months_later(as_of, MONTHS)
    if by <= as_of:
        message = f"A path leads into the future, but {by} is not after {as_of}. Give a later --by."
        raise UsageError(message)
    if by > months_later(as_of, 12 * LONGEST_YEARS):
        message = (
            f"{by} is more than {LONGEST_YEARS} years after {as_of}. Nothing can be said so far "
            "ahead; give an earlier --by."
        )
        raise UsageError(message)
    return by


def _uncovered(row: Snapshots) -> int:
    """Return the exposure that no guarantee covers, in minor units; unknown counts as none."""
    exposure, given = (row.column(name)[0] for name in ("exposure", "guaranteed_amount"))
    left = np.nan_to_num(exposure) - np.nan_to_num(given)
    return max(round(float(left) * 100), 0)


def _proved(asked: Search, reached: Reached) -> Path:
    """Return a path whose last day was graded once more, from a written copy of the ledger."""
    plan = reached.plan
    copy = carried_out(asked.case, plan)
    with tempfile.TemporaryDirectory(prefix="tradegrade-") as folder:
        write_copy(copy, Folder(folder))
        opened = open_ledger(Folder(folder), ledger_currency=copy.currency, latest=plan.until)
        with opened as ledger:
            row = snapshot(online_source(ledger), copy.customer_id, plan.until)
    grading = graded_alone(row, asked.grader, asked.prior_grade)
    if grading != reached.grading:
        message = (
            f"A path for {copy.customer_id} to {asked.wanted} came out as {grading.score} where "
            f"the search saw {reached.grading.score}. Nothing is told rather than something "
            "unproved; please report it with the ledger's fingerprint."
        )
        raise ModelError(message)
    return Path(_actions(plan), plan.minor, grading)


def _actions(plan: Plan) -> tuple[Action, ...]:
    actions = []
    for kind in DONE_AT_ONCE:
        steps = sorted(
            (step for step in plan.steps if step.kind == kind), key=lambda step: step.row_id
        )
        if steps:
            actions.append(_action(kind, steps, plan))
    if plan.until > plan.acts_on:
        actions.append(
            Action(plan.conduct, (), None, plan.until, action_note(plan.conduct, (), plan))
        )
    if not actions:  # what falls due within the week is paid, and that is enough
        actions.append(Action(ON_TIME, (), None, plan.until, action_note(ON_TIME, (), plan)))
    return tuple(actions)


def _action(kind: str, steps: Sequence[Step], plan: Plan) -> Action:
    ids = tuple(step.row_id for step in steps if step.row_id)
    minor = sum(step.minor for step in steps)
    return Action(kind, ids, minor or None, plan.acts_on, action_note(kind, steps, plan))


def _why(asked: Search, best: Reached, by: date) -> Text:
    copy = carried_out(asked.case, best.plan)
    row = asked.desk.snapshot(copy, best.plan.until)
    grader = asked.grader
    (explanation,) = explain(row, [best.grading], grader.bundle, grader.policy)
    return because(asked.wanted, by, explanation, grader)
