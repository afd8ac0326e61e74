"""The three customers that the grades were agreed on, from drawn ledgers through the whole path."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from features.ledger.open import open_ledger
from features.matrix import Snapshots
from features.snapshot import snapshots
from models.bundle import Bundle
from models.grading import Grading, grade_snapshots
from models.rules import Book
from tests.drawn import write_ledger
from tests.models.bundles import POLICY, bundle_in, bundle_parts, certain, snapshots_of

AS_OF = "2025-06-30"
SMALL = tuple(f"s{number:02d}" for number in range(20))
Rows = list[dict[str, Any]]


def month_starts(count: int) -> list[date]:
    """Return the firsts of the last months before the as-of date."""
    return [date(2022 + (m + 6) // 12, (m + 6) % 12 + 1, 1) for m in range(36)][-count:]


def trade(
    customer: str, amounts: Mapping[date, float], late: tuple[date, ...] = ()
) -> tuple[Rows, Rows]:
    """Draw an invoice per day, due after 20 days, paid two days early or twelve late."""
    invoices, payments = [], []
    for place, (issued, amount) in enumerate(amounts.items()):
        due = issued + timedelta(days=20)
        paid = due + timedelta(days=12 if issued in late else -2)
        number = f"{customer}-{place}"
        invoices.append(
            {
                "invoice_id": number,
                "customer_id": customer,
                "issued_on": issued.isoformat(),
                "due_on": due.isoformat(),
                "amount": f"{amount:.2f}",
            }
        )
        payments.append(
            {
                "payment_id": f"P-{number}",
                "customer_id": customer,
                "paid_on": paid.isoformat(),
                "amount": f"{amount:.2f}",
                "invoice_id": number,
            }
        )
    return invoices, payments


@pytest.fixture(scope="module")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    """A seller with one large customer, twenty small ones, a new one and a listed one."""
    months = month_starts(36)
    even = dict.fromkeys(months[:-1], 55_555.0) | {months[-1]: 2_000_000 - 35 * 55_555.0}
    drawn = [
        trade("large", even, late=(months[5], months[-6])),
        trade("listed", dict.fromkeys(months, 90_000.0)),
        *(trade(small, dict.fromkeys(month_starts(4), 3_000.0 + 500 * p), late=month_starts(1))
          for p, small in enumerate(SMALL)),
    ]  # fmt: skip
    customers = [
        {"customer_id": name, "industry": "tools", "customer_since": since}
        for name, since in (
            ("large", "2022-06-01"), ("listed", "2022-06-01"), ("new", "2025-06-20"),
        )
    ]  # fmt: skip
    score = {
        "subject": "industry",
        "subject_id": "tools",
        "published_on": "2025-05-01",
        "score": 90,
    }
    listing = {
        "event_id": "E1", "customer_id": "listed", "filed_on": "2025-06-01", "kind": "dishonest",
    }  # fmt: skip
    folder = write_ledger(
        tmp_path_factory.mktemp("seller") / "ledger",
        customers=customers,
        invoices=[row for invoices, _ in drawn for row in invoices],
        payments=[row for _, payments in drawn for row in payments],
        external_scores=[score],
        coverage=[
            {"customer_id": name, "source": "courts", "searched_on": "2025-06-01"}
            for name in ("large", "listed")
        ],
        legal_events=[listing],
    )
    everybody = ["large", "new", "listed", *SMALL]
    with open_ledger(folder) as ledger:
        days = np.full(len(everybody), AS_OF, dtype="datetime64[D]")
        return snapshots(ledger, (everybody, days))


@pytest.fixture(scope="module")
def one_percent(seller: Snapshots, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of that seller's book that tells everybody 1 %."""
    due = seller.column("invoices_due_365d")
    on_time = np.nan_to_num(seller.column("on_time_rate_365d"))
    book = Book(
        *(np.quantile(seller.column(name), np.linspace(0, 1, 101))
          for name in ("invoice_amount_365d", "invoice_count_365d")),
        on_time_rate=float((on_time * due).sum() / due.sum()),
    )  # fmt: skip
    parts = bundle_parts(book=book, default_probability=0.01)
    return bundle_in(tmp_path_factory.mktemp("one-percent"), parts)


def graded(seller: Snapshots, bundle: Bundle, customer: str) -> Grading:
    row = seller.customer_ids.index(customer)
    return grade_snapshots(seller.take([row]), bundle, POLICY)[0]


def test_the_drawn_customer_is_the_one_that_was_agreed_on(seller: Snapshots):
    facts = seller.row(0)
    assert facts["invoice_count_365d"] == 12
    assert facts["overdue_count_365d"] == 1
    assert facts["industry_score"] == 90
    assert facts["legal_count_730d"] == 0
    assert facts["history_days"] > 1000


def test_a_large_old_customer_with_two_late_invoices_in_three_years_is_an_a(
    seller: Snapshots, one_percent: Bundle
):
    found = graded(seller, one_percent, "large")
    assert found.default_probability == pytest.approx(0.01)
    assert found.model_score == pytest.approx(80.0)
    assert found.known_weight == 1.0
    assert (found.grade, found.provisional, found.adjustments) == ("A", False, ())


def test_a_new_customer_without_history_is_a_provisional_c(seller: Snapshots, one_percent: Bundle):
    found = graded(seller, one_percent, "new")
    assert (found.grade, found.provisional) == ("C", True)
    assert found.score == pytest.approx(50.0)
    assert found.provisional_until == date(2025, 6, 30) + timedelta(days=90)


@pytest.mark.parametrize("chance", [0.0001, 0.05, 0.2])
def test_a_new_customer_is_a_provisional_c_short_of_a_ceiling_by_probability(
    seller: Snapshots, one_percent: Bundle, chance: float
):
    found = graded(seller, certain(one_percent, chance), "new")
    assert (found.grade, found.provisional, round(found.score, 9)) == ("C", True, 50.0)


@pytest.mark.parametrize("chance", [1e-9, 0.01, 0.2])
def test_an_active_dishonest_listing_is_a_d_whatever_the_points(
    seller: Snapshots, one_percent: Bundle, chance: float
):
    found = graded(seller, certain(one_percent, chance), "listed")
    assert (found.grade, found.hard_facts) == ("D", ("dishonest",))
    assert found.score <= 39.99 + 1e-9


def test_a_dishonest_listing_is_a_d_with_perfect_everything_else(bundle: Bundle):
    perfect = {
        "is_dishonest": 1.0,
        "external_score": 100.0,
        "industry_score": 100.0,
        "invoice_amount_365d": 1e9,
        "invoice_count_365d": 1e4,
    }
    found = grade_snapshots(snapshots_of(perfect), certain(bundle, 1e-9), POLICY)[0]
    assert found.blend > 80
    assert (found.grade, found.adjustments[-1].reason) == ("D", "dishonest")
