"""Timeliness: how promptly the invoices that fell due were paid."""

from features.expression import Expr, count, largest, median, ratio, total
from features.families.rows import (
    days_beyond,
    due_within,
    is_late,
    is_on_time,
    is_settled,
    items,
)
from features.feature import Evidence, Family

TIMELINESS = Family("timeliness")


def _days_beyond_terms(days: int) -> Expr:
    due = due_within(days)
    return ratio(total(items, items.amount * days_beyond, due), total(items, items.amount, due))


for days in (90, 365):
    TIMELINESS.add(
        f"on_time_rate_{days}d",
        ratio(count(items, due_within(days) & is_on_time), count(items, due_within(days))),
        unit="share",
        anchor="due",
        window=days,
        label=(f"近{days}天按时付款率", f"On-time rate, last {days} days"),
        meaning=(
            f"近{days}天到期发票中按期结清的张数占比",
            f"Share of the invoices due in the last {days} days that were settled by the due date, "
            "by count",
        ),
        direction=-1,
        evidence=Evidence("items", due_within(days) & is_late),
    )
TIMELINESS.add(
    "on_time_amount_share_365d",
    ratio(
        total(items, items.amount, due_within(365) & is_on_time),
        total(items, items.amount, due_within(365)),
    ),
    unit="share",
    anchor="due",
    window=365,
    label=("近365天按时付款金额占比", "On-time share by amount, last 365 days"),
    meaning=(
        "近365天到期发票中按期结清的金额占比",
        "Share of the amount due in the last 365 days that was settled by the due date",
    ),
    direction=-1,
    evidence=Evidence("items", due_within(365) & is_late),
)
for days in (90, 365):
    TIMELINESS.add(
        f"days_beyond_terms_{days}d",
        _days_beyond_terms(days),
        unit="days",
        anchor="due",
        window=days,
        label=(f"近{days}天加权逾期天数", f"Days beyond terms, last {days} days"),
        meaning=(
            f"近{days}天到期发票按金额加权的平均逾期天数（提前付款计为0）",
            f"Amount-weighted mean days late of the invoices due in the last {days} days; an "
            "early payment counts as 0",
        ),
        direction=1,
        evidence=Evidence("items", due_within(days) & is_late),
    )
TIMELINESS.add(
    "days_beyond_terms_trend",
    _days_beyond_terms(90) - _days_beyond_terms(365),
    unit="days",
    anchor="due",
    window=365,
    label=("加权逾期天数的变化", "Trend of days beyond terms"),
    meaning=(
        "近90天与近365天加权逾期天数之差；为正表示付款变慢",
        "Days beyond terms of the last 90 days less those of the last 365; above zero means "
        "that payment slows",
    ),
    direction=1,
    evidence=Evidence("items", due_within(90) & is_late),
)
TIMELINESS.add(
    "worst_days_late_365d",
    largest(items, days_beyond, due_within(365)),
    unit="days",
    anchor="due",
    window=365,
    label=("近365天最长逾期天数", "Worst days late, last 365 days"),
    meaning=(
        "近365天到期发票中最长的逾期天数",
        "Most days late of any invoice due in the last 365 days",
    ),
    direction=1,
    evidence=Evidence("items", due_within(365) & is_late),
)
TIMELINESS.add(
    "payment_days_median_365d",
    median(items, items.settled_on - items.issued_on, due_within(365) & is_settled),
    unit="days",
    anchor="due",
    window=365,
    label=("近365天付款天数中位数", "Median payment days, last 365 days"),
    meaning=(
        "近365天到期且已结清的发票，从开票到结清的天数中位数",
        "Median days from issue to settlement of the invoices due in the last 365 days that are "
        "settled",
    ),
    direction=1,
    modelled=False,
    evidence=Evidence("items", due_within(365) & is_settled),
)
