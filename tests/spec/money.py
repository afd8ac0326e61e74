"""Drawn money: what a payment, a bounce or a credit note does to what is owed and what is late.

Every invoice has 30 days' terms unless it says otherwise.
"""

import math

from tests.drawn import invoice, payment
from tests.spec.books import Story, corrected, credit, owed, paid

MAY = owed("MAY", "2025-05-31")  # 100, issued on 1 May
JUNE = owed("JUNE", "2025-06-30")  # 100, issued on 31 May
MID = owed("MID", "2025-06-10")  # 100, issued on 11 May

BY_NAME: dict[str, Story] = {
    "a payment counts from its own day": Story(
        {"invoices": [MAY], "payments": [payment("P", "2025-06-05", 100, invoice_id="MAY")]},
        {
            "2025-06-04": {"open_balance": 100, "oldest_overdue_days": 4, "payment_amount_30d": 0},
            "2025-06-05": {"open_balance": 0, "oldest_overdue_days": 0, "payment_amount_30d": 100},
            "2025-06-06": {"open_balance": 0, "days_since_last_overdue": 1},
        },
    ),
    "an invoice is due on its day and overdue the day after": Story(
        {"invoices": [MAY]},
        {
            "2025-05-30": {"invoices_due_365d": 0, "open_overdue_count": 0},
            "2025-05-31": {"invoices_due_365d": 1, "open_overdue_count": 0},
            "2025-06-01": {"invoices_due_365d": 1, "open_overdue_count": 1},
        },
    ),
    "of two part payments the one that completes the invoice settles it": Story(
        {
            "invoices": [MID],
            "payments": [
                payment("P1", "2025-06-05", 60, invoice_id="MID"),
                payment("P2", "2025-06-15", 40, invoice_id="MID"),
            ],
        },
        {
            "2025-06-04": {"open_balance": 100},
            "2025-06-05": {"open_balance": 40, "open_overdue_amount": 0},
            "2025-06-11": {"open_balance": 40, "open_overdue_amount": 40},
            "2025-06-14": {"open_balance": 40, "worst_days_late_365d": 4},
            "2025-06-15": {"open_balance": 0, "worst_days_late_365d": 5, "on_time_rate_90d": 0},
            "2025-06-16": {"open_balance": 0, "worst_days_late_365d": 5, "on_time_rate_90d": 0},
        },
    ),
    "a remainder of one unit is owed and does not keep the invoice open": Story(
        {"invoices": [MAY], "payments": [payment("P", "2025-05-20", 99, invoice_id="MAY")]},
        {"2025-06-01": {"open_balance": 1, "open_overdue_count": 0, "on_time_rate_90d": 1}},
    ),
    "a cent more does": Story(
        {"invoices": [MAY], "payments": [payment("P", "2025-05-20", "98.99", invoice_id="MAY")]},
        {"2025-06-01": {"open_balance": 1.01, "open_overdue_count": 1, "on_time_rate_90d": 0}},
    ),
    "of a large invoice half a percent does not keep it open": Story(
        {
            "invoices": [owed("BIG", "2025-05-31", 10_000)],
            "payments": [payment("P", "2025-05-20", 9_950, invoice_id="BIG")],
        },
        {"2025-06-01": {"open_balance": 50, "open_overdue_count": 0, "on_time_rate_90d": 1}},
    ),
    "an overpayment by name goes to the next invoice": Story(
        {
            "invoices": [MAY, JUNE],
            "payments": [payment("P", "2025-06-02", 150, invoice_id="MAY")],
        },
        {
            "2025-06-01": {"open_balance": 200, "open_overdue_amount": 100},
            "2025-06-02": {"open_balance": 50, "open_overdue_amount": 0},
            "2025-07-01": {"open_balance": 50, "open_overdue_amount": 50},
        },
    ),
    "money that names an invoice to come waits for it and pays no other": Story(
        {
            "invoices": [MAY, owed("JULY", "2025-07-10")],
            "payments": [payment("P", "2025-05-20", 100, invoice_id="JULY")],
        },
        {
            "2025-05-20": {"open_balance": 100, "payment_amount_30d": 100},
            "2025-06-09": {"open_balance": 100, "invoice_count_90d": 1},
            "2025-06-10": {"open_balance": 100, "invoice_count_90d": 2},
            "2025-07-10": {"open_balance": 100, "on_time_rate_90d": 0.5},
        },
    ),
    "an advance takes no days": Story(
        {
            "invoices": [owed("JULY", "2025-07-10")],
            "payments": [payment("P", "2025-05-20", 100, invoice_id="JULY")],
        },
        {"2025-07-10": {"payment_days_median_365d": 0, "days_beyond_terms_90d": 0}},
    ),
    "a payment that bounced on its day opens the invoice again": Story(
        {
            "invoices": [MAY],
            "payments": [
                payment("P1", "2025-05-25", 100, invoice_id="MAY"),
                payment("P2", "2025-06-05", -100, invoice_id="MAY"),
            ],
        },
        {
            "2025-06-04": {"open_balance": 0, "bounced_count_365d": 0, "on_time_rate_90d": 1},
            "2025-06-05": {"open_balance": 100, "bounced_count_365d": 1, "on_time_rate_90d": 0},
            "2025-06-06": {"open_balance": 100, "oldest_overdue_days": 6},
        },
    ),
    "paid, bounced and paid again is settled by the last": Story(
        {
            "invoices": [MAY],
            "payments": [
                payment("P1", "2025-05-25", 100, invoice_id="MAY"),
                payment("P2", "2025-06-05", -100, invoice_id="MAY"),
                payment("P3", "2025-06-15", 100, invoice_id="MAY"),
            ],
        },
        {
            "2025-06-14": {"open_balance": 100, "worst_days_late_365d": 14},
            "2025-06-15": {"open_balance": 0, "worst_days_late_365d": 15},
            "2025-06-30": {"worst_days_late_365d": 15, "payment_amount_90d": 100},
        },
    ),
    "bounced and paid again on one day was never open": Story(
        {
            "invoices": [MAY],
            "payments": [
                payment("P1", "2025-05-25", 100, invoice_id="MAY"),
                payment("P2", "2025-06-05", -100, invoice_id="MAY"),
                payment("P3", "2025-06-05", 100, invoice_id="MAY"),
            ],
        },
        {"2025-06-05": {"open_balance": 0, "on_time_rate_90d": 1, "bounced_count_365d": 1}},
    ),
}

POOL: dict[str, Story] = {
    "money that names no invoice pays the oldest due first": Story(
        {"invoices": [JUNE, MAY], "payments": [payment("P", "2025-06-05", 150)]},
        {
            "2025-06-04": {"open_balance": 200, "open_overdue_amount": 100},
            "2025-06-05": {"open_balance": 50, "open_overdue_amount": 0},
            "2025-07-01": {"open_balance": 50, "open_overdue_amount": 50},
        },
    ),
    "what is left over waits for the next invoice": Story(
        {
            "invoices": [MAY, owed("JULY", "2025-07-10")],
            "payments": [payment("P", "2025-05-20", 150)],
        },
        {
            "2025-05-20": {"open_balance": 0},
            "2025-06-09": {"open_balance": 0},
            "2025-06-10": {"open_balance": 50},
        },
    ),
    "an invoice known late takes the money from the one it had paid": Story(
        {
            "invoices": [JUNE, owed("LATE", "2025-05-31", known_on="2025-06-10")],
            "payments": [payment("P", "2025-06-02", 100)],
        },
        {
            "2025-06-09": {"open_balance": 0, "invoices_due_365d": 0, "dso_90d": 0},
            "2025-06-10": {"open_balance": 100, "invoices_due_365d": 1, "worst_days_late_365d": 2},
            "2025-07-01": {"open_overdue_amount": 100, "oldest_overdue_days": 1},
        },
    ),
    "money known late goes to the oldest due, as it would have then": Story(
        {
            "invoices": [MAY, JUNE],
            "payments": [
                payment("P1", "2025-06-05", 100),
                payment("P2", "2025-05-25", 100, known_on="2025-06-10"),
            ],
        },
        {
            "2025-06-09": {"open_balance": 100, "worst_days_late_365d": 5},
            "2025-06-10": {"open_balance": 0, "worst_days_late_365d": 0},
        },
    ),
    "a bounce that names no invoice takes from the youngest due": Story(
        {
            "invoices": [MAY, JUNE],
            "payments": [payment("P1", "2025-05-20", 200), payment("P2", "2025-06-05", -100)],
        },
        {
            "2025-06-04": {"open_balance": 0},
            "2025-06-05": {"open_balance": 100, "open_overdue_amount": 0},
            "2025-07-01": {"open_balance": 100, "open_overdue_amount": 100},
        },
    ),
    "half by name and half by the pool is settled when both are there": Story(
        {
            "invoices": [MID],
            "payments": [
                payment("P1", "2025-06-05", 50),
                payment("P2", "2025-06-08", 50, invoice_id="MID"),
            ],
        },
        {
            "2025-06-07": {"open_balance": 50},
            "2025-06-08": {"open_balance": 0},
            "2025-06-10": {"on_time_rate_90d": 1, "payment_days_median_365d": 28},
        },
    ),
    "who pays twice, without a name and then by name, has not paid late": Story(
        {
            "invoices": [MID, owed("NEXT", "2025-07-31")],
            "payments": [
                payment("P1", "2025-06-05", 100),
                payment("P2", "2025-06-20", 100, invoice_id="MID"),
            ],
        },
        {
            "2025-06-19": {"open_balance": 0, "on_time_rate_90d": 1, "overdue_count_90d": 0},
            "2025-06-20": {"open_balance": 0, "on_time_rate_90d": 1, "overdue_count_90d": 0},
            "2025-07-01": {"open_balance": 0, "invoice_count_90d": 2, "worst_days_late_365d": 0},
        },
    ),
    "an older invoice that becomes known takes the pool, and money by name comes too late": Story(
        {
            "invoices": [MID, owed("OLDER", "2025-05-20", known_on="2025-06-12")],
            "payments": [
                payment("P1", "2025-05-15", 100),
                payment("P2", "2025-06-20", 100, invoice_id="MID"),
            ],
        },
        {
            "2025-06-11": {"open_balance": 0, "on_time_rate_90d": 1},
            "2025-06-12": {"open_balance": 100, "on_time_rate_90d": 0.5, "oldest_overdue_days": 2},
            "2025-06-20": {"open_balance": 0, "on_time_rate_90d": 0.5, "worst_days_late_365d": 10},
        },
    ),
    "the pool of a day pays what was issued by then": Story(
        {
            "invoices": [
                invoice("SLOW", "2025-03-01", "2025-06-10", 100),
                invoice("FAST", "2025-06-05", "2025-06-08", 100),
            ],
            "payments": [payment("P1", "2025-03-20", 100), payment("P2", "2025-06-07", 100)],
        },
        {
            "2025-06-04": {"open_balance": 0},
            "2025-06-05": {"open_balance": 100},
            "2025-06-10": {"open_balance": 0, "on_time_rate_90d": 1},
        },
    ),
}

CREDITS: dict[str, Story] = {
    "a credit note takes off the invoice it names from its day": Story(
        {"invoices": [MAY, credit("C", "2025-05-20", 40, credits_invoice_id="MAY")]},
        {
            "2025-05-19": {"open_balance": 100, "invoice_amount_90d": 100},
            "2025-05-20": {"open_balance": 60, "invoice_amount_90d": 60, "invoice_count_90d": 1},
            "2025-06-01": {"open_overdue_amount": 60, "open_overdue_count": 1},
        },
    ),
    "a credit note that names none takes off the oldest due": Story(
        {"invoices": [MAY, JUNE, credit("C", "2025-06-05", 120)]},
        {
            "2025-06-04": {"open_balance": 200, "open_overdue_amount": 100},
            "2025-06-05": {"open_balance": 80, "open_overdue_amount": 0},
            "2025-07-01": {"open_overdue_amount": 80},
        },
    ),
    "a credit note larger than its invoice pays the next with the rest": Story(
        {"invoices": [MAY, JUNE, credit("C", "2025-06-05", 150, credits_invoice_id="MAY")]},
        {"2025-06-04": {"open_balance": 200}, "2025-06-05": {"open_balance": 50}},
    ),
    "a credit note for a paid invoice is money for the next": Story(
        {
            "invoices": [MAY, JUNE, credit("C", "2025-06-05", 100, credits_invoice_id="MAY")],
            "payments": [payment("P", "2025-05-20", 100, invoice_id="MAY")],
        },
        {
            "2025-06-04": {"open_balance": 100, "on_time_rate_90d": 1},
            "2025-06-05": {"open_balance": 0, "on_time_rate_90d": 1},
            "2025-06-30": {"on_time_rate_90d": 1, "payment_days_median_365d": 12},
        },
    ),
    "a credit note is no payment": Story(
        {"invoices": [MAY, credit("C", "2025-05-20", 100, credits_invoice_id="MAY")]},
        {
            "2025-05-20": {
                "open_balance": 0,
                "payment_amount_30d": 0,
                "days_since_last_payment": None,
            }
        },
    ),
    "a credit note known late counts from then, and settles on its own day": Story(
        {
            "invoices": [
                MAY,
                credit("C", "2025-05-20", 100, credits_invoice_id="MAY", known_on="2025-06-10"),
            ]
        },
        {
            "2025-06-09": {"open_balance": 100, "oldest_overdue_days": 9, "on_time_rate_90d": 0},
            "2025-06-10": {"open_balance": 0, "oldest_overdue_days": 0, "on_time_rate_90d": 1},
        },
    ),
    "a credit note that is taken back owes again": Story(
        {
            "invoices": [
                MAY,
                *corrected(
                    credit("C", "2025-05-20", 100, credits_invoice_id="MAY"),
                    "2025-06-10",
                    amount="-30",
                ),
            ]
        },
        {"2025-06-09": {"open_balance": 0}, "2025-06-10": {"open_balance": 70}},
    ),
}

HABITS: dict[str, Story] = {
    "what is over thirty days late stands apart": Story(
        {"invoices": [owed("A", "2025-05-31", 300), owed("B", "2025-06-10", 100)]},
        {
            "2025-06-30": {"overdue_beyond_30d_share": 0, "open_overdue_share": 1},
            "2025-07-01": {"overdue_beyond_30d_share": 0.75, "open_overdue_share": 1},
            "2025-07-11": {"overdue_beyond_30d_share": 1},
        },
    ),
    "days since money came do not count what bounced": Story(
        {
            "invoices": [MAY],
            "payments": [payment("P1", "2025-05-25", 50), payment("P2", "2025-06-05", -50)],
        },
        {
            "2025-05-24": {"days_since_last_payment": None},
            "2025-05-25": {"days_since_last_payment": 0},
            "2025-06-10": {"days_since_last_payment": 16},
        },
    ),
    "slower of late is a trend above zero": Story(
        {
            "invoices": [*paid("A", "2025-01-31", None)[0], MAY],
            "payments": [
                payment("PA", "2025-01-31", 100, invoice_id="A"),
                payment("PM", "2025-06-10", 100, invoice_id="MAY"),
            ],
        },
        {
            "2025-06-30": {
                "days_beyond_terms_90d": 10,
                "days_beyond_terms_365d": 5,
                "days_beyond_terms_trend": 5,
                "on_time_amount_share_365d": 0.5,
            }
        },
    ),
    "who buys once a year swings, and grows in that quarter": Story(
        {"invoices": [owed("A", "2025-06-30", 1_200)]},
        {
            "2025-06-30": {"amount_volatility_365d": math.sqrt(11), "amount_trend": 365 / 90},
            "2025-10-30": {"amount_volatility_365d": math.sqrt(11), "amount_trend": 0},
            "2026-06-01": {"amount_volatility_365d": None, "invoice_amount_365d": 0},
        },
    ),
    "a default of ninety days ends ninety days after it is paid": Story(
        {
            "invoices": [owed("A", "2025-01-31", 20_000)],
            "payments": [payment("P", "2025-05-10", 20_000, invoice_id="A")],
        },
        {
            "2025-04-30": {"default_days_past_due": 0},
            "2025-05-01": {"default_days_past_due": 1, "in_default": 1},
            "2025-05-10": {"default_days_past_due": 1},
            "2025-08-07": {"default_days_past_due": 1},
            "2025-08-08": {"default_days_past_due": 0, "in_default": 0},
        },
    ),
}

MONEY = {**BY_NAME, **POOL, **CREDITS, **HABITS}
