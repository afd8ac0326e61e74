"""Which features tell the same story: what one set of facts moves is told once."""

from __future__ import annotations

from collections.abc import Mapping

STORIES: Mapping[str, tuple[str, ...]] = {
    "late": (
        "on_time_rate_90d",
        "on_time_rate_365d",
        "on_time_amount_share_365d",
        "days_beyond_terms_90d",
        "days_beyond_terms_365d",
        "days_beyond_terms_trend",
        "worst_days_late_365d",
        "overdue_count_90d",
        "overdue_count_365d",
        "overdue_share_365d",
        "open_overdue_amount",
        "open_overdue_share",
        "overdue_beyond_30d_share",
        "oldest_overdue_days",
        "open_overdue_count",
        "days_since_last_overdue",
    ),
    "payment_days": ("payment_days_median_365d",),
    "trade": (
        "invoice_amount_90d",
        "invoice_amount_365d",
        "invoice_count_90d",
        "invoice_count_365d",
        "amount_trend",
        "amount_volatility_365d",
        "days_since_last_invoice",
    ),
    "due": ("invoices_due_365d",),
    "receipts": (
        "payment_amount_30d",
        "payment_amount_90d",
        "payment_coverage_90d",
        "days_since_last_payment",
    ),
    "bounced": ("bounced_count_365d",),
    "exposure": ("open_balance", "exposure", "limit_utilisation", "dso_90d", "is_exposed"),
    "limit": ("credit_limit",),
    "disputes": ("dispute_share_365d",),
    "cancelled": ("cancel_share_365d",),
    "returned": ("return_share_365d",),
    "legal": (
        "legal_count_730d",
        "legal_amount_730d",
        "legal_open_count",
        "enforcement_count_365d",
        "enforcement_open_count",
        "days_since_last_legal_event",
    ),
    "dishonest": ("is_dishonest",),
    "score": ("external_score", "external_score_source", "external_score_change_180d"),
    "industry": ("industry_score",),
    "news": ("negative_news_180d",),
    "complaints": ("complaint_count_365d",),
    "breaches": ("contract_breach_count_365d",),
    "contacts": ("contact_change_count_365d",),
    "reviews": ("supplier_review_365d",),
    "guarantees": ("guaranteed_amount", "guaranteed_share"),
    "contracts": ("contract_in_force",),
    "affiliates": ("group_worst_overdue_days",),
    "default": (
        "in_default",
        "default_bad_debt",
        "default_bankruptcy",
        "default_days_past_due",
        "past_bad_debt_amount",
    ),
    "tenure": ("tenure_days", "history_days"),
    "known": ("known_share",),
}
STORY_OF: Mapping[str, str] = {
    feature: story for story, features in STORIES.items() for feature in features
}
