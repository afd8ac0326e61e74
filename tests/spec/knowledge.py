"""Drawn knowledge: a row counts once it is known, a dated attribute from its own day on.

The tenth of June is the day on which most cases learn something.
"""

from tests.drawn import invoice, payment
from tests.spec.books import (
    Story,
    bad_debt,
    contract,
    corrected,
    event,
    guarantee,
    order,
    owed,
    recovery,
    score,
    signal,
)

BEFORE, ON, AFTER = "2025-06-09", "2025-06-10", "2025-06-11"
MAY = owed("MAY", "2025-05-31")

DATED: dict[str, Story] = {
    "an order is cancelled from the day that it closed": Story(
        {"orders": [order("O", "2025-06-01", 100, status="cancelled", closed_on=ON)]},
        {
            BEFORE: {"cancel_share_365d": 0, "exposure": 100},
            ON: {"cancel_share_365d": 1, "exposure": 0},
            AFTER: {"cancel_share_365d": 1, "exposure": 0},
        },
    ),
    "a cancellation known late counts from the day it is known": Story(
        {
            "orders": corrected(
                order("O", "2025-06-01", 100), ON, status="cancelled", closed_on="2025-06-05"
            )
        },
        {
            "2025-06-05": {"cancel_share_365d": 0, "exposure": 100, "is_exposed": 1},
            BEFORE: {"cancel_share_365d": 0, "exposure": 100},
            ON: {"cancel_share_365d": 1, "exposure": 0, "is_exposed": 0},
        },
    ),
    "a status without a day changes by a correction alone": Story(
        {"orders": corrected(order("O", "2025-06-01", 100), ON, status="returned")},
        {
            BEFORE: {"return_share_365d": 0, "cancel_share_365d": 0, "exposure": 100},
            ON: {"return_share_365d": 1, "cancel_share_365d": 0, "exposure": 0},
        },
    ),
    "an order is invoiced from the day of its invoice": Story(
        {
            "orders": [order("O", "2025-06-01", 100)],
            "invoices": [invoice("I", ON, "2025-07-10", 60, order_id="O")],
        },
        {
            BEFORE: {"exposure": 100, "open_balance": 0},
            ON: {"exposure": 100, "open_balance": 60},
        },
    ),
    "a dispute counts from its own day": Story(
        {"invoices": [{**MAY, "disputed_on": ON}]},
        {
            BEFORE: {"dispute_share_365d": 0},
            ON: {"dispute_share_365d": 1},
            AFTER: {"dispute_share_365d": 1},
        },
    ),
    "a dispute told late counts from the day it is known": Story(
        {"invoices": corrected(MAY, ON, disputed_on="2025-06-05")},
        {BEFORE: {"dispute_share_365d": 0}, ON: {"dispute_share_365d": 1}},
    ),
    "a dispute that is settled ends with the correction": Story(
        {"invoices": corrected({**MAY, "disputed_on": "2025-06-01"}, ON, disputed_on=None)},
        {BEFORE: {"dispute_share_365d": 1}, ON: {"dispute_share_365d": 0}},
    ),
    "a disputed invoice is overdue all the same": Story(
        {"invoices": [{**MAY, "disputed_on": "2025-05-20"}]},
        {ON: {"oldest_overdue_days": 10, "dispute_share_365d": 1}},
    ),
    "a suit is open until the day it is closed": Story(
        {"legal_events": [event("E", "2025-05-01", "enforcement", closed_on=ON)]},
        {
            BEFORE: {"legal_open_count": 1, "enforcement_open_count": 1},
            ON: {"legal_open_count": 0, "enforcement_open_count": 0},
            AFTER: {"legal_open_count": 0, "enforcement_count_365d": 1},
        },
    ),
    "who is off the list is dishonest no more": Story(
        {"legal_events": [event("E", "2025-05-01", "dishonest", closed_on=ON)]},
        {BEFORE: {"is_dishonest": 1}, ON: {"is_dishonest": 0}, AFTER: {"is_dishonest": 0}},
    ),
    "a bankruptcy is a default until ninety days after it is closed": Story(
        {"legal_events": [event("E", "2025-01-01", "bankruptcy", closed_on="2025-03-12")]},
        {
            BEFORE: {"default_bankruptcy": 1, "in_default": 1},
            ON: {"default_bankruptcy": 0, "in_default": 0},
        },
    ),
    "a guarantee holds through its last day": Story(
        {"guarantees": [guarantee("G", "2025-01-01", 60, valid_to=ON)]},
        {ON: {"guaranteed_amount": 60}, AFTER: {"guaranteed_amount": 0}},
    ),
    "a guarantee begins on its first day, however early it was agreed": Story(
        {"guarantees": [guarantee("G", ON, 60, known_on="2025-05-01")]},
        {BEFORE: {"guaranteed_amount": 0}, ON: {"guaranteed_amount": 60}},
    ),
    "a contract is in force through its last day": Story(
        {"contracts": [contract("K", "2025-01-01", expires_on=ON)]},
        {
            "2024-12-31": {"contract_in_force": 0},
            "2025-01-01": {"contract_in_force": 1},
            ON: {"contract_in_force": 1},
            AFTER: {"contract_in_force": 0},
        },
    ),
}

LATE: dict[str, Story] = {
    "an invoice known late": Story(
        {"invoices": [{**MAY, "known_on": ON}]},
        {
            BEFORE: {"open_balance": 0, "history_days": 0, "days_since_last_invoice": None},
            ON: {"open_balance": 100, "history_days": 40, "days_since_last_invoice": 40},
            AFTER: {"open_overdue_count": 1, "oldest_overdue_days": 11},
        },
    ),
    "a payment known late settles on its own day": Story(
        {
            "invoices": [MAY],
            "payments": [payment("P", "2025-05-25", 100, invoice_id="MAY", known_on=ON)],
        },
        {
            BEFORE: {"open_balance": 100, "on_time_rate_90d": 0, "days_since_last_payment": None},
            ON: {"open_balance": 0, "on_time_rate_90d": 1, "days_since_last_payment": 16},
            AFTER: {"open_balance": 0, "worst_days_late_365d": 0},
        },
    ),
    "a bounce known late": Story(
        {
            "invoices": [MAY],
            "payments": [
                payment("P1", "2025-05-25", 100, invoice_id="MAY"),
                payment("P2", "2025-06-01", -100, invoice_id="MAY", known_on=ON),
            ],
        },
        {
            BEFORE: {"open_balance": 0, "bounced_count_365d": 0, "payment_amount_90d": 100},
            ON: {"open_balance": 100, "bounced_count_365d": 1, "payment_amount_90d": 0},
            AFTER: {"oldest_overdue_days": 11, "on_time_rate_90d": 0},
        },
    ),
    "an order known late": Story(
        {"orders": [order("O", "2025-06-01", 100, known_on=ON)]},
        {BEFORE: {"exposure": 0, "is_exposed": 0}, ON: {"exposure": 100, "is_exposed": 1}},
    ),
    "a suit known late": Story(
        {"legal_events": [event("E", "2025-05-01", "lawsuit", known_on=ON)]},
        {
            BEFORE: {"legal_count_730d": 0, "known_share": 0},
            ON: {"legal_count_730d": 1, "known_share": 1 / 6},
            AFTER: {"days_since_last_legal_event": 41},
        },
    ),
    "a score known late": Story(
        {"external_scores": [score("customer", "c1", "2025-06-01", 70, known_on=ON)]},
        {
            BEFORE: {"external_score": None, "external_score_source": None},
            ON: {"external_score": 70, "external_score_source": 1},
        },
    ),
    "signals known late": Story(
        {
            "signals": [
                signal("S1", "2025-06-01", "contact_change", known_on=ON),
                signal("S2", "2025-06-01", "contract_breach", known_on=ON),
            ]
        },
        {
            BEFORE: {"contact_change_count_365d": 0, "contract_breach_count_365d": 0},
            ON: {"contact_change_count_365d": 1, "contract_breach_count_365d": 1},
        },
    ),
    "a search known late": Story(
        {
            "coverage": [
                {
                    "customer_id": "c1",
                    "source": "court",
                    "searched_on": "2025-05-01",
                    "known_on": ON,
                }
            ]
        },
        {
            BEFORE: {"legal_count_730d": None, "is_dishonest": None},
            ON: {"legal_count_730d": 0, "is_dishonest": 0, "enforcement_open_count": 0},
        },
        alone=True,
    ),
    "a bad debt known late": Story(
        {"bad_debts": [bad_debt("B", "2025-05-01", 100, known_on=ON)]},
        {
            BEFORE: {"in_default": 0, "past_bad_debt_amount": 0},
            ON: {"in_default": 1, "past_bad_debt_amount": 100},
        },
    ),
    "a recovery known late clears on its own day": Story(
        {
            "bad_debts": [bad_debt("B", "2024-01-01", 100)],
            "recoveries": [recovery("R", "B", "2025-01-01", 100, known_on=ON)],
        },
        {BEFORE: {"default_bad_debt": 1}, ON: {"default_bad_debt": 0}},
    ),
    "what is known early still waits for its own day": Story(
        {
            "invoices": [owed("SOON", "2025-07-10", known_on="2025-06-01")],
            "legal_events": [event("E", ON, "lawsuit", known_on="2025-06-01")],
        },
        {
            BEFORE: {"open_balance": 0, "invoice_count_90d": 0, "legal_count_730d": 0},
            ON: {"open_balance": 100, "invoice_count_90d": 1, "legal_count_730d": 1},
        },
    ),
    "a payment announced early pays on its day": Story(
        {
            "invoices": [MAY],
            "payments": [payment("P", ON, 100, invoice_id="MAY", known_on="2025-06-01")],
        },
        {
            BEFORE: {"open_balance": 100, "payment_amount_30d": 0},
            ON: {"open_balance": 0, "payment_amount_30d": 100},
        },
    ),
    "a row that stands twice, the same, counts once": Story(
        {
            "invoices": [MAY, MAY],
            "payments": [payment("P", "2025-05-20", 60, invoice_id="MAY")] * 2,
            "orders": [order("O", "2025-06-01", 50)] * 2,
            "guarantees": [guarantee("G", "2025-01-01", 9)] * 2,
        },
        {
            ON: {
                "open_balance": 40,
                "invoice_count_90d": 1,
                "payment_amount_30d": 60,
                "exposure": 90,
                "guaranteed_amount": 9,
            }
        },
    ),
}

KNOWLEDGE = {**DATED, **LATE}
