"""Snapshots of a ledger: the pairs asked for, in their order, each by its own day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES
from features.ledger.open import Ledger, open_ledger
from features.matrix import Snapshots
from features.snapshot import all_pairs, snapshots
from tests.drawn import invoice, payment, write_ledger


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = write_ledger(
        tmp_path_factory.mktemp("snapshot"),
        customers=[
            {"customer_id": "c1"},
            {"customer_id": "c2", "customer_since": "2025-02-15"},
            {"customer_id": "c2", "customer_since": "2025-02-15", "known_on": "2025-03-01",
             "credit_limit": "10"},
        ],
        invoices=[
            invoice("I1", "2025-01-01", "2025-01-31", 100),
            invoice("I2", "2025-02-20", "2025-03-20", 70, customer_id="c2"),
        ],
        payments=[payment("P1", "2025-02-10", 100, invoice_id="I1")],
    )  # fmt: skip
    with open_ledger(folder) as opened:
        yield opened


def of(ledger: Ledger, *pairs: tuple[str, str]) -> Snapshots:
    days = np.array([day for _, day in pairs], dtype="datetime64[D]")
    return snapshots(ledger, ([customer for customer, _ in pairs], days))


def test_rows_come_in_the_order_of_the_pairs(ledger: Ledger) -> None:
    pairs = [("c2", "2025-03-31"), ("c1", "2025-03-31"), ("c1", "2025-01-31"), ("c2", "2025-02-28")]
    found = of(ledger, *pairs)
    assert list(zip(found.customer_ids, found.as_of.astype(str), strict=True)) == pairs
    assert found.column("invoice_amount_90d").tolist() == [70, 100, 100, 70]
    assert found.column("open_balance").tolist() == [70, 0, 100, 70]


def test_a_pair_asked_twice_is_answered_twice(ledger: Ledger) -> None:
    found = of(ledger, ("c1", "2025-01-31"), ("c2", "2025-03-31"), ("c1", "2025-01-31"))
    assert len(found) == 3
    np.testing.assert_array_equal(found.values[0], found.values[2])


def test_one_row_is_what_it_is_among_many(ledger: Ledger) -> None:
    pairs = [(c, d) for c in ("c1", "c2") for d in ("2025-01-31", "2025-02-28", "2025-03-31")]
    together = of(ledger, *pairs)
    for place, pair in enumerate(pairs):
        np.testing.assert_array_equal(of(ledger, pair).values[0], together.values[place])


def test_columns_stand_in_catalogue_order(ledger: Ledger) -> None:
    assert of(ledger, ("c1", "2025-01-31")).names == FEATURE_NAMES


def test_a_customer_of_whom_nothing_is_known_has_no_history(ledger: Ledger) -> None:
    row = of(ledger, ("nobody", "2025-03-31")).row(0)
    known = {name for name, value in row.items() if value == value and value != 0}
    assert known == set()
    assert np.isnan(row["on_time_rate_365d"])
    assert np.isnan(row["tenure_days"])


def test_before_its_first_fact_a_customer_is_as_unknown(ledger: Ledger) -> None:
    found = of(ledger, ("c1", "2024-12-31"), ("nobody", "2024-12-31"))
    np.testing.assert_array_equal(found.values[0], found.values[1])


def test_no_pairs_give_no_rows(ledger: Ledger) -> None:
    found = of(ledger)
    assert (len(found), found.names) == (0, FEATURE_NAMES)


def test_a_day_may_carry_a_finer_unit(ledger: Ledger) -> None:
    days = np.array(["2025-01-31"], dtype="datetime64[ns]")
    fine = snapshots(ledger, (["c1"], days))
    np.testing.assert_array_equal(fine.values, of(ledger, ("c1", "2025-01-31")).values)


def test_all_pairs_are_the_customers_known_on_each_day(ledger: Ledger) -> None:
    ids, days = all_pairs(ledger, [date(2025, 2, 14), date(2025, 3, 31)])
    assert list(ids) == ["c1", "c1", "c2"]
    assert days.astype(str).tolist() == ["2025-02-14", "2025-03-31", "2025-03-31"]


def test_a_payment_known_after_as_of_is_invisible(tmp_path: Path) -> None:
    folder = write_ledger(
        tmp_path,
        invoices=[invoice("I1", "2025-01-01", "2025-01-31", 100)],
        payments=[payment("P1", "2025-01-20", 100, invoice_id="I1", known_on="2025-03-05")],
    )
    with open_ledger(folder) as late:
        balances = of(late, ("c1", "2025-03-04"), ("c1", "2025-03-05")).column("open_balance")
    assert balances.tolist() == [100, 0]


def test_asking_leaves_nothing_behind(ledger: Ledger) -> None:
    tables = "SELECT table_name FROM duckdb_tables() ORDER BY table_name"
    before = ledger.connection.execute(tables).fetchall()
    of(ledger, ("c1", "2025-01-31"))
    assert ledger.connection.execute(tables).fetchall() == before
