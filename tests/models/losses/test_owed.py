"""What is owed net of bad debts: which invoices a bad debt takes, and from when."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from models.bundle import Bundle
from tests.drawn import invoice, payment, write_ledger
from tests.models.losses.books import bad_debt, losses_of, written

INVOICES = [
    invoice("I1", "2025-01-01", "2025-01-31", 100),
    invoice("I2", "2025-02-01", "2025-02-28", 100),
    invoice("I3", "2025-06-01", "2025-06-30", 100),
]


@pytest.mark.parametrize(
    ("debts", "took"),
    [
        ([bad_debt("B1", "2025-05-15", 60, invoice_id="I2")], {"I2": 6000}),
        ([bad_debt("B1", "2025-05-15", 900, invoice_id="I2")], {"I2": 10000}),
        ([bad_debt("B1", "2025-05-15", 150)], {"I1": 10000, "I2": 5000}),
        ([bad_debt("B1", "2025-05-15")], {"I1": 10000, "I2": 10000}),
        ([bad_debt("B1", "2025-05-15", invoice_id="I1")], {"I1": 10000}),
        ([bad_debt("B1", "2025-05-15", 60), bad_debt("B2", "2025-05-20", 60)],
         {"I1": 10000, "I2": 2000}),
        ([bad_debt("B1", "2025-05-15", 100, invoice_id="I1"), bad_debt("B2", "2025-05-15", 30)],
         {"I1": 10000, "I2": 3000}),
        ([bad_debt("B1", "2025-05-15", 100, known_on="2025-07-01")], {}),
        ([bad_debt("B1", "2025-05-15", 100), bad_debt("B1", "2025-05-15", 0,
                                                     known_on="2025-06-10")], {}),
    ],
    ids=["by name", "at most what is owed", "oldest due first", "without an amount all of it",
         "without an amount all of its invoice", "one after the other", "named ones first",
         "not known yet", "withdrawn"],
)  # fmt: skip
def test_a_bad_debt_takes_what_it_names_or_the_oldest_due(
    tmp_path: Path, debts: list[dict[str, object]], took: dict[str, int]
) -> None:
    folder = write_ledger(tmp_path / "l", invoices=INVOICES, bad_debts=debts)
    assert written(folder) == took


def test_an_invoice_issued_after_a_bad_debt_is_not_taken(tmp_path: Path) -> None:
    debts = [bad_debt("B1", "2025-05-15", known_on="2025-06-20")]
    folder = write_ledger(tmp_path / "l", invoices=INVOICES, bad_debts=debts)
    assert written(folder) == {"I1": 10000, "I2": 10000}


def test_what_was_given_up_is_not_outstanding_and_not_lost_sight_of(
    tmp_path: Path, bundle: Bundle
) -> None:
    debts = [bad_debt("B1", "2025-05-15", 150)]
    book = losses_of(write_ledger(tmp_path / "l", invoices=INVOICES, bad_debts=debts), bundle)
    assert book.outstanding == Decimal("150.00")
    assert book.total("written_off") == Decimal("150.00")
    assert book.customers[0].outstanding == tuple(map(Decimal, ("100.00", 0, 0, 0, "50.00")))


def test_a_bad_debt_whose_invoice_was_closed_by_it_is_taken_all_the_same(
    tmp_path: Path, bundle: Bundle
) -> None:
    credit = invoice("C1", "2025-05-15", "2025-05-15", -100, credits_invoice_id="I1")
    debts = [bad_debt("B1", "2025-05-15", 100, invoice_id="I1")]
    folder = write_ledger(tmp_path / "l", invoices=[*INVOICES, credit], bad_debts=debts)
    assert written(folder) == {"I1": 10000}
    book = losses_of(folder, bundle)
    assert (book.outstanding, book.total("written_off")) == (Decimal("200.00"), Decimal("0.00"))


def test_money_that_no_invoice_has_used_is_shown_and_set_off_against_nothing(
    tmp_path: Path, bundle: Bundle
) -> None:
    payments = [
        payment("P1", "2025-03-01", 130, invoice_id="I1"),
        payment("P2", "2025-03-02", 100, invoice_id="I2"),
        payment("P3", "2025-06-02", 100, invoice_id="I3"),
        payment("P4", "2025-06-03", 500, invoice_id="I9", known_on="2025-07-03"),
    ]
    other = invoice("I4", "2025-06-01", "2025-07-30", 80, customer_id="c2")
    folder = write_ledger(tmp_path / "l", invoices=[*INVOICES, other], payments=payments)
    book = losses_of(folder, bundle)
    assert book.total("unallocated_credit") == Decimal("30.00")
    assert book.outstanding == Decimal("80.00")
    later = losses_of(folder, bundle, date(2025, 7, 3))
    assert later.total("unallocated_credit") == Decimal("530.00")
