"""What the route of paths answers."""

from __future__ import annotations

from datetime import date
from typing import Literal

from serving.grades.schemas import Points, Sentence, Shown

GradeName = Literal["A", "B", "C", "D"]


class Action(Shown):
    """Something to do, by a day; ``amount`` is null where it takes time alone."""

    kind: Literal[
        "pay_invoices",
        "reduce_exposure",
        "pay_bad_debt",
        "close_suit",
        "provide_guarantee",
        "pay_on_time",
        "wait",
    ]
    invoice_ids: list[str]
    amount: str | None
    by: date
    note: Sentence
    row_ids: list[str]


class OtherPath(Shown):
    """A path that takes more money and fewer days."""

    actions: list[Action]
    amount: str
    grade_after: GradeName
    score_after: Points
    on: date


class Fade(Shown):
    """A bad fact and the day from which it no longer counts; null while it is not over."""

    feature: str
    fact: str
    on: date | None
    table: str
    text: Sentence


class GoodConduct(Shown):
    """The earliest day on which good conduct alone gives the wanted grade."""

    grade: GradeName
    score: Points
    on: date


class Paths(Shown):
    """What would bring a customer to a grade, proved by regrading a copy of the ledger.

    ``actions`` are the path that takes least money; where the grade is not reachable there are
    none, ``because`` says why, and ``grade_after`` is the best that any plan came to.
    """

    customer_id: str
    as_of: date
    to: GradeName
    reachable: bool
    by: date
    actions: list[Action]
    grade_after: GradeName
    score_after: Points
    fades: list[Fade]
    grade: GradeName
    score: Points
    on: date
    amount: str | None
    because: Sentence | None
    alternatives: list[OtherPath]
    good_conduct: GoodConduct | None
    model_version: str
    policy_version: str
