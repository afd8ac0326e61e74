"""Drawn cases of what others say: litigation, external, defaults, what is known."""

from tests.drawn import invoice
from tests.spec.books import OPEN, PROMPT, Case, book, paid

OUTSIDE: dict[str, Case] = {
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
    "a guarantee without exposure covers no share of it": (
        {
            **book(PROMPT),
            "guarantees": [
                {
                    "guarantee_id": "G1",
                    "customer_id": "c1",
                    "amount": "60",
                    "valid_from": "2025-01-01",
                }
            ],
        },
        {"guaranteed_amount": 60, "guaranteed_share": None},
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
    "a cent recovered later does not bring the default back": (
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
                    "recovery_id": f"R{k}",
                    "bad_debt_id": "B1",
                    "recovered_on": day,
                    "amount": amount,
                }
                for k, (day, amount) in enumerate(
                    [("2024-06-01", "60"), ("2024-07-01", "40"), ("2025-06-01", "0.01")]
                )
            ],
        },
        {"default_bad_debt": 0, "in_default": 0},
    ),
    "a bad debt without an amount leaves the sum unknown": (
        {
            "bad_debts": [
                {"bad_debt_id": "B1", "customer_id": "c1", "recognised_on": "2024-01-01"}
            ],
        },
        {"default_bad_debt": 1, "past_bad_debt_amount": None},
    ),
    "a customer known before it is one has no tenure yet": (
        {
            "customers": [
                {"customer_id": "c1", "customer_since": "2025-09-01", "known_on": "2025-01-01"}
            ],
        },
        {"tenure_days": 0},
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
