"""The features, drawn: small ledgers and what each feature must be as of a day."""

import math
from pathlib import Path

import pytest

from features.catalogue import FEATURE_NAMES
from tests.drawn import features_of, invoice, payment, write_ledger

D = "2025-06-30"


def paid(number: str, due: str, settled: str | None, amount: object = 100, **more: object):
    """Draw an invoice of 30 days' terms and, unless open, the payment that settles it."""
    from datetime import date, timedelta

    issued = (date.fromisoformat(due) - timedelta(days=30)).isoformat()
    rows = [invoice(number, issued, due, amount, **more)]
    money = [payment(f"P{number}", settled, amount, invoice_id=number)] if settled else []
    return rows, money


def book(*drawn):
    """Join drawn invoices and payments into the two tables."""
    return {
        "invoices": [row for rows, _ in drawn for row in rows],
        "payments": [row for _, money in drawn for row in money],
    }


PROMPT = paid("I1", "2025-05-31", "2025-05-20")
LATE = paid("I2", "2025-06-10", "2025-06-20", 300)
OPEN = paid("I3", "2025-06-20", None, 100)
OLD = paid("I4", "2025-01-15", "2025-03-01", 100)
THREE = book(PROMPT, LATE, OPEN)

CASES: dict[str, tuple[dict, dict[str, float | None]]] = {
    "timeliness counts what fell due in the window": (
        book(PROMPT, LATE, OPEN, OLD),
        {
            "on_time_rate_90d": 1 / 3,
            "on_time_rate_365d": 1 / 4,
            "on_time_amount_share_365d": 100 / 600,
            "days_beyond_terms_90d": (300 * 10 + 100 * 10) / 500,
            "days_beyond_terms_365d": (300 * 10 + 100 * 10 + 100 * 45) / 600,
            "days_beyond_terms_trend": 8 - 8500 / 600,
            "worst_days_late_365d": 45,
            "payment_days_median_365d": 40,
        },
    ),
    "overdue counts late invoices, paid since or not": (
        book(PROMPT, LATE, OPEN, OLD),
        {
            "overdue_count_90d": 2,
            "overdue_count_365d": 3,
            "overdue_share_365d": 3 / 4,
            "open_overdue_amount": 100,
            "open_overdue_share": 1,
            "oldest_overdue_days": 10,
            "open_overdue_count": 1,
            "days_since_last_overdue": 0,
        },
    ),
    "days since the last overdue run from the settlement": (
        book(PROMPT, LATE),
        {"days_since_last_overdue": 10, "oldest_overdue_days": 0, "open_overdue_share": 0},
    ),
    "never overdue counts as the whole history": (
        book(PROMPT),
        {"days_since_last_overdue": 60, "history_days": 60, "overdue_count_365d": 0},
    ),
    "nothing due is unknown, not zero": (
        {"invoices": [], "payments": []},
        {
            "on_time_rate_365d": None,
            "overdue_count_365d": 0,
            "history_days": 0,
            "days_since_last_invoice": None,
            "tenure_days": None,
            "invoices_due_365d": 0,
            "is_exposed": 0,
        },
    ),
    "trading sums what was issued in the window": (
        book(PROMPT, LATE, OPEN, OLD),
        {
            "invoice_amount_90d": 500,
            "invoice_amount_365d": 600,
            "invoice_count_90d": 3,
            "invoice_count_365d": 4,
            "amount_trend": (500 / 90) / (600 / 365),
            "days_since_last_invoice": 40,
            "open_balance": 100,
            "exposure": 100,
            "dso_90d": 100 / 500 * 90,
            "payment_amount_30d": 300,
            "payment_amount_90d": 400,
            "payment_coverage_90d": 400 / 500,
            "bounced_count_365d": 0,
            "dispute_share_365d": 0,
        },
    ),
    "a steady customer has no volatility": (
        {
            "invoices": [
                invoice(f"I{k}", day, "2025-12-31", 100)
                for k, day in enumerate(
                    "2024-07-10 2024-08-10 2024-09-10 2024-10-10 2024-11-10 2024-12-10 "
                    "2025-01-10 2025-02-10 2025-03-10 2025-04-10 2025-05-10 2025-06-10".split()
                )
            ],
        },
        {"amount_volatility_365d": 0},
    ),
    "a credit note lowers the amount and is no invoice": (
        {
            "invoices": [
                invoice("I1", "2025-06-01", "2025-07-01", 100),
                invoice("C1", "2025-06-05", "2025-06-05", -40, credits_invoice_id="I1"),
            ]
        },
        {"invoice_amount_90d": 60, "invoice_count_90d": 1, "open_balance": 60},
    ),
    "exposure adds open orders not yet invoiced": (
        {
            **book(OPEN),
            "orders": [
                {
                    "order_id": "O1",
                    "customer_id": "c1",
                    "ordered_on": "2025-06-01",
                    "amount": "250",
                    "status": "open",
                },
                {
                    "order_id": "O2",
                    "customer_id": "c1",
                    "ordered_on": "2025-06-01",
                    "amount": "70",
                    "status": "cancelled",
                    "closed_on": "2025-06-10",
                },
                {
                    "order_id": "O3",
                    "customer_id": "c1",
                    "ordered_on": "2025-06-01",
                    "amount": "30",
                    "status": "returned",
                },
                {
                    "order_id": "O4",
                    "customer_id": "c1",
                    "ordered_on": "2025-06-01",
                    "amount": "9",
                    "status": "fulfilled",
                    "closed_on": "2025-07-01",
                },
            ],
        },
        {"exposure": 359, "cancel_share_365d": 1 / 4, "return_share_365d": 1 / 4},
    ),
    "an order partly invoiced counts with its rest": (
        {
            "invoices": [invoice("I1", "2025-06-10", "2025-07-10", 60, order_id="O1")],
            "orders": [
                {
                    "order_id": "O1",
                    "customer_id": "c1",
                    "ordered_on": "2025-06-01",
                    "amount": "100",
                    "status": "open",
                }
            ],
        },
        {"exposure": 100, "open_balance": 60},
    ),
    "use of the limit is exposure over the limit on file": (
        {
            **book(OPEN),
            "customers": [
                {"customer_id": "c1", "credit_limit": "400", "customer_since": "2025-01-01"}
            ],
        },
        {"credit_limit": 400, "limit_utilisation": 0.25, "tenure_days": 180},
    ),
    "a dispute shows from its own day": (
        {
            "invoices": [
                invoice("I1", "2025-06-01", "2025-07-01", 100, disputed_on="2025-06-20"),
                invoice("I2", "2025-06-01", "2025-07-01", 300, disputed_on="2025-07-01"),
            ]
        },
        {"dispute_share_365d": 0.25},
    ),
    "litigation by count, amount, openness and recency": (
        {
            "legal_events": [
                {
                    "event_id": "E1",
                    "customer_id": "c1",
                    "filed_on": "2025-06-20",
                    "kind": "lawsuit",
                    "amount": "1000",
                },
                {
                    "event_id": "E2",
                    "customer_id": "c1",
                    "filed_on": "2025-01-01",
                    "kind": "enforcement",
                    "closed_on": "2025-03-01",
                },
                {
                    "event_id": "E3",
                    "customer_id": "c1",
                    "filed_on": "2025-02-01",
                    "kind": "dishonest",
                    "closed_on": "2025-07-15",
                    "amount": "5",
                },
                {
                    "event_id": "E4",
                    "customer_id": "c1",
                    "filed_on": "2020-02-01",
                    "kind": "lawsuit",
                },
            ]
        },
        {
            "legal_count_730d": 3,
            "legal_amount_730d": 1005,
            "legal_open_count": 3,
            "enforcement_count_365d": 1,
            "enforcement_open_count": 0,
            "days_since_last_legal_event": 10,
            "is_dishonest": 1,
        },
    ),
    "a listing that is closed is no listing": (
        {
            "legal_events": [
                {
                    "event_id": "E3",
                    "customer_id": "c1",
                    "filed_on": "2025-02-01",
                    "kind": "dishonest",
                    "closed_on": "2025-06-30",
                }
            ]
        },
        {"is_dishonest": 0, "legal_open_count": 0, "legal_count_730d": 1},
    ),
    "an empty legal table is known, an absent one is not": (
        {**book(PROMPT), "legal_events": []},
        {"legal_count_730d": 0, "is_dishonest": 0, "days_since_last_legal_event": 60},
    ),
    "an absent legal table is unknown": (
        book(PROMPT),
        {
            "legal_count_730d": None,
            "is_dishonest": None,
            "enforcement_open_count": None,
            "days_since_last_legal_event": None,
            "legal_amount_730d": None,
        },
    ),
    "a search without a finding is a zero": (
        {
            **book(PROMPT),
            "coverage": [{"customer_id": "c1", "source": "court", "searched_on": "2025-05-01"}],
        },
        {"legal_count_730d": 0, "is_dishonest": 0, "enforcement_open_count": 0},
    ),
    "the customer's own score comes before its industry's": (
        {
            "customers": [{"customer_id": "c1", "industry": "steel"}],
            "external_scores": [
                {
                    "subject": "industry",
                    "subject_id": "steel",
                    "published_on": "2025-06-01",
                    "score": 60.5,
                },
                {
                    "subject": "customer",
                    "subject_id": "c1",
                    "published_on": "2024-12-01",
                    "score": 70,
                },
                {
                    "subject": "customer",
                    "subject_id": "c1",
                    "published_on": "2025-06-01",
                    "score": 62.25,
                },
            ],
        },
        {
            "external_score": 62.25,
            "external_score_source": 1,
            "external_score_change_180d": -7.75,
            "industry_score": 60.5,
        },
    ),
    "without one of its own it has its industry's": (
        {
            "customers": [{"customer_id": "c1", "industry": "steel"}],
            "external_scores": [
                {
                    "subject": "industry",
                    "subject_id": "steel",
                    "published_on": "2025-06-01",
                    "score": 60.5,
                }
            ],
        },
        {"external_score": 60.5, "external_score_source": 2, "external_score_change_180d": None},
    ),
    "signals count by kind in their windows": (
        {
            "signals": [
                {
                    "signal_id": f"S{k}",
                    "customer_id": "c1",
                    "observed_on": day,
                    "kind": kind,
                    "value": value,
                }
                for k, (day, kind, value) in enumerate(
                    [
                        ("2025-06-01", "negative_news", None),
                        ("2024-12-01", "negative_news", None),
                        ("2025-01-01", "complaint", None),
                        ("2025-01-01", "contract_breach", None),
                        ("2025-01-01", "contact_change", None),
                        ("2025-01-01", "supplier_review", 4),
                        ("2025-02-01", "supplier_review", 5),
                        ("2025-07-02", "complaint", None),
                    ]
                )
            ]
        },
        {
            "negative_news_180d": 1,
            "complaint_count_365d": 1,
            "contract_breach_count_365d": 1,
            "contact_change_count_365d": 1,
            "supplier_review_365d": 4.5,
        },
    ),
    "guarantees count while they are valid": (
        {
            **book(OPEN),
            "guarantees": [
                {
                    "guarantee_id": "G1",
                    "customer_id": "c1",
                    "amount": "60",
                    "valid_from": "2025-01-01",
                    "valid_to": "2025-06-30",
                },
                {
                    "guarantee_id": "G2",
                    "customer_id": "c1",
                    "amount": "500",
                    "valid_from": "2025-01-01",
                    "valid_to": "2025-06-29",
                },
            ],
        },
        {"guaranteed_amount": 60, "guaranteed_share": 0.6},
    ),
    "affiliates lend their worst overdue": (
        {
            "customers": [
                {"customer_id": "c1", "group_id": "g"},
                {"customer_id": "c2", "group_id": "g"},
            ],
            "invoices": [invoice("I9", "2025-05-01", "2025-06-10", 100, customer_id="c2")],
        },
        {"group_worst_overdue_days": 20, "oldest_overdue_days": 0},
    ),
    "outside a group affiliates are unknown": (
        book(PROMPT),
        {
            "group_worst_overdue_days": None,
            "guaranteed_amount": None,
            "guaranteed_share": None,
            "external_score": None,
            "external_score_source": None,
            "industry_score": None,
            "negative_news_180d": None,
            "supplier_review_365d": None,
            "cancel_share_365d": None,
            "external_score_change_180d": None,
            "limit_utilisation": None,
            "credit_limit": None,
            "past_bad_debt_amount": None,
        },
    ),
    "a bad debt is a default until ninety days after it was recovered": (
        {
            "bad_debts": [
                {
                    "bad_debt_id": "B1",
                    "customer_id": "c1",
                    "recognised_on": "2024-01-01",
                    "amount": "100",
                }
            ],
            "recoveries": [
                {
                    "recovery_id": "R1",
                    "bad_debt_id": "B1",
                    "recovered_on": "2025-04-02",
                    "amount": "100",
                }
            ],
        },
        {"default_bad_debt": 1, "in_default": 1, "past_bad_debt_amount": 100},
    ),
    "and then no more": (
        {
            "bad_debts": [
                {
                    "bad_debt_id": "B1",
                    "customer_id": "c1",
                    "recognised_on": "2024-01-01",
                    "amount": "100",
                }
            ],
            "recoveries": [
                {
                    "recovery_id": "R1",
                    "bad_debt_id": "B1",
                    "recovered_on": "2025-04-01",
                    "amount": "100",
                }
            ],
        },
        {"default_bad_debt": 0, "in_default": 0},
    ),
    "a bad debt corrected to nothing is none": (
        {
            "bad_debts": [
                {
                    "bad_debt_id": "B1",
                    "customer_id": "c1",
                    "recognised_on": "2025-06-01",
                    "amount": amount,
                    "known_on": known,
                }
                for amount, known in (("100", "2025-06-01"), ("0", "2025-06-20"))
            ]
        },
        {"default_bad_debt": 0, "in_default": 0, "past_bad_debt_amount": 0},
    ),
    "a bankruptcy is a default": (
        {
            "legal_events": [
                {
                    "event_id": "E1",
                    "customer_id": "c1",
                    "filed_on": "2025-06-30",
                    "kind": "bankruptcy",
                }
            ]
        },
        {"default_bankruptcy": 1, "in_default": 1, "default_days_past_due": 0},
    ),
    "an invoice ninety days past due is a default": (
        book(paid("I1", "2025-04-01", None, 20_000)),
        {"default_days_past_due": 1, "in_default": 1, "oldest_overdue_days": 90},
    ),
    "one day less is none": (
        book(paid("I1", "2025-04-02", None, 20_000)),
        {"default_days_past_due": 0, "in_default": 0},
    ),
    "known share and exposure": (
        book(PROMPT),
        {"known_share": 2 / 6, "is_exposed": 1, "invoices_due_365d": 1},
    ),
}


@pytest.mark.parametrize(("tables", "expected"), CASES.values(), ids=CASES)
def test_features_as_drawn(tmp_path: Path, tables: dict, expected: dict) -> None:
    customers = tables.get("customers") or [{"customer_id": "c1"}]
    found = features_of(write_ledger(tmp_path, **{**tables, "customers": customers}), D)
    wanted = {name: math.nan if value is None else value for name, value in expected.items()}
    seen = {name: found[name] for name in expected}
    assert seen == pytest.approx(wanted, rel=1e-12, abs=1e-12, nan_ok=True)


def test_every_feature_is_drawn() -> None:
    drawn = {name for _, expected in CASES.values() for name in expected}
    assert set(FEATURE_NAMES) <= drawn
