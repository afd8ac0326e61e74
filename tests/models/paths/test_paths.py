"""Paths to a grade on ledgers drawn by hand: what is found is the least, and is proved."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from features.copies.copy import Copy, copy_of
from features.copies.looked_up import desk
from features.errors import ModelError, UsageError
from features.ledger.open import open_ledger
from models.book import Grader
from models.bundle import Bundle
from models.paths import paths as ways
from models.paths.document import paths_document
from models.paths.paths import Paths, find_paths, next_better, paths_of
from models.paths.plan import (
    CLOSE,
    ON_TIME,
    PAY,
    PREPAY,
    WAIT,
    Case,
    Plan,
    Step,
    carried_out,
    months_later,
)
from models.paths.search import Search
from tests.drawn import invoice, payment, write_ledger
from tests.models.bundles import certain, policy_with

AS_OF = date(2025, 6, 30)
Rows = list[dict[str, Any]]


def bought(months: int = 20, *, paid_late_by: int = 0, amount: int = 10_000) -> tuple[Rows, Rows]:
    """Return an invoice a month, due a month later and paid so many days after, all by AS_OF."""
    invoices, payments = [], []
    for place in range(months):
        issued = months_later(date(2025, 5, 1), -place)
        due = issued + timedelta(days=30)
        invoices.append(invoice(f"i{place}", issued.isoformat(), due.isoformat(), amount))
        paid = due + timedelta(days=paid_late_by)
        payments.append(payment(f"p{place}", paid.isoformat(), amount, invoice_id=f"i{place}"))
    return invoices, payments


def ledger_copy(folder: Path, **tables: Rows) -> Copy:
    """Return the copy of c1 of a ledger whose other tables are there and empty of it."""
    customers = [{"customer_id": "c1", "customer_since": "2023-01-01"}]
    searched = [{"customer_id": "c1", "source": "court", "searched_on": "2025-06-01"}]
    path = write_ledger(folder, customers=customers, coverage=searched, **tables)
    with open_ledger(path, latest=AS_OF) as ledger:
        return copy_of(ledger, "c1", AS_OF)


def overdue(number: str, days: int, amount: int) -> dict[str, Any]:
    due = AS_OF - timedelta(days=days)
    issued = due - timedelta(days=30)
    return invoice(number, issued.isoformat(), due.isoformat(), amount)


@pytest.fixture
def grader(bundle: Bundle) -> Grader:
    """Return what grades by the rules and the ceilings alone: everybody has the same chance."""
    return Grader(certain(bundle, 0.012), policy_with())


def kinds(found: Paths) -> list[str]:
    return [action.kind for action in found.paths[0].actions]


def test_the_invoice_that_holds_a_ceiling_is_what_must_be_paid(
    tmp_path: Path, grader: Grader
) -> None:
    invoices, payments = bought()
    old, small = overdue("old", 70, 5_000), overdue("small", 65, 300)
    copy = ledger_copy(tmp_path, invoices=[*invoices, old, small], payments=payments)
    found = paths_of(copy, grader, wanted="B")
    assert found.now.grade == "C"
    assert found.now.hard_facts == ("overdue_to_c",)
    first = found.paths[0]
    assert kinds(found)[0] == PAY
    # what stays open is not material, and the small one need not be paid for that
    assert first.actions[0].row_ids == ("old",)
    assert first.minor == 500_000
    assert first.grading.grade == "B" or first.grading.grade == "A"
    assert first.actions[0].by == AS_OF + timedelta(days=7)


def test_no_step_of_a_path_can_be_left_out(tmp_path: Path, grader: Grader) -> None:
    invoices, payments = bought()
    debts = [overdue(f"old{place}", 61 + place, 2_000 + place) for place in range(5)]
    copy = ledger_copy(tmp_path, invoices=[*invoices, *debts], payments=payments)
    found = paths_of(copy, grader, wanted="B")
    first = found.paths[0]
    steps = tuple(
        Step(PAY, row_id, next(200_000 + 100 * p for p in range(5) if row_id == f"old{p}"))
        for row_id in first.actions[0].row_ids
    )
    assert steps
    with desk() as looking:
        asked = Search(Case(copy), looking, grader, "B", found.now.grade_before_override)
        conduct = ON_TIME if len(first.actions) > 1 else WAIT
        plan = Plan(steps, AS_OF + timedelta(days=7), conduct, first.grading.as_of)
        assert asked.reaches(plan)
        for step in steps:
            fewer = replace(plan, steps=tuple(s for s in steps if s is not step))
            assert not asked.reaches(fewer), step


def test_an_open_enforcement_is_to_be_closed(tmp_path: Path, grader: Grader) -> None:
    invoices, payments = bought()
    event = {"event_id": "e1", "customer_id": "c1", "filed_on": "2023-01-10",
             "kind": "enforcement", "amount": 7_000}  # fmt: skip
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments, legal_events=[event])
    found = paths_of(copy, grader, wanted="B")
    assert found.now.grade == "C"
    assert kinds(found) == [CLOSE]
    assert found.paths[0].actions[0].row_ids == ("e1",)
    assert found.paths[0].minor == 700_000
    assert "e1" in found.paths[0].actions[0].note.zh
    assert found.good_conduct is None  # nothing that one pays closes a case


def test_late_payments_fade_and_good_conduct_alone_is_enough(
    tmp_path: Path, bundle: Bundle
) -> None:
    invoices, payments = bought(paid_late_by=12)
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments)
    grader = Grader(certain(bundle, 0.02), policy_with())
    found = paths_of(copy, grader, wanted=str(next_better("C")))
    assert found.now.grade == "C"
    assert found.paths[0].minor == 0
    assert kinds(found) == [ON_TIME]
    assert found.good_conduct is not None
    assert AS_OF < found.good_conduct.as_of <= found.paths[0].grading.as_of
    late = [fade for fade in found.fades if fade.feature == "overdue_count_365d"]
    assert len(late) == 12
    assert late[0].on == date(2025, 7, 1)  # due on 1 July of the year before, in local days
    assert [fade.on for fade in late] == sorted(fade.on for fade in late if fade.on)


def test_the_day_before_good_conduct_does_not_reach_the_grade(
    tmp_path: Path, bundle: Bundle
) -> None:
    invoices, payments = bought(paid_late_by=12)
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments)
    grader = Grader(certain(bundle, 0.02), policy_with())
    found = paths_of(copy, grader, wanted="B")
    assert found.good_conduct is not None
    on = found.good_conduct.as_of
    with desk() as looking:
        asked = Search(Case(copy), looking, grader, "B", found.now.grade_before_override)
        plan = Plan((), AS_OF + timedelta(days=7), ON_TIME, on)
        assert asked.reaches(plan)
        assert not asked.reaches(replace(plan, until=on - timedelta(days=1)))


def test_what_cannot_be_reached_is_said_with_the_best_that_can(
    tmp_path: Path, bundle: Bundle
) -> None:
    invoices, payments = bought()
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments)
    grader = Grader(certain(bundle, 0.20), policy_with())  # twenty in a hundred: C at best
    found = paths_of(copy, grader, wanted="A")
    assert not found.reachable
    assert found.paths == ()
    assert found.because is not None
    assert found.because.en.startswith("A is not reachable by 2026-06-30, because ")
    assert "the default probability is too high" in found.because.en
    assert "违约概率偏高" in found.because.zh
    document = paths_document(found)
    assert document["reachable"] is False
    assert document["actions"] == []
    assert document["grade_after"] == found.best.grade
    assert document["because"]["zh"] == found.because.zh


def test_points_that_do_not_suffice_are_told_with_what_weighs_most(
    tmp_path: Path, bundle: Bundle
) -> None:
    invoices, payments = bought()
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments)
    grader = Grader(certain(bundle, 0.09), policy_with())
    found = paths_of(copy, grader, wanted="A")
    assert found.because is not None
    assert "A needs 82.0; what weighs most is: " in found.because.en


def test_a_grade_that_is_held_needs_nothing(tmp_path: Path, grader: Grader) -> None:
    invoices, payments = bought()
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments)
    found = paths_of(copy, grader, wanted="D")
    assert found.reachable
    assert found.paths == ()
    assert paths_document(found)["grade_after"] == found.now.grade


def test_dearer_paths_are_told_where_they_are_quicker(tmp_path: Path, bundle: Bundle) -> None:
    invoices, payments = bought(paid_late_by=9)
    debt = overdue("old", 20, 40_000)
    copy = ledger_copy(tmp_path, invoices=[*invoices, debt], payments=payments)
    grader = Grader(certain(bundle, 0.02), policy_with())
    found = paths_of(copy, grader, wanted="B")
    assert found.paths
    amounts = [way.minor for way in found.paths]
    ends = [way.grading.as_of for way in found.paths]
    assert amounts == sorted(amounts)
    assert ends == sorted(ends, reverse=True)
    assert len(set(amounts)) == len(amounts)


def test_an_upgrade_needs_the_margin_over_the_grade_of_the_day(
    tmp_path: Path, bundle: Bundle
) -> None:
    invoices, payments = bought(paid_late_by=12)
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments)
    narrow = Grader(
        certain(bundle, 0.02), policy_with(("upgrade_margin = 2.0", "upgrade_margin = 0.0"))
    )
    wide = Grader(
        certain(bundle, 0.02), policy_with(("upgrade_margin = 2.0", "upgrade_margin = 9.0"))
    )
    sooner, later = (paths_of(copy, one, wanted="B").good_conduct for one in (narrow, wide))
    assert sooner is not None
    assert later is None or later.as_of > sooner.as_of


def test_a_path_that_comes_out_otherwise_when_proved_is_not_told(
    tmp_path: Path, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoices, payments = bought()
    copy = ledger_copy(tmp_path, invoices=[*invoices, overdue("old", 70, 5_000)], payments=payments)

    def other(case: Case, plan: Plan) -> Copy:
        return case.copy

    monkeypatch.setattr(ways, "carried_out", other)
    with pytest.raises(ModelError, match="Nothing is told rather than something unproved"):
        paths_of(copy, grader, wanted="B")


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (AS_OF, "A path leads into the future, but 2025-06-30 is not after 2025-06-30"),
        (date(2030, 1, 1), "more than 3 years after 2025-06-30"),
    ],
)
def test_a_last_day_that_makes_no_sense_is_refused(
    tmp_path: Path, grader: Grader, by: date, told: str
) -> None:
    invoices, payments = bought()
    copy = ledger_copy(tmp_path, invoices=invoices, payments=payments)
    with pytest.raises(UsageError, match=told):
        paths_of(copy, grader, wanted="A", by=by)


def test_the_ledger_is_as_it_was_before(tmp_path: Path, grader: Grader) -> None:
    invoices, payments = bought()
    path = write_ledger(
        tmp_path, customers=[{"customer_id": "c1"}],
        invoices=[*invoices, overdue("old", 70, 5_000)], payments=payments,
    )  # fmt: skip
    with open_ledger(path, latest=AS_OF) as ledger:
        before = ledger.connection.execute("SELECT * FROM led_payments ORDER BY ALL").fetchall()
        found = find_paths(ledger, "c1", AS_OF, grader, wanted="B")
        after = ledger.connection.execute("SELECT * FROM led_payments ORDER BY ALL").fetchall()
    assert found.paths
    assert before == after


def test_good_conduct_repeats_the_year_before_and_pays_on_time(tmp_path: Path) -> None:
    invoices, payments = bought()
    case = Case(ledger_copy(tmp_path, invoices=invoices, payments=payments))
    acts_on = AS_OF + timedelta(days=7)
    copy = carried_out(case, Plan((), acts_on, ON_TIME, AS_OF + timedelta(days=365)))
    with desk() as looking:
        found = looking.snapshot(copy, AS_OF + timedelta(days=365))
        before = looking.snapshot(case.copy, AS_OF)
    assert found.column("on_time_rate_365d")[0] == 1
    for name in ("invoice_count_365d", "invoice_amount_365d"):
        assert found.column(name)[0] == before.column(name)[0]


def test_what_is_paid_early_is_paid_by_the_day_of_the_act(tmp_path: Path) -> None:
    invoices, payments = bought()
    to_come = invoice("next", "2025-06-20", "2025-08-30", 900)
    case = Case(ledger_copy(tmp_path, invoices=[*invoices, to_come], payments=payments))
    acts_on = AS_OF + timedelta(days=7)
    (step,) = case.steps(0)
    assert step == Step(PREPAY, "next", 90_000)
    with desk() as looking:
        waited, paid = (
            looking.snapshot(carried_out(case, Plan(steps, acts_on, WAIT, acts_on)), acts_on)
            for steps in ((), (step,))
        )
    assert waited.column("open_balance")[0] == 900
    assert paid.column("open_balance")[0] == 0


def test_the_next_better_grade() -> None:
    assert [next_better(grade) for grade in "DCBA"] == ["C", "B", "A", None]
