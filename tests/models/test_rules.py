"""The five indicators at named points, and how they are weighed when some are unknown."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.policy.sections import Policy
from models.rules import INDICATORS, RULE_INPUTS, Book, RuleScore, rule_score
from tests.models.bundles import BOOK, GOOD, POLICY, policy_with

NAN = math.nan
UNKNOWN = dict.fromkeys(RULE_INPUTS, NAN)


def scored(policy: Policy = POLICY, book: Book = BOOK, **facts: float) -> RuleScore:
    row = {name: GOOD[name] for name in RULE_INPUTS} | facts
    return rule_score([row[name] for name in RULE_INPUTS], book, policy)


def points(indicator: str, **facts: float) -> float:
    return scored(**facts).indicators[indicator]


@pytest.mark.parametrize(
    ("rate", "due", "expected"),
    [
        (1.0, 12.0, 100.0),  # (12 + 4 · 0.9) / 16 = 0.975
        (0.96, 1000.0, 100.0),
        (0.5, 1000.0, 0.0),
        (0.60, 12.0, (0.675 - 0.60) / 0.35 * 100),  # (7.2 + 3.6) / 16
        (0.0, 1.0, (0.72 - 0.60) / 0.35 * 100),  # one late invoice says little
        (NAN, 0.0, NAN),
        (NAN, NAN, NAN),
    ],
)
def test_timeliness_is_the_on_time_rate_shrunk_to_the_books(rate, due, expected):
    found = points("payment_timeliness", on_time_rate_365d=rate, invoices_due_365d=due)
    assert found == pytest.approx(expected, nan_ok=True)


def test_without_shrinkage_the_rate_counts_as_it_is():
    policy = policy_with(("shrink_invoices = 4.0", "shrink_invoices = 0"))
    found = scored(policy, on_time_rate_365d=0.775, invoices_due_365d=4.0)
    assert found.indicators["payment_timeliness"] == pytest.approx(50.0)
    nothing = scored(policy, on_time_rate_365d=0.5, invoices_due_365d=0.0)
    assert math.isnan(nothing.indicators["payment_timeliness"])


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 100), (1, 100), (2, 92), (3, 82), (8, 30), (12, 0), (50, 0)]
)
def test_fewer_than_two_overdue_are_full_marks_and_two_cost_little(count, expected):
    assert points("overdue_count", overdue_count_365d=float(count)) == pytest.approx(expected)


def test_overdue_count_is_unknown_when_nothing_fell_due():
    assert math.isnan(points("overdue_count", overdue_count_365d=0.0, invoices_due_365d=0.0))


@pytest.mark.parametrize(
    ("amount", "count", "expected"),
    [
        (1e9, 1e6, 100.0),
        (800_000.0, 16.0, 100.0),
        (500_000.0, 10.0, 80.0),
        (1_000_000.0, 0.0, 80.0),
        (0.0, 0.0, 40.0),
        (-500.0, 0.0, 40.0),
        (NAN, 5.0, NAN),
    ],
)
def test_large_and_frequent_is_measured_by_the_books_quantiles(amount, count, expected):
    found = points("amount_and_frequency", invoice_amount_365d=amount, invoice_count_365d=count)
    assert found == pytest.approx(expected, nan_ok=True)


def test_amount_and_frequency_are_unknown_without_history():
    assert math.isnan(points("amount_and_frequency", history_days=0.0))
    assert math.isnan(points("amount_and_frequency", history_days=NAN))


@pytest.mark.parametrize(
    ("own", "industry", "expected"),
    [
        (90.0, 10.0, 100.0),
        (85.0, 10.0, 100.0),
        (60.0, 10.0, 50.0),
        (20.0, 90.0, 0.0),
        (NAN, 60.0, 50.0),
        (NAN, NAN, NAN),
    ],
)
def test_the_customers_own_score_counts_else_its_industrys(own, industry, expected):
    found = points("industry_score", external_score=own, industry_score=industry)
    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("count", "days", "open_count", "dishonest", "expected"),
    [
        (0, 1000, 0, 0, 100.0),
        (1, 30, 0, 0, 75.0),
        (1, 365, 0, 0, 80.0),
        (1, 730, 0, 0, 85.0),
        (1, 30, 1, 0, 60.0),
        (3, 30, 3, 0, 15.0),
        (10, 30, 3, 0, 0.0),
        (0, 1000, 1, 0, 85.0),  # older than two years, but open
        (0, 1000, 0, 1, 0.0),
        (NAN, NAN, NAN, 1, 0.0),
        (NAN, NAN, NAN, NAN, NAN),
        (2, NAN, 0, 0, NAN),
    ],
)
def test_litigation_costs_by_count_recency_and_openness(
    count, days, open_count, dishonest, expected
):
    found = points(
        "litigation",
        legal_count_730d=float(count),
        days_since_last_legal_event=float(days),
        legal_open_count=float(open_count),
        is_dishonest=float(dishonest),
    )
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_score_is_the_weighted_sum_when_all_is_known():
    found = scored(overdue_count_365d=2.0, external_score=60.0)
    timeliness, amount = 100.0, 80 + (0.7 + 0.6 - 1.0) / 2 / 0.3 * 20
    expected = 0.3 * timeliness + 0.2 * 92 + 0.2 * amount + 0.15 * 50 + 0.15 * 100
    assert found.score == pytest.approx(expected)
    assert found.known_weight == pytest.approx(1.0)
    assert found.worst == pytest.approx(expected)
    assert found.best == pytest.approx(expected)


def test_an_unknown_indicator_leaves_the_sum_and_its_weight_is_shared():
    found = scored(external_score=NAN, industry_score=NAN, overdue_count_365d=8.0)
    amount = 80 + (0.7 + 0.6 - 1.0) / 2 / 0.3 * 20
    summed = 0.3 * 100 + 0.2 * 30 + 0.2 * amount + 0.15 * 100
    assert found.score == pytest.approx(summed / 0.85)
    assert found.known_weight == pytest.approx(0.85)
    assert found.worst == pytest.approx(summed)
    assert found.best == pytest.approx(summed + 15)


def test_with_nothing_known_the_score_is_neutral_and_anything_could_be():
    found = scored(**UNKNOWN)
    assert all(math.isnan(p) for p in found.indicators.values())
    told = (found.score, found.known_weight, found.worst, found.best)
    assert told == (50.0, 0.0, 0.0, 100.0)


def test_an_indicator_without_weight_does_not_count_as_known():
    policy = policy_with(
        ("industry_score = 0.15\n", "industry_score = 0.0\n"),
        ("litigation = 0.15", "litigation = 0.3"),
    )
    found = scored(policy, **UNKNOWN | {"external_score": 100.0})
    assert (found.score, found.known_weight) == (50.0, 0.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(RULE_INPUTS), unique=True), st.integers(0, 2**31))
def test_the_score_always_lies_between_the_worst_and_the_best(hidden, seed):
    generator = np.random.default_rng(seed)
    facts = {name: float(generator.exponential(GOOD[name] + 1)) for name in RULE_INPUTS}
    found = scored(**facts | dict.fromkeys(hidden, NAN))
    assert 0 <= found.worst <= found.score + 1e-9
    assert found.score <= found.best + 1e-9 <= 100 + 1e-9
    assert 0 <= found.known_weight <= 1


def test_each_rule_input_is_a_feature_of_the_catalogue():
    assert set(RULE_INPUTS) <= set(GOOD)
    assert [i.name for i in INDICATORS] == list(vars(POLICY.weights))
