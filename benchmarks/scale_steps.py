"""What the ways of the large benchmark share: the features, and a step to measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

NAMES = (
    "on_time_rate_90d",
    "on_time_rate_365d",
    "on_time_amount_share_365d",
    "days_beyond_terms_90d",
    "days_beyond_terms_365d",
    "worst_days_late_365d",
    "payment_days_median_365d",
    "overdue_count_90d",
    "overdue_count_365d",
    "overdue_share_365d",
    "open_overdue_amount",
    "open_overdue_share",
    "oldest_overdue_days",
    "open_overdue_count",
    "invoice_amount_90d",
    "invoice_amount_365d",
    "invoice_count_90d",
    "invoice_count_365d",
    "amount_trend",
    "days_since_last_invoice",
    "history_days",
    "open_balance",
    "dso_90d",
)


@dataclass(frozen=True)
class Step:
    """One thing to measure; the result is kept where it is a table of `NAMES`.

    Attributes
    ----------
    name : str
        What the line of the table is called.
    run : callable
        Does it.
    elsewhere : bool
        Whether the work is done by another process, whose memory is not measured.
    """

    name: str
    run: Callable[[], object]
    elsewhere: bool = False
