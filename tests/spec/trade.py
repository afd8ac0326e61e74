"""Drawn cases of the customer's own trade: timeliness, overdue, trading."""

from tests.drawn import invoice
from tests.spec.books import LATE, OLD, OPEN, PROMPT, Case, book

TRADE: dict[str, Case] = {
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
    "nothing is over sales below zero": (
        {
            "invoices": [
                invoice("I1", "2024-01-01", "2024-01-31", 100),
                invoice("C1", "2025-06-05", "2025-06-05", -40),
            ],
            "payments": [],
        },
        {
            "invoice_amount_90d": -40,
            "amount_trend": None,
            "dso_90d": None,
            "payment_coverage_90d": None,
        },
    ),
}
