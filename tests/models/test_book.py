"""The book of a day, through the whole path, and its figures."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from features.errors import LedgerError, UsageError
from features.ledger.open import open_ledger
from models.book import Grader, book_of_day, known_customers
from models.book_changes import changes_between
from models.bundle import Bundle
from models.summary import grade_lines
from tests.drawn import invoice, payment, write_ledger
from tests.models.bundles import POLICY, snapshots_of

D = date(2025, 6, 30)


@pytest.fixture
def ledger_folder(tmp_path: Path) -> Path:
    return write_ledger(
        tmp_path / "ledger",
        customers=[
            {"customer_id": "c1"},
            {"customer_id": "c2", "customer_since": "2025-06-15"},
        ],
        invoices=[invoice(f"I{m}", f"2025-0{m}-01", f"2025-0{m}-28", 100) for m in range(1, 7)],
        payments=[payment("P1", "2025-02-20", 100, invoice_id="I1")],
    )


def test_a_customer_is_graded_alike_alone_and_among_others(
    ledger_folder: Path, bundle: Bundle
) -> None:
    with open_ledger(ledger_folder) as ledger:
        grader = Grader(bundle, POLICY)
        everybody = book_of_day(ledger, D, grader)
        alone = book_of_day(ledger, D, grader, customer_ids=["c1"])
    assert everybody.gradings[0] == alone.gradings[0]
    assert [g.customer_id for g in everybody.gradings] == ["c1", "c2"]
    assert everybody.gradings[1].provisional


def test_who_is_not_known_yet_is_not_in_the_book(ledger_folder: Path, bundle: Bundle) -> None:
    with open_ledger(ledger_folder) as ledger:
        assert known_customers(ledger, date(2025, 6, 14)) == ["c1"]
        with pytest.raises(UsageError, match="no customer 'c2' as of 2025-06-14"):
            book_of_day(ledger, date(2025, 6, 14), Grader(bundle, POLICY), customer_ids=["c2"])


def test_a_day_on_which_nobody_is_known_is_refused(tmp_path: Path, bundle: Bundle) -> None:
    folder = write_ledger(
        tmp_path / "l", customers=[{"customer_id": "c1", "customer_since": "2025-01-01"}]
    )
    with (
        open_ledger(folder) as ledger,
        pytest.raises(LedgerError, match="No customer of .* was known on 2024-12-31"),
    ):
        book_of_day(ledger, date(2024, 12, 31), Grader(bundle, POLICY))


def test_the_grade_of_a_change_is_the_grade_of_the_book(
    ledger_folder: Path, bundle: Bundle
) -> None:
    grader = Grader(bundle, POLICY)
    with open_ledger(ledger_folder) as ledger:
        days = date(2025, 4, 30), D
        (told,) = changes_between(ledger, days, (grader, grader), customer_ids=["c1"])
        before = book_of_day(ledger, days[0], grader, customer_ids=["c1"]).gradings[0]
        after = book_of_day(
            ledger, D, grader, customer_ids=["c1"], prior_grades={"c1": before.grade}
        ).gradings[0]
    assert told.change.before == before
    assert told.change.after == after
    assert told.evidence["overdue_count_365d"]


def test_a_summary_counts_and_adds_up(bundle: Bundle) -> None:
    from models.grading import grade_snapshots

    snapshots = snapshots_of(
        {"exposure": 100.0}, {"exposure": 50.0, "is_dishonest": 1.0}, {"exposure": None}
    )
    gradings = grade_snapshots(snapshots, bundle, POLICY)
    lines = {line.grade: line for line in grade_lines(gradings, snapshots)}
    assert [line.customers for line in lines.values()] == [2, 0, 0, 1]
    assert lines["A"].exposure == Decimal("100.00")
    assert lines["B"].default_probability is None
    assert lines["D"].default_probability == gradings[1].default_probability
    at_risk = 50.0 * gradings[1].default_probability
    assert float(lines["D"].amount_at_risk) == pytest.approx(at_risk, abs=0.005)
    assert np.isclose(sum(line.share for line in lines.values()), 1.0)
