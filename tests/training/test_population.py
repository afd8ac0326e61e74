from datetime import date

import pytest

from features.ledger.open import open_ledger
from tests.drawn import invoice, payment, write_ledger
from training.config import CRITERIA, DefaultDefinition
from training.population import Population

# every customer but c3 has an open invoice all the time
OPEN = [
    invoice(f"I{c}", "2025-01-02", "2026-12-31", 1000, customer_id=c) for c in ("c1", "c2", "c4")
]
PAID = [invoice("I3", "2024-06-01", "2024-07-01", 500, customer_id="c3")]
MONEY = [payment("P3", "2024-07-01", 500, customer_id="c3", invoice_id="I3")]
DEBT = {
    "bad_debt_id": "B1",
    "customer_id": "c1",
    "recognised_on": "2025-02-01",
    "amount": "300.00",
}


@pytest.fixture
def rows_on(tmp_path):
    """Return the rows and counts of some days of a drawn book."""

    def compute(*days, horizon=60, on=CRITERIA, keep_unexposed=False, **tables):
        drawn = {"invoices": OPEN + PAID, "payments": MONEY, **tables}
        chosen = [date.fromisoformat(day) for day in days]
        with open_ledger(write_ledger(tmp_path / "ledger", **drawn)) as ledger:
            population = Population(ledger, DefaultDefinition(on, keep_unexposed))
            return population.rows(chosen, horizon), population.counts(chosen)

    return compute


def test_customers_without_balance_order_or_recent_invoice_are_left_out_and_counted(rows_on):
    rows, counts = rows_on("2025-01-31")

    assert rows.snapshots.customer_ids == ("c1", "c2", "c4")
    assert (counts.considered, counts.in_default, counts.unexposed) == (4, 0, 1)


def test_unexposed_customers_are_kept_on_demand_and_still_counted(rows_on):
    rows, counts = rows_on("2025-01-31", keep_unexposed=True)

    assert rows.snapshots.customer_ids == ("c1", "c2", "c3", "c4")
    assert counts.unexposed == 1


def test_customer_is_exposed_by_an_open_order_alone(rows_on):
    order = {"order_id": "O1", "customer_id": "c3", "ordered_on": "2025-01-10", "amount": "50.00"}

    rows, counts = rows_on("2025-01-31", orders=[order])

    assert "c3" in rows.snapshots.customer_ids
    assert counts.unexposed == 0


@pytest.mark.parametrize(
    ("day", "learnable"),
    [
        ("2025-01-31", True),
        ("2025-02-01", False),
        ("2025-03-15", False),
        ("2025-06-12", False),
        ("2025-06-13", True),
    ],
    ids=["before", "on the day", "while open", "89 days after", "90 days after it cleared"],
)
def test_customer_in_default_is_left_out_until_ninety_days_after_it_cleared(
    rows_on, day, learnable
):
    recovery = {
        "recovery_id": "R1",
        "bad_debt_id": "B1",
        "recovered_on": "2025-03-15",
        "amount": "300.00",
    }

    rows, counts = rows_on(day, bad_debts=[DEBT], recoveries=[recovery])

    assert ("c1" in rows.snapshots.customer_ids) == learnable
    assert counts.in_default == int(not learnable)


def test_default_by_a_criterion_that_was_not_chosen_leaves_nobody_out(rows_on):
    rows, counts = rows_on("2025-03-15", on=("bankruptcy",), bad_debts=[DEBT])

    assert "c1" in rows.snapshots.customer_ids
    assert counts.in_default == 0
    assert not rows.defaulted.any()


@pytest.mark.parametrize(
    ("day", "there", "defaulted"),
    [
        ("2025-01-31", True, True),
        ("2025-02-28", False, False),
        ("2025-04-30", False, False),
    ],
    ids=["before its day", "happened but not yet told", "told"],
)
def test_default_told_late_is_no_good_customer_in_between(rows_on, day, there, defaulted):
    rows, _ = rows_on(day, bad_debts=[DEBT | {"known_on": "2025-04-01"}])

    found = dict(zip(rows.snapshots.customer_ids, rows.defaulted.tolist(), strict=True))
    assert ("c1" in found) == there
    assert found.get("c1", False) == defaulted


def test_days_stand_in_order_and_customers_by_id_with_labels_of_their_own_day(rows_on):
    debt = DEBT | {"recognised_on": "2025-04-10"}

    rows, counts = rows_on("2025-01-31", "2025-02-28", bad_debts=[debt])

    assert rows.snapshots.customer_ids == ("c1", "c2", "c4") * 2
    assert rows.snapshots.as_of.astype(str).tolist() == ["2025-01-31"] * 3 + ["2025-02-28"] * 3
    assert rows.defaulted.tolist() == [False] * 3 + [True, False, False]
    assert counts.considered == 8


def test_latest_row_of_each_customer_is_found(rows_on):
    rows, _ = rows_on("2025-02-28", "2025-01-31")

    latest = rows.latest()

    assert latest.snapshots.customer_ids == ("c1", "c2", "c4")
    assert set(latest.snapshots.as_of.astype(str)) == {"2025-02-28"}
