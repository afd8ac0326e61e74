"""What a grade means in business."""

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bands import GRADES
from models.terms import Terms, terms_of
from tests.models.bundles import GOOD, POLICY, policy_with


def terms(grade: str = "A", policy=POLICY, **facts: float) -> Terms:
    old = {"tenure_days": 1095.0, "invoice_amount_365d": 600_000.0}
    return terms_of(grade, dict(GOOD) | old | facts, policy)


def test_the_limit_is_months_of_average_sales():
    # 600,000 a year are 50,000 a month; A has two months, B one and a half
    assert terms("A").credit_limit == Decimal("100000.00")
    assert terms("B").credit_limit == Decimal("75000.00")
    assert terms("C").credit_limit == Decimal("37500.00")


def test_half_of_a_guarantee_raises_the_limit():
    # 100,000 + 50,000 · 50 %
    assert terms("A", guaranteed_amount=50_000.0).credit_limit == Decimal("125000.00")


def test_a_young_customer_has_between_half_and_whole():
    assert terms("A", tenure_days=0.0).credit_limit == Decimal("50000.00")
    assert terms("A", tenure_days=1095 / 2).credit_limit == Decimal("75000.00")
    assert terms("A", tenure_days=9999.0).credit_limit == Decimal("100000.00")


def test_overdue_invoices_take_their_share_off():
    assert terms("A", overdue_share_365d=0.25).credit_limit == Decimal("75000.00")


def test_the_limit_has_two_places_and_half_a_cent_rounds_up():
    assert terms("A", invoice_amount_365d=0.03).credit_limit == Decimal("0.01")  # 0.005
    limit = terms("A", invoice_amount_365d=1234.56).credit_limit
    assert (limit, str(limit)) == (Decimal("205.76"), "205.76")


def test_the_limit_stays_within_the_policys_bounds():
    policy = policy_with(
        ('smallest_limit = "0.00"', 'smallest_limit = "5000.00"'),
        ('largest_limit = "50000000.00"', 'largest_limit = "60000.00"'),
    )
    assert terms("A", policy).credit_limit == Decimal("60000.00")
    assert terms("C", policy, invoice_amount_365d=10.0).credit_limit == Decimal("5000.00")
    assert terms("D", policy).credit_limit == Decimal("0.00")


def test_a_d_pays_before_shipping_and_has_no_limit_guaranteed_or_not():
    found = terms("D", guaranteed_amount=1e6)
    assert (found.credit_limit, found.prepayment_share, found.payment_days) == (0, 1.0, 0)
    assert found.approval == "finance-director"


def test_the_warning_line_is_a_share_of_the_limit():
    assert terms("A").warning_line == Decimal("90000.00")


def test_unknown_parts_count_for_nothing():
    found = terms("A", invoice_amount_365d=math.nan, guaranteed_amount=math.nan)
    assert found.credit_limit == Decimal("0.00")
    assert terms("A", tenure_days=math.nan).credit_limit == Decimal("50000.00")


def test_credit_notes_beyond_sales_make_no_negative_limit():
    assert terms("A", invoice_amount_365d=-5000.0).credit_limit == Decimal("0.00")


@pytest.mark.parametrize(
    ("grade", "facts", "approval"),
    [
        ("A", {}, "fast-lane"),
        ("B", {}, "fast-lane"),
        ("C", {}, "credit-manager"),
        ("B", {"tenure_days": 729.0}, "sales-manager"),
        ("B", {"overdue_share_365d": 0.021}, "sales-manager"),
        ("B", {"overdue_share_365d": math.nan}, "sales-manager"),
        ("B", {"tenure_days": math.nan}, "sales-manager"),
    ],
)
def test_the_fast_lane_is_for_old_and_clean_customers(grade, facts, approval):
    assert terms(grade, **facts).approval == approval


@settings(max_examples=40, deadline=None)
@given(
    amount=st.floats(0, 1e9),
    tenure=st.floats(0, 4000),
    overdue=st.floats(0, 1),
    guarantee=st.floats(0, 1e7),
)
def test_a_worse_grade_never_has_better_terms(amount, tenure, overdue, guarantee):
    rows = [
        terms(
            grade,
            invoice_amount_365d=amount,
            tenure_days=tenure,
            overdue_share_365d=overdue,
            guaranteed_amount=guarantee,
        )
        for grade in GRADES
    ]
    for better, worse in zip(rows, rows[1:], strict=False):
        assert worse.credit_limit <= better.credit_limit
        assert worse.payment_days <= better.payment_days
        assert worse.prepayment_share >= better.prepayment_share
        assert worse.credit_limit == round(worse.credit_limit, 2)
