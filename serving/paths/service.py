"""Paths of a stored customer: the ledger is copied, and the search is made beside it."""

from __future__ import annotations

from datetime import date

from features.copies.copy import copy_of
from features.errors import UsageError
from models.bands import GRADES
from models.explain.words import Text
from models.paths.paths import LONGEST_YEARS, Paths, next_better, paths_of
from models.paths.plan import months_later
from serving.errors import BACKWARD, NO_CUSTOMER, NO_GRADE, TOO_FAR, Problem
from serving.grades.records import StoredGrade
from serving.service import Service


def customer_paths(
    service: Service,
    stored: StoredGrade,
    wanted: str | None = None,
    by: date | None = None,
) -> Paths:
    """Return what would bring the customer of a stored grade to another.

    From the server's ledger as of the grade's day, graded by what grades now.

    Parameters
    ----------
    service : Service
        Store, ledger, and what grades now.
    stored : StoredGrade
        The grade that is to become better.
    wanted : str, optional
        The grade to reach; the next better one without it.
    by : date, optional
        The last day; a year later without it.

    Raises
    ------
    Problem
        409 without a ledger or if the last day makes no sense, 404 if the ledger does not know
        the customer.
    """
    _refuse_days(stored.as_of, by)
    goal = wanted or next_better(stored.document["grade"]) or GRADES[0]
    grader = service.live.grader()
    before = service.store.prior_grades(stored.as_of, [stored.customer_id]).get(stored.customer_id)
    with service.live.ledger() as ledger:
        facts = ledger.fingerprint
        try:
            copy = copy_of(ledger, stored.customer_id, stored.as_of)
        except UsageError as error:
            raise Problem(NO_CUSTOMER, _NOT_KNOWN) from error
    # the ledger is others' again while the search goes on
    key = (
        stored.customer_id, stored.as_of, goal, by, facts, before,
        grader.bundle.model_version, grader.policy.sha256,
    )  # fmt: skip
    return service.searches.answer(
        key, lambda: paths_of(copy, grader, wanted=goal, by=by, prior_grade=before)
    )


_NOT_KNOWN = Text(
    "账套在该评级日期没有此客户，请核对服务所用的账套。",
    "The ledger does not know the customer on the day of its grade. Check the server's ledger.",
)


def grade_of(service: Service, customer_id: str) -> StoredGrade:
    """Return a customer's current grade.

    Raises
    ------
    Problem
        404 if there is none.
    """
    stored = service.store.grade(customer_id)
    if stored is None:
        raise Problem(
            NO_GRADE,
            Text(
                "该客户没有已保存的评级。请核对客户编号，或运行`tradegrade grade --store`。",
                "No grade of this customer is stored. Check the id, or run "
                "`tradegrade grade --store`.",
            ),
        )
    return stored


def _refuse_days(as_of: date, by: date | None) -> None:
    if by is None:
        return
    if by <= as_of:
        raise Problem(
            BACKWARD,
            Text(
                f"by须晚于评级日期{as_of}。",
                f"`by` must lie after {as_of}, the day of the grade.",
            ),
        )
    last = months_later(as_of, 12 * LONGEST_YEARS)
    if by > last:
        raise Problem(TOO_FAR, Text(f"by最晚为{last}。", f"`by` may be {last} at the latest."))
