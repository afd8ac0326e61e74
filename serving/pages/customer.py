"""One customer: everything that the page of a grade tells, ready to be drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from features.catalogue import FEATURES
from features.errors import ModelError
from models.bands import edges_of, is_better
from models.explain.words import ADJUSTMENTS, Text, label
from models.policy.load import parse_policy
from models.policy.sections import Policy
from serving.errors import NO_GRADE, Problem
from serving.grades.changes import change_of
from serving.grades.records import StoredGrade
from serving.grades.replay import Account, account_of
from serving.pages.change import ChangeShown, change_shown
from serving.pages.codes import ADJUSTMENT_KINDS, APPROVALS, CONTRACTS, INDICATORS, named
from serving.pages.conflict import ConflictShown, conflict_shown
from serving.pages.evidence import Reason, reasons_shown
from serving.pages.history import Line, score_line
from serving.pages.known import Facts, FamilyShown, families_shown, value_shown
from serving.pages.paths import WayShown, way_shown
from serving.pages.sureness import SurenessShown, sureness_shown
from serving.pages.waterfall import Account as Sum
from serving.pages.waterfall import Bar, Part, Waterfall, waterfall
from serving.pages.words import Words, _
from serving.service import Service

SHOWN_GRADES = 60
_FIRST = Text(
    "此前没有已保存的评级，无从比较。可在上方选择账套中的其他日期。",
    "No earlier grade is stored to compare with. Choose other days of the ledger above.",
)
_REFERENCE, _SCORE = _("Reference customer: an ordinary good one"), _("Score")


@dataclass(frozen=True)
class Indicator:
    """One of the five measures; ``points`` is None where unknown, ``weight`` where not kept."""

    title: str
    points: float | None
    weight: float | None


@dataclass(frozen=True)
class Step:
    """A row of the waterfall with its words; ``note`` says value and reference, or the kind."""

    title: str
    note: str
    also: tuple[str, ...]
    bar: Bar


@dataclass(frozen=True)
class CustomerShown:
    """What is told of one grade of a customer.

    Attributes
    ----------
    told : dict
        The document as it was told.
    moved : str
        ``down``, ``up``, ``same`` or ``first``, against the prior grade.
    no_account : Text or None
        Why there is no waterfall, where there is none.
    change : ChangeShown or None
        What changed between ``days``; ``no_change`` says why there is none to tell.
    days : tuple of two date or None
        What the reader may compare, as asked or as told.
    is_newest : bool
        Whether no later grade of the customer is stored.
    way : WayShown
        What would bring the customer to the next better grade.
    conflict : Conflict or None
        Both accounts, where rules and model are two bands apart.
    sureness : SurenessShown or None
        How sure the grade is, where its bundle keeps its error.
    """

    stored: StoredGrade
    told: dict[str, Any]
    asked_day: date | None
    moved: str
    approval: str
    contract: str
    hard_facts: list[str]
    unseen_unknowns: list[str]
    reasons: list[Reason]
    indicators: list[Indicator]
    waterfall: Waterfall | None
    steps: list[Step]
    no_account: Text | None
    change: ChangeShown | None
    no_change: Text | None
    days: tuple[date | None, date | None]
    has_ledger: bool
    has_rows: bool
    families: list[FamilyShown]
    history: list[StoredGrade]
    line: Line
    is_newest: bool
    way: WayShown
    conflict: ConflictShown | None
    sureness: SurenessShown | None


@dataclass(frozen=True)
class Asked:
    """What the reader asked for: a grade's day, two days to compare, a grade to reach."""

    day: date | None = None
    first: date | None = None
    last: date | None = None
    wanted: str | None = None


def customer_shown(
    service: Service, stored: StoredGrade, words: Words, asked: Asked
) -> CustomerShown:
    """Return what the page of a stored grade tells.

    Parameters
    ----------
    service : Service
        For replay, policy and history.
    stored : StoredGrade
        The grade.
    words : Words
        The reader's.
    asked : Asked
        What the reader asked for; without a day it is the current grade.
    """
    told, account, why_not = stored.document, None, None
    try:
        account = account_of(stored, service.graders)
    except Problem as problem:
        why_not = problem.detail
    policy = account.grader.policy if account else _policy(service, stored)
    floors = edges_of(policy.bands).floors if policy else {}
    drawn = None if account is None else waterfall(_sum(account), floors)
    points = {} if drawn is None else {bar.name: bar.told for bar in drawn.bars}
    history = service.store.history(stored.customer_id, at_most=SHOWN_GRADES)
    change, no_change = _change(service, stored, asked, words)
    return CustomerShown(
        stored=stored,
        told=told,
        asked_day=asked.day,
        moved=moved(told["prior_grade"], told["grade"]),
        approval=named(APPROVALS, told["terms"]["approval"], words),
        contract=named(CONTRACTS, told["terms"]["contract"], words),
        hard_facts=[_adjustment(code, words) for code in told.get("hard_facts", ())],
        unseen_unknowns=[
            _label(name, words) for name in told.get("unseen_unknowns", ()) if name in FEATURES
        ],
        reasons=reasons_shown(told["reasons"], points, words),
        indicators=_indicators(told["indicators"], policy, words),
        waterfall=drawn,
        steps=[] if account is None or drawn is None else _steps(account, drawn, words),
        no_account=why_not,
        change=change,
        no_change=no_change,
        days=(asked.first, asked.last) if change is None else (change.first, change.last),
        has_ledger=service.live.has_ledger,
        has_rows=service.live.is_open,
        families=families_shown(_facts(stored, account, points), words),
        history=history,
        line=score_line(history, floors),
        is_newest=history[0].as_of <= stored.as_of,
        way=way_shown(service, stored, words, asked.wanted),
        conflict=None if account is None else conflict_shown(account, words),
        sureness=None if account is None else sureness_shown(account, words),
    )


def _change(
    service: Service, stored: StoredGrade, asked: Asked, words: Words
) -> tuple[ChangeShown | None, Text | None]:
    """Return what changed up to the grade shown, or why that cannot be told."""
    last = asked.last or stored.as_of
    # days that nobody chose have stored grades: the page does not wait for a ledger's opening
    chosen = asked.first is not None or asked.last is not None
    with_rows = chosen or service.live.is_open
    try:
        told = change_of(service, stored.customer_id, asked.first, last, with_rows=with_rows)
    except Problem as problem:
        if problem.kind is NO_GRADE and asked.first is None:
            return None, _FIRST
        return None, problem.faults[0].detail if problem.faults else problem.detail
    return change_shown(told, words, stored.currency), None


def moved(prior: str | None, grade: str) -> str:
    """Return how a grade stands to the one before.

    Examples
    --------
    >>> moved(None, "A"), moved("B", "B"), moved("B", "A"), moved("B", "D")
    ('first', 'same', 'up', 'down')
    """
    if prior is None:
        return "first"
    if prior == grade:
        return "same"
    return "up" if is_better(grade, prior) else "down"


def _policy(service: Service, stored: StoredGrade) -> Policy | None:
    """Return the policy that graded, for bands and weights, even where the bundle is lost."""
    content = service.store.policy_content(stored.policy_sha256)
    try:
        return None if content is None else parse_policy(content)
    except ModelError:
        return None


def _sum(account: Account) -> Sum:
    explanation = account.explanation
    return Sum(
        explanation.reference,
        [Part(driver.feature, driver.points) for driver in explanation.drivers if driver.points],
        [Part(f"{a.kind}.{a.reason}", a.points) for a in explanation.grading.adjustments],
        explanation.grading.score,
    )


def _steps(account: Account, drawn: Waterfall, words: Words) -> list[Step]:
    return [_step(bar, account, drawn.others, words) for bar in drawn.bars]


def _step(bar: Bar, account: Account, others: int, words: Words) -> Step:
    if bar.kind == "driver":
        return Step(_label(bar.name, words), _values(bar.name, account, words), (), bar)
    if bar.kind == "others":
        title = words.ngettext("%(num)s other driver", "%(num)s other drivers", others)
        return Step(title % {"num": others}, "", (), bar)
    if bar.kind == "adjustment":
        kind, reason = bar.name.split(".", 1)
        line = next(a for a in account.explanation.grading.adjustments if a.reason == reason)
        also = tuple(_adjustment(code, words) for code in line.also)
        return Step(_adjustment(reason, words), named(ADJUSTMENT_KINDS, kind, words), also, bar)
    return Step(words.gettext(_REFERENCE if bar.kind == "reference" else _SCORE), "", (), bar)


def _values(feature: str, account: Account, words: Words) -> str:
    driver = next(d for d in account.explanation.drivers if d.feature == feature)
    entry, currency = FEATURES[feature], account.stored.currency
    seen = value_shown(entry, driver.value, words, currency)
    usual = value_shown(entry, driver.reference_value, words, currency)
    return words.gettext(_("%(value)s; reference %(usual)s")) % {"value": seen, "usual": usual}


def _adjustment(code: str, words: Words) -> str:
    return ADJUSTMENTS[code].of(words.language) if code in ADJUSTMENTS else code


def _label(feature: str, words: Words) -> str:
    return label(feature).of(words.language) if feature in FEATURES else feature


def _indicators(
    told: Mapping[str, float | None], policy: Policy | None, words: Words
) -> list[Indicator]:
    weights = {} if policy is None else vars(policy.weights)
    return [
        Indicator(
            named(INDICATORS, name, words),
            None if points is None or math.isnan(points) else points,
            weights.get(name),
        )
        for name, points in told.items()
    ]


def _facts(stored: StoredGrade, account: Account | None, told: Mapping[str, Decimal]) -> Facts:
    drivers: Sequence[Any] = () if account is None else account.explanation.drivers
    return Facts(
        stored.snapshot,
        None if account is None else account.grader.bundle.reference,
        {driver.feature: told.get(driver.feature, driver.points) for driver in drivers},
        stored.currency,
    )
