"""Drawn corrections: of every table, in force from the day it is known and not before.

Each is known on the tenth of June.
"""

from tests.drawn import invoice, payment
from tests.spec.books import (
    OPEN,
    Story,
    bad_debt,
    book,
    client,
    contract,
    corrected,
    event,
    guarantee,
    order,
    owed,
    paid,
    recovery,
    score,
    signal,
)

BEFORE, ON, AFTER = "2025-06-09", "2025-06-10", "2025-06-11"
MAY = owed("MAY", "2025-05-31")
JUNE = owed("JUNE", "2025-06-30")
MOVED = [MAY, {**MAY, "customer_id": "c2", "known_on": ON}]

CORRECTIONS: dict[str, Story] = {
    "a customer's limit": Story(
        {
            **book(OPEN),
            "customers": corrected(client(credit_limit="400"), ON, credit_limit="200"),
        },
        {
            BEFORE: {"credit_limit": 400, "limit_utilisation": 0.25},
            ON: {"credit_limit": 200, "limit_utilisation": 0.5},
            AFTER: {"credit_limit": 200, "limit_utilisation": 0.5},
        },
    ),
    "a customer's first day": Story(
        {
            "customers": corrected(
                client(customer_since="2025-01-01"), ON, customer_since="2024-01-01"
            )
        },
        {BEFORE: {"tenure_days": 159}, ON: {"tenure_days": 526}, AFTER: {"tenure_days": 527}},
    ),
    "a customer's group": Story(
        {
            "customers": [
                *corrected(client(), ON, group_id="g"),
                {"customer_id": "c2", "group_id": "g"},
            ],
            "invoices": [{**MAY, "customer_id": "c2"}],
        },
        {
            BEFORE: {"group_worst_overdue_days": None},
            ON: {"group_worst_overdue_days": 10},
            AFTER: {"group_worst_overdue_days": 11},
        },
    ),
    "a customer's industry": Story(
        {
            "customers": corrected(client(industry="steel"), ON, industry="paper"),
            "external_scores": [
                score("industry", "steel", "2025-01-01", 60),
                score("industry", "paper", "2025-01-01", 80),
            ],
        },
        {
            BEFORE: {"industry_score": 60, "external_score": 60, "external_score_source": 2},
            ON: {"industry_score": 80, "external_score": 80, "external_score_source": 2},
            AFTER: {"industry_score": 80},
        },
    ),
    "an order's amount": Story(
        {"orders": corrected(order("O", "2025-06-01", 250), ON, amount="300")},
        {BEFORE: {"exposure": 250}, ON: {"exposure": 300}, AFTER: {"exposure": 300}},
    ),
    "an invoice's amount": Story(
        {"invoices": corrected(MAY, ON, amount="80")},
        {
            BEFORE: {"open_balance": 100, "open_overdue_amount": 100, "invoice_amount_90d": 100},
            ON: {"open_balance": 80, "open_overdue_amount": 80, "invoice_amount_90d": 80},
            AFTER: {"open_balance": 80},
        },
    ),
    "a due date that is put off": Story(
        {"invoices": corrected(MAY, ON, due_on="2025-06-30")},
        {
            BEFORE: {"oldest_overdue_days": 9, "overdue_count_90d": 1, "invoices_due_365d": 1},
            ON: {"oldest_overdue_days": 0, "overdue_count_90d": 0, "invoices_due_365d": 0},
            "2025-06-30": {"oldest_overdue_days": 0, "invoices_due_365d": 1},
            "2025-07-01": {"oldest_overdue_days": 1, "overdue_count_90d": 1},
        },
    ),
    "a due date that is brought forward": Story(
        {"invoices": corrected(JUNE, ON, due_on="2025-06-05")},
        {
            BEFORE: {"oldest_overdue_days": 0, "open_overdue_count": 0},
            ON: {"oldest_overdue_days": 5, "open_overdue_count": 1},
            AFTER: {"oldest_overdue_days": 6, "open_overdue_count": 1},
        },
    ),
    "a due date of an invoice that was paid": Story(
        {
            **book(paid("MAY", "2025-05-31", "2025-06-05")),
            "invoices": corrected(MAY, ON, due_on="2025-06-08"),
        },
        {
            BEFORE: {"on_time_rate_90d": 0, "days_beyond_terms_90d": 5, "overdue_share_365d": 1},
            ON: {"on_time_rate_90d": 1, "days_beyond_terms_90d": 0, "overdue_share_365d": 0},
            AFTER: {"on_time_rate_90d": 1, "days_since_last_overdue": 41},
        },
    ),
    "an invoice moved to another customer leaves the first": Story(
        {"invoices": MOVED},
        {
            BEFORE: {"open_balance": 100, "oldest_overdue_days": 9, "invoice_count_365d": 1},
            ON: {"open_balance": 0, "oldest_overdue_days": 0, "invoice_count_365d": 0},
            AFTER: {"open_balance": 0, "history_days": 0},
        },
    ),
    "and is the other's from then on": Story(
        {"invoices": MOVED},
        {
            BEFORE: {"open_balance": 0, "history_days": 0},
            ON: {"open_balance": 100, "oldest_overdue_days": 10, "history_days": 40},
            AFTER: {"open_balance": 100, "oldest_overdue_days": 11},
        },
        customer="c2",
    ),
    "and takes the money along that names it": Story(
        {"invoices": MOVED, "payments": [payment("P", "2025-05-20", 100, invoice_id="MAY")]},
        {
            BEFORE: {"open_balance": 0, "on_time_rate_90d": None, "payment_amount_90d": 0},
            ON: {"open_balance": 0, "on_time_rate_90d": 1, "payment_amount_90d": 0},
        },
        customer="c2",
    ),
    "a payment's amount": Story(
        {
            "invoices": [MAY],
            "payments": corrected(
                payment("P", "2025-06-05", 100, invoice_id="MAY"), ON, amount="60"
            ),
        },
        {
            BEFORE: {"open_balance": 0, "payment_amount_30d": 100, "payment_coverage_90d": 1},
            ON: {"open_balance": 40, "payment_amount_30d": 60, "payment_coverage_90d": 0.6},
            AFTER: {"open_balance": 40, "oldest_overdue_days": 11},
        },
    ),
    "the invoice that a payment names": Story(
        {
            "invoices": [MAY, JUNE],
            "payments": corrected(
                payment("P", "2025-05-20", 100, invoice_id="MAY"), ON, invoice_id="JUNE"
            ),
        },
        {
            BEFORE: {"open_balance": 100, "open_overdue_amount": 0, "on_time_rate_90d": 1},
            ON: {"open_balance": 100, "open_overdue_amount": 100, "on_time_rate_90d": 0},
            AFTER: {"oldest_overdue_days": 11},
        },
    ),
    "a suit's end that was told late": Story(
        {"legal_events": corrected(event("E", "2025-05-01", "lawsuit"), ON, closed_on=BEFORE)},
        {
            BEFORE: {"legal_open_count": 1, "legal_count_730d": 1},
            ON: {"legal_open_count": 0, "legal_count_730d": 1},
            AFTER: {"legal_open_count": 0, "days_since_last_legal_event": 41},
        },
    ),
    "a suit's kind and amount": Story(
        {
            "legal_events": corrected(
                event("E", "2025-05-01", "lawsuit", amount="50"),
                ON,
                kind="enforcement",
                amount="70",
            )
        },
        {
            BEFORE: {"enforcement_count_365d": 0, "legal_amount_730d": 50},
            ON: {"enforcement_count_365d": 1, "legal_amount_730d": 70},
            AFTER: {"enforcement_open_count": 1, "legal_amount_730d": 70},
        },
    ),
    "an outside score": Story(
        {
            "external_scores": [
                score("customer", "c1", "2024-11-01", 65),
                *corrected(score("customer", "c1", "2025-06-01", 70), ON, score=50),
            ]
        },
        {
            BEFORE: {"external_score": 70, "external_score_change_180d": 5},
            ON: {"external_score": 50, "external_score_change_180d": -15},
            AFTER: {"external_score": 50, "external_score_source": 1},
        },
    ),
    "a signal's kind": Story(
        {"signals": corrected(signal("S", "2025-06-01", "negative_news"), ON, kind="complaint")},
        {
            BEFORE: {"negative_news_180d": 1, "complaint_count_365d": 0},
            ON: {"negative_news_180d": 0, "complaint_count_365d": 1},
            AFTER: {"negative_news_180d": 0, "complaint_count_365d": 1},
        },
    ),
    "a review's value": Story(
        {"signals": corrected(signal("S", "2025-06-01", "supplier_review", value=4), ON, value=2)},
        {BEFORE: {"supplier_review_365d": 4}, ON: {"supplier_review_365d": 2}},
    ),
    "a guarantee's amount": Story(
        {**book(OPEN), "guarantees": corrected(guarantee("G", "2025-01-01", 60), ON, amount="90")},
        {
            BEFORE: {"guaranteed_amount": 60, "guaranteed_share": 0.6},
            ON: {"guaranteed_amount": 90, "guaranteed_share": 0.9},
            AFTER: {"guaranteed_amount": 90},
        },
    ),
    "a guarantee's end that was told late": Story(
        {"guarantees": corrected(guarantee("G", "2025-01-01", 60), ON, valid_to="2025-06-05")},
        {BEFORE: {"guaranteed_amount": 60}, ON: {"guaranteed_amount": 0}},
    ),
    "a contract that is renewed after it expired": Story(
        {
            "contracts": corrected(
                contract("K", "2025-01-01", expires_on="2025-05-31"), ON, expires_on="2025-12-31"
            )
        },
        {
            "2025-05-31": {"contract_in_force": 1},
            BEFORE: {"contract_in_force": 0},
            ON: {"contract_in_force": 1},
            AFTER: {"contract_in_force": 1},
        },
    ),
    "a bad debt's amount, and that it is withdrawn": Story(
        {
            "bad_debts": [
                *corrected(bad_debt("B", "2025-06-01", 100), ON, amount="60"),
                bad_debt("B", "2025-06-01", 0, known_on="2025-06-20"),
            ]
        },
        {
            BEFORE: {"past_bad_debt_amount": 100, "default_bad_debt": 1},
            ON: {"past_bad_debt_amount": 60, "default_bad_debt": 1},
            "2025-06-19": {"past_bad_debt_amount": 60, "in_default": 1},
            "2025-06-20": {"past_bad_debt_amount": 0, "in_default": 0},
        },
    ),
    "a recovery that was less than told": Story(
        {
            "bad_debts": [bad_debt("B", "2024-01-01", 100)],
            "recoveries": corrected(recovery("R", "B", "2025-01-01", 100), ON, amount="40"),
        },
        {
            "2025-03-31": {"default_bad_debt": 1},
            "2025-04-01": {"default_bad_debt": 0},
            BEFORE: {"default_bad_debt": 0},
            ON: {"default_bad_debt": 1},
            AFTER: {"default_bad_debt": 1},
        },
    ),
    "a rate leaves alone what was booked at the old one": Story(
        {
            "invoices": [
                invoice("HOME", "2025-06-01", "2025-07-01", 1, currency="CNY"),
                invoice("I1", "2025-06-05", "2025-07-05", 100, currency="USD"),
                invoice("I2", "2025-06-12", "2025-07-12", 100, currency="USD"),
            ],
            "fx_rates": corrected(
                {"currency": "USD", "published_on": "2025-06-01", "rate": 7.0}, ON, rate=8.0
            ),
        },
        {
            BEFORE: {"open_balance": 701},
            ON: {"open_balance": 701},
            "2025-06-12": {"open_balance": 1501},
        },
    ),
}
