"""A copy of one customer tells what the ledger tells, however it is looked at."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from features.catalogue import FEATURE_NAMES
from features.copies.copy import Copy, copy_of
from features.copies.looked_up import desk
from features.copies.written import write_copy
from features.errors import UsageError
from features.ledger.open import open_ledger
from features.matrix import Snapshots
from features.snapshot import snapshots
from tests.drawn import invoice, payment, write_ledger
from tests.properties.ledgers import Tables, days, ledgers

QUICK = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
C1 = {"customer_id": "c1", "customer_since": "2024-01-01", "group_id": "g1", "industry": "steel"}
C2 = {"customer_id": "c2", "customer_since": "2024-01-01", "group_id": "g1"}


def different(one: Snapshots, other: Snapshots) -> list[str]:
    same = (one.values == other.values) | (np.isnan(one.values) & np.isnan(other.values))
    return [name for name, is_same in zip(FEATURE_NAMES, same[0], strict=True) if not is_same]


def opened(copy: Copy, day: date) -> Snapshots:
    """Return the features of a copy that was written and opened as any ledger."""
    with tempfile.TemporaryDirectory() as name:
        write_copy(copy, Path(name))
        with open_ledger(Path(name), ledger_currency=copy.currency, latest=day) as ledger:
            return snapshots(ledger, ([copy.customer_id], np.array([day], "datetime64[D]")))


@QUICK
@given(tables=ledgers(), day=days)
def test_a_copy_as_of_its_day_has_the_ledgers_values(tables: Tables, day: str) -> None:
    as_of = date.fromisoformat(day)
    with (
        tempfile.TemporaryDirectory() as name,
        open_ledger(write_ledger(Path(name) / "ledger", **tables)) as ledger,
        desk() as looking,
    ):
        for customer_id in ("c1", "c2", "c3"):
            wanted = snapshots(ledger, ([customer_id], np.array([day], "datetime64[D]")))
            try:
                copy = copy_of(ledger, customer_id, as_of)
            except UsageError:
                continue  # not known on the day
            assert not different(looking.snapshot(copy, as_of), wanted)


@QUICK
@given(tables=ledgers(), day=days)
def test_a_copy_looked_up_on_a_later_day_is_the_copy_written_and_opened(
    tables: Tables, day: str
) -> None:
    as_of = date.fromisoformat(day)
    with (
        tempfile.TemporaryDirectory() as name,
        open_ledger(write_ledger(Path(name) / "ledger", **tables)) as ledger,
    ):
        try:
            copy = copy_of(ledger, "c1", as_of)
        except UsageError:
            return
    for ahead in (0, 400):
        later = as_of + timedelta(days=ahead)
        assert not different(looking_at(copy, later), opened(copy, later)), ahead


def looking_at(copy: Copy, day: date) -> Snapshots:
    with desk() as looking:
        return looking.snapshot(copy, day)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    folder = write_ledger(
        tmp_path,
        customers=[C1, C2],
        invoices=[
            invoice("i1", "2025-01-05", "2025-02-04", 1000),
            invoice("i2", "2025-02-05", "2025-03-07", 2000),
            invoice("other", "2025-01-01", "2025-01-31", 70, customer_id="c2"),
        ],
        payments=[
            payment("p1", "2025-02-01", 1000, invoice_id="i1"),
            payment("late", "2025-03-20", 2000, invoice_id="i2", known_on="2025-06-01"),
        ],
    )
    with open_ledger(folder) as ledger:
        return copy_of(ledger, "c1", date(2025, 4, 1))


def test_what_became_known_later_is_not_in_a_copy(copy: Copy) -> None:
    assert [row["payment_id"] for row in copy.rows("payments")] == ["p1"]
    found = looking_at(copy, date(2025, 7, 1))
    assert found.column("open_overdue_amount")[0] == 2000


def test_the_invoices_of_affiliates_are_in_a_copy(copy: Copy) -> None:
    found = looking_at(copy, date(2025, 4, 1))
    assert found.column("group_worst_overdue_days")[0] == 60


def test_a_payment_that_is_added_pays(copy: Copy) -> None:
    paid = copy.with_rows(
        "payments",
        [
            {
                "payment_id": "new",
                "customer_id": "c1",
                "invoice_id": "i2",
                "paid_on": copy.day + 3,
                "amount": 200_000,
            }
        ],
    )
    with desk() as looking:
        later = date(2025, 4, 30)
        assert looking.snapshot(copy, later).column("open_overdue_amount")[0] == 2000
        assert looking.snapshot(paid, later).column("open_overdue_amount")[0] == 0
        assert looking.snapshot(copy, later).column("open_overdue_amount")[0] == 2000
        assert looking.snapshot(paid, date(2025, 4, 3)).column("open_overdue_amount")[0] == 2000
    assert not different(looking_at(paid, later), opened(paid, later))


def test_a_table_that_the_ledger_lacks_is_made_where_rows_are_added(copy: Copy) -> None:
    assert np.isnan(looking_at(copy, date(2025, 4, 1)).column("guaranteed_amount")[0])
    given_one = copy.with_rows(
        "guarantees",
        [{"guarantee_id": "g", "customer_id": "c1", "amount": 5_000, "valid_from": copy.day + 1}],
    )
    assert looking_at(given_one, date(2025, 4, 2)).column("guaranteed_amount")[0] == 50
    assert not different(
        looking_at(given_one, date(2025, 4, 2)), opened(given_one, date(2025, 4, 2))
    )


def test_evidence_is_that_of_the_copy(copy: Copy) -> None:
    with desk() as looking:
        found = looking.evidence(copy, ["open_overdue_count"], date(2025, 4, 1))
    assert [row.row_id for row in found["open_overdue_count"].rows] == ["i2"]


def test_a_customer_that_is_not_known_is_refused(tmp_path: Path) -> None:
    folder = write_ledger(
        tmp_path, customers=[C1], invoices=[invoice("i1", "2025-01-05", "2025-02-04", 1)],
        payments=[payment("p1", "2025-02-01", 1)],
    )  # fmt: skip
    with open_ledger(folder) as ledger, pytest.raises(UsageError, match="no customer 'c9'"):
        copy_of(ledger, "c9", date(2025, 4, 1))
