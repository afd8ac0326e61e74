"""Settlement, drawn: what is settled when, as it was known on each day."""

from pathlib import Path

import pytest

from features.expression import FAR
from features.ledger.open import EPOCH, open_ledger
from tests.drawn import invoice, payment, write_ledger

JAN = ("2025-01-01", "2025-01-31")
FEB = ("2025-02-01", "2025-02-28")


def state(folder: Path, day: str) -> dict[str, tuple[str | None, str]]:
    """Return invoice → (settled on, outstanding) as known on a day."""
    from datetime import date, timedelta

    number = (date.fromisoformat(day) - EPOCH).days
    with open_ledger(folder) as ledger:
        rows = ledger.connection.execute(
            "SELECT invoice_id, settled_on, outstanding FROM fact_items "
            f"WHERE known_from <= {number} AND {number} < known_to ORDER BY invoice_id"
        ).fetchall()
    return {
        i: (None if s == FAR else (EPOCH + timedelta(days=s)).isoformat(), f"{o / 100:.2f}")
        for i, s, o in rows
    }


CASES = {
    "a full payment settles on its day": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-02-10", 100, invoice_id="I1")],
        "2025-02-10",
        {"I1": ("2025-02-10", "0.00")},
    ),
    "the day before the payment it is open": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-02-10", 100, invoice_id="I1")],
        "2025-02-09",
        {"I1": (None, "100.00")},
    ),
    "a payment known late is invisible until then": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-01-20", 100, invoice_id="I1", known_on="2025-03-05")],
        "2025-03-04",
        {"I1": (None, "100.00")},
    ),
    "a payment known late settles on its own day": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-01-20", 100, invoice_id="I1", known_on="2025-03-05")],
        "2025-03-05",
        {"I1": ("2025-01-20", "0.00")},
    ),
    "the payment that completes it settles it": (
        [invoice("I1", *JAN, 100)],
        [
            payment("P1", "2025-01-20", 60, invoice_id="I1"),
            payment("P2", "2025-02-20", 40, invoice_id="I1"),
        ],
        "2025-03-01",
        {"I1": ("2025-02-20", "0.00")},
    ),
    "a remainder of one cent does not keep it open": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-01-20", "99.99", invoice_id="I1")],
        "2025-03-01",
        {"I1": ("2025-01-20", "0.01")},
    ),
    "a remainder above the floor keeps it open": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-01-20", "98.99", invoice_id="I1")],
        "2025-03-01",
        {"I1": (None, "1.01")},
    ),
    "a bounced payment opens it again": (
        [invoice("I1", *JAN, 100)],
        [
            payment("P1", "2025-01-20", 100, invoice_id="I1"),
            payment("P2", "2025-01-25", -100, invoice_id="I1"),
        ],
        "2025-01-25",
        {"I1": (None, "100.00")},
    ),
    "before the bounce it was settled": (
        [invoice("I1", *JAN, 100)],
        [
            payment("P1", "2025-01-20", 100, invoice_id="I1"),
            payment("P2", "2025-01-25", -100, invoice_id="I1"),
        ],
        "2025-01-24",
        {"I1": ("2025-01-20", "0.00")},
    ),
    "money without an invoice pays the oldest due first": (
        [invoice("I1", *FEB, 100), invoice("I2", *JAN, 100)],
        [payment("P1", "2025-02-05", 150)],
        "2025-02-05",
        {"I1": (None, "50.00"), "I2": ("2025-02-05", "0.00")},
    ),
    "an invoice known late takes its turn by its due date": (
        [invoice("I1", *FEB, 100), invoice("I2", *JAN, 100, known_on="2025-03-01")],
        [payment("P1", "2025-02-05", 100)],
        "2025-03-01",
        {"I1": (None, "100.00"), "I2": ("2025-02-05", "0.00")},
    ),
    "until it is known the money paid the other": (
        [invoice("I1", *FEB, 100), invoice("I2", *JAN, 100, known_on="2025-03-01")],
        [payment("P1", "2025-02-05", 100)],
        "2025-02-28",
        {"I1": ("2025-02-05", "0.00")},
    ),
    "what an overpayment leaves over pays the next": (
        [invoice("I1", *JAN, 100), invoice("I2", *FEB, 100)],
        [payment("P1", "2025-02-05", 200, invoice_id="I1")],
        "2025-02-05",
        {"I1": ("2025-02-05", "0.00"), "I2": ("2025-02-05", "0.00")},
    ),
    "an advance settles the invoice on the day it is issued": (
        [invoice("I1", *FEB, 100)],
        [payment("P1", "2025-01-05", 100)],
        "2025-02-01",
        {"I1": ("2025-02-01", "0.00")},
    ),
    "money for an invoice not yet known waits for it": (
        [invoice("I1", *JAN, 100), invoice("I2", *FEB, 100)],
        [payment("P1", "2025-01-05", 100, invoice_id="I2")],
        "2025-01-31",
        {"I1": (None, "100.00")},
    ),
    "a credit note settles the invoice it names": (
        [
            invoice("I1", *JAN, 100),
            invoice("C1", "2025-01-15", "2025-01-15", -100, credits_invoice_id="I1"),
        ],
        [],
        "2025-01-15",
        {"C1": ("2025-01-15", "0.00"), "I1": ("2025-01-15", "0.00")},
    ),
    "a credit note for an invoice not yet known waits for it": (
        [
            invoice("I1", *JAN, 100),
            invoice("I2", *JAN, 100, known_on="2025-02-10"),
            invoice("C1", "2025-01-15", "2025-01-15", -100, credits_invoice_id="I2"),
        ],
        [],
        "2025-02-09",
        {"C1": ("2025-01-15", "0.00"), "I1": (None, "100.00")},
    ),
    "a credit note that names no invoice pays the oldest due": (
        [
            invoice("I1", *JAN, 100),
            invoice("C1", "2025-01-15", "2025-01-15", -100),
        ],
        [],
        "2025-01-15",
        {"C1": ("2025-01-15", "0.00"), "I1": ("2025-01-15", "0.00")},
    ),
    "an invoice moved to another customer is paid by that one's money": (
        [
            invoice("I1", *JAN, 100),
            invoice("I1", *JAN, 100, customer_id="c2", known_on="2025-02-10"),
        ],
        [payment("P1", "2025-02-01", 100, customer_id="c2")],
        "2025-02-10",
        {"I1": ("2025-02-01", "0.00")},
    ),
    "and not before it is known to have moved": (
        [
            invoice("I1", *JAN, 100),
            invoice("I1", *JAN, 100, customer_id="c2", known_on="2025-02-10"),
        ],
        [payment("P1", "2025-02-01", 100, customer_id="c2")],
        "2025-02-09",
        {"I1": (None, "100.00")},
    ),
    "money that names an invoice goes with it to the other customer": (
        [
            invoice("I1", *JAN, 100),
            invoice("I1", *JAN, 100, customer_id="c2", known_on="2025-02-10"),
        ],
        [payment("P1", "2025-02-01", 100, invoice_id="I1")],
        "2025-02-10",
        {"I1": ("2025-02-01", "0.00")},
    ),
    "named money and pool together settle on the later of their days": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-01-10", 40), payment("P2", "2025-01-20", 60, invoice_id="I1")],
        "2025-01-20",
        {"I1": ("2025-01-20", "0.00")},
    ),
    "paid without a name and again by name, it was settled by the first": (
        [invoice("I1", *JAN, 100)],
        [payment("P1", "2025-01-10", 100), payment("P2", "2025-02-20", 100, invoice_id="I1")],
        "2025-02-20",
        {"I1": ("2025-01-10", "0.00")},
    ),
    "named money that comes when an older one takes the pool leaves no day open": (
        [invoice("I1", *JAN, 100), invoice("I2", "2025-01-20", "2025-01-25", 100)],
        [payment("P1", "2025-01-10", 100), payment("P2", "2025-01-20", 100, invoice_id="I1")],
        "2025-01-20",
        {"I1": ("2025-01-10", "0.00"), "I2": ("2025-01-20", "0.00")},
    ),
    "a day later it was open for a day": (
        [invoice("I1", *JAN, 100), invoice("I2", "2025-01-20", "2025-01-25", 100)],
        [payment("P1", "2025-01-10", 100), payment("P2", "2025-01-21", 100, invoice_id="I1")],
        "2025-01-21",
        {"I1": ("2025-01-21", "0.00"), "I2": ("2025-01-20", "0.00")},
    ),
    "a corrected amount holds from the day it is known": (
        [
            invoice("I1", *JAN, 100),
            invoice("I1", *JAN, 80, known_on="2025-02-10"),
        ],
        [payment("P1", "2025-01-20", 80, invoice_id="I1")],
        "2025-02-10",
        {"I1": ("2025-01-20", "0.00")},
    ),
    "and not before": (
        [
            invoice("I1", *JAN, 100),
            invoice("I1", *JAN, 80, known_on="2025-02-10"),
        ],
        [payment("P1", "2025-01-20", 80, invoice_id="I1")],
        "2025-02-09",
        {"I1": (None, "20.00")},
    ),
}


@pytest.mark.parametrize(("invoices", "payments", "day", "expected"), CASES.values(), ids=CASES)
def test_settlement_as_drawn(
    tmp_path: Path, invoices: list, payments: list, day: str, expected: dict
) -> None:
    assert state(write_ledger(tmp_path, invoices=invoices, payments=payments), day) == expected
